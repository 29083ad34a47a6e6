# Rscript tools/check_log.R 00check.log [no-vignettes]
#
# Exits 1, saying why, unless the log of R CMD check is complete and without errors and warnings
# and every note is one of those that say nothing about the package: a new submission, the
# installed size (debug symbols), the clock, suggested packages or tools that are not here; and,
# where the vignettes could not be built, that there are none.

log <- readLines(commandArgs(TRUE)[[1]], encoding = "UTF-8", warn = FALSE)
no_vignettes <- "no-vignettes" %in% commandArgs(TRUE)

# A note is let through if every line of its text matches the pattern beside its title.
harmless <- c(
  "CRAN incoming feasibility" = "^Maintainer: |^New submission$",
  "installed package size" = "",
  "future file timestamps" = "unable to verify current time",
  "package dependencies" =
    "suggested but not available|^[^[:alnum:]]*[[:alnum:].]+[^[:alnum:] ]*(,|$)",
  "Rd cross-references" = "unavailable to check Rd xrefs",
  "top-level files" = "cannot be checked without .pandoc. being installed"
)

if (no_vignettes) {
  harmless[["CRAN incoming feasibility"]] <-
    paste0(harmless[["CRAN incoming feasibility"]], "|no prebuilt vignette index[.]$")
}

item_of <- cumsum(grepl("^\\* ", log))
items <- split(log, item_of)
result <- sub("^.*\\.\\.\\. *(\\[[^]]*\\] *)*", "", vapply(items, `[[`, "", 1))
# A result may stand at the end of the item ("checking tests ..." then " ERROR").
late <- vapply(items, function(item) any(grepl("^ *(ERROR|WARNING)$", item)), logical(1))

is_harmless <- function(item) {
  known <- names(harmless)[vapply(names(harmless), grepl, logical(1), x = item[[1]], fixed = TRUE)]
  text <- trimws(item[-1])
  length(known) == 1 && all(grepl(harmless[[known]], text[nzchar(text)]))
}

bad <- late | grepl("^(ERROR|WARNING)", result) |
  (grepl("^NOTE", result) & !vapply(items, is_harmless, logical(1)))
complete <- any(grepl("^Status: ", log)) && any(grepl("^\\* DONE", log))

if (!complete) cat("The check did not reach its end.\n")
if (any(bad)) cat("Not clean:", unlist(items[bad]), sep = "\n")
quit(status = any(bad) || !complete)
