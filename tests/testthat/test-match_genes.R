profiles <- simulate_profiles(60)
reference <- em_reference(profiles)
mixed <- cbind(s1 = 100 * rowSums(profiles), s2 = 50 * profiles[, "T"]) + 1

match_to <- function(x, ref = reference) match_genes(as_em_bulk(x), ref)

test_that("genes are matched by name, in any order, and the bulk is not copied", {
  shuffled <- mixed[rev(rownames(mixed)), ]
  found <- match_to(shuffled)
  expect_named(found, c("rows", "index", "genes", "values", "shares", "left_out"))
  expect_identical(found$genes, rownames(profiles))
  expect_identical(rownames(shuffled)[found$rows], found$genes)
  expect_identical(found$index, seq_len(60))
  expect_identical(rlang::obj_address(found$values), rlang::obj_address(shuffled))
  expect_identical(found$shares, list(reference = 1, bulk = 1))
  expect_identical(found$left_out, character())
})

test_that("genes of one side only are ignored, and the shares say so", {
  strangers <- rbind(stranger = mixed[1, ] * 2, mixed[11:60, ])
  found <- match_to(strangers)
  expect_identical(found$genes, rownames(profiles)[11:60])
  expect_identical(found$rows, 2:51)
  expect_identical(found$index, 11:60)
  expect_equal(found$shares, list(
    reference = 50 / 60, bulk = sum(strangers[-1, ]) / sum(strangers)
  ))
})

test_that("genes that no type expresses are left out, with a message", {
  silent <- profiles
  silent[3:4, ] <- 0
  expect_message(found <- match_to(mixed, em_reference(silent)), rownames(profiles)[3],
    class = "missmix_message_silent")
  expect_identical(found$left_out, rownames(profiles)[3:4])
  expect_identical(found$rows, setdiff(1:60, 3:4))
  expect_equal(found$shares$bulk, 1 - sum(mixed[3:4, ]) / sum(mixed))
  nothing <- em_reference(rbind(profiles[1:30, ] * 0, other = 1))
  expect_error(suppressMessages(match_to(mixed[1:30, ], nothing)), "expressed by any type",
    class = "missmix_error_data")
})

test_that("versions of Ensembl are stripped where that makes genes match", {
  ensembl <- sprintf("ENSG%011d", seq_len(60))
  plain <- em_reference(`rownames<-`(profiles, ensembl))
  versions <- em_reference(`rownames<-`(profiles, paste0(ensembl, ".7")))
  with_versions <- `rownames<-`(mixed, paste0(ensembl, ".12"))
  expect_message(found <- match_to(with_versions, plain), "60 more genes match",
    class = "missmix_message_versions")
  expect_identical(found$rows, 1:60)
  expect_identical(found$genes, ensembl)
  expect_message(found <- match_to(`rownames<-`(mixed, ensembl), versions),
    class = "missmix_message_versions")
  expect_identical(found$genes, paste0(ensembl, ".7"))
  expect_message(match_to(with_versions, versions), class = "missmix_message_versions")
  expect_silent(match_to(with_versions, em_reference(`rownames<-`(profiles,
    paste0(ensembl, ".12")))))
  expect_identical(strip_versions(c("ENSMUSG01.2", "ENST01.3", "A.1", "ENSG01.2_PAR_Y", "RP1.2")),
    c("ENSMUSG01", "ENST01", "A.1", "ENSG01.2_PAR_Y", "RP1.2"))
  twice <- em_reference(`rownames<-`(profiles, c(paste0(ensembl[-60], ".7"),
    paste0(ensembl[1], ".8"))))
  expect_error(match_to(`rownames<-`(mixed, ensembl), twice), ensembl[1],
    class = "missmix_error_data")
})

test_that("genes that are in the bulk twice are summed in a copy of the genes used", {
  again <- mixed[c(5, 7), ] + 1
  doubled <- rbind(stranger = c(1, 1), mixed, again)
  expect_message(found <- match_to(doubled), "g[0-9]+, g[0-9]+",
    class = "missmix_message_duplicates")
  sums <- mixed
  sums[c(5, 7), ] <- sums[c(5, 7), ] + again
  expect_equal(unname(found$values[found$rows, ]), unname(sums))
  expect_identical(found$shares$reference, 1)

  repeated <- rbind(mixed, mixed[c(5, 7), ])
  expect_message(found <- match_to(repeated), "taken once", class = "missmix_message_duplicates")
  expect_equal(unname(found$values[found$rows, ]), unname(mixed))

  unused <- rbind(mixed, stranger = c(1, 1), stranger = c(2, 3))
  expect_silent(found <- match_to(unused))
  expect_identical(rlang::obj_address(found$values), rlang::obj_address(unused))

  huge <- rbind(mixed, mixed[1, , drop = FALSE])
  huge[] <- 2000000000L - seq_along(huge)
  storage.mode(huge) <- "integer"
  found <- suppressMessages(match_to(huge))
  expect_equal(found$values[found$rows[1], ], colSums(huge[c(1, 61), ]),
    ignore_attr = "names")

  skip_if_not_installed("Matrix")
  expect_message(found <- match_to(as_sparse(doubled)), class = "missmix_message_duplicates")
  expect_s4_class(found$values, "dgCMatrix")
  expect_equal(unname(as.matrix(found$values)[found$rows, ]), unname(sums))
})

test_that("shares and logarithms are not summed", {
  shares <- with_own_seed(1, `dimnames<-`(matrix(stats::runif(120), 60), dimnames(mixed)))
  expect_error(match_to(rbind(shares, shares[1:2, ] / 2)), "shares cannot be summed",
    class = "missmix_error_data")
  logs <- log2(mixed)
  expect_error(suppressMessages(match_to(rbind(logs, logs[1, , drop = FALSE] + 1))),
    "logarithms cannot be summed", class = "missmix_error_data")
})

test_that("too small an overlap is an error with examples of both namings", {
  other <- `rownames<-`(mixed, sprintf("ENSG%011d", seq_len(60)))
  error <- expect_error(match_to(other), class = "missmix_error_data")
  expect_match(conditionMessage(error), "share too few genes: 0 of the 60")
  expect_match(conditionMessage(error), "ENSG00000000001")
  expect_match(conditionMessage(error), rownames(profiles)[1])
  expect_identical(error$shared, 0L)
  expect_no_match(conditionMessage(error), "toupper")
  upper <- `rownames<-`(mixed, toupper(rownames(mixed)))
  expect_error(match_to(upper), "In upper case 60 would match", class = "missmix_error_data")
  # 12 of 60 genes are 20%.
  few <- mixed
  rownames(few)[13:60] <- paste0("other", 13:60)
  expect_length(match_to(few)$rows, 12)
  rownames(few)[12] <- "other"
  expect_error(match_to(few), "11 of the 60.*at least 12", class = "missmix_error_data")
})

test_that("a short bulk, and more types than genes, are no errors", {
  expect_length(match_to(mixed[1:4, ])$rows, 4)
  expect_error(match_to(rbind(mixed[1:3, ], other = 1)), class = "missmix_error_data")
  small <- em_reference(profiles[1:2, ] + 1)
  expect_length(match_to(mixed, small)$rows, 2)
})
