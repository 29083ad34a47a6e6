# A selection made by hand: pictures look at nothing but the table and the criterion.
selection_of <- function(table, criterion = "BIC") {
  whole <- data.frame(
    log_lik = -table$BIC / 2, df = 5, AIC = table$BIC - 3, BIC = table$BIC, ICL = table$BIC + 2,
    status = "converged", gap = 1e-7, sound = TRUE, rank = NA_integer_, note = NA_character_
  )
  whole[intersect(names(table), names(whole))] <- table[intersect(names(table), names(whole))]
  grid <- table[setdiff(names(table), names(whole))]
  structure(list(table = cbind(grid, whole), criterion = criterion), class = "em_selection")
}

families <- function(...) {
  grid <- expand.grid(k = 1:4, covariance = c("EEE", "VVV"), stringsAsFactors = FALSE)
  cbind(grid, BIC = c(140, 110, 105, 112, 150, 104, 98, 120), ...)
}

expect_selection_drawn <- function(sel) {
  withr::local_pdf(NULL)
  before <- graphics::par("mar", "mgp")
  expect_identical(withVisible(plot(sel)), list(value = sel, visible = FALSE))
  expect_identical(graphics::par("mar", "mgp"), before)
  skip_if_not_installed("ggplot2")
  picture <- autoplot.em_selection(sel)
  expect_s3_class(picture, "ggplot")
  expect_no_warning(print(picture))
}

test_that("selections are drawn, by k or below one another", {
  expect_selection_drawn(selection_of(families()))
  expect_selection_drawn(selection_of(families(sound = rep(c(TRUE, FALSE), 4))))
  expect_selection_drawn(selection_of(families(noise = TRUE), "ICL"))
  expect_selection_drawn(selection_of(data.frame(k = 1:3, BIC = c(3, 1, 2))))
  expect_selection_drawn(selection_of(data.frame(covariance = c("EEE", "VVV"), BIC = 2:1)))
  expect_selection_drawn(selection_of(data.frame(
    covariance = c("EEE", "VVV"), BIC = 2:1, sound = c(TRUE, FALSE)
  )))
})

test_that("a real selection is drawn", {
  sel <- em_select(faithful, em_gmm, k = 1:2, covariance = c("EII", "EEE"),
    starts = em_starts(2, seed = 1))
  expect_selection_drawn(sel)
  best <- selection_picture(sel)$points
  expect_identical(best$label[best$best], paste0(sel$best$covariance, ", k = ", sel$best$k))
})

test_that("the best is the smallest of the sound ones, of the criterion asked for", {
  table <- families(sound = c(TRUE, TRUE, TRUE, TRUE, TRUE, TRUE, FALSE, TRUE))
  picture <- selection_picture(selection_of(table))
  expect_match(picture$title, "^BIC of 8 fits: the best is VVV, k = 2$")
  expect_match(picture$axis, "smaller is better")
  # Families in the order of their best sound fits.
  expect_identical(picture$look$family, c("VVV", "EEE"))
  sel <- selection_of(table)
  sel$table$AIC[1] <- 1
  expect_match(selection_picture(sel, "AIC")$title, "the best is EEE, k = 1")
  expect_error(plot(sel, "DIC"), class = "missmix_error_argument")
})

test_that("what lies far above the best is cut, and counted", {
  picture <- selection_picture(selection_of(families()))
  expect_null(picture$notes)
  table <- families()
  table$BIC[c(1, 5)] <- 5000
  picture <- selection_picture(selection_of(table))
  expect_lt(picture$limits[2], 200)
  expect_identical(picture$notes, "2 fits far above the best are beyond the upper edge.")
  list <- selection_of(data.frame(covariance = gmm_families[1:6], BIC = c(1:5, 5000)))
  expect_identical(nrow(selection_picture(list)$points), 5L)
  expect_match(selection_picture(list)$notes, "1 fit far above the best is not drawn")
})

test_that("failed fits are counted, and nothing sound is an error", {
  table <- families()
  table$BIC[2:3] <- NA
  sel <- selection_of(table)
  sel$table$sound[2:3] <- FALSE
  expect_match(selection_picture(sel)$notes, "2 fits have no BIC")
  sel$table$ICL <- NA_real_
  expect_error(plot(sel, "ICL"), "ICL", class = "missmix_error_model")
})

test_that("many families: the best have colours, the rest are grey", {
  look <- family_look(as.character(1:20))
  expect_identical(sum(look$named), most_drawn_families)
  expect_true(all(look$colour[15:20] == "#BBBBBB"))
  expect_identical(k_ticks(c(1, 9, 3)), 1:9)
  expect_lt(length(k_ticks(c(1, 100))), 15)
})
