# Rscript tools/demo.R DIRECTORY
#
# The main job on real data: ten laboratory values of the Mayo Clinic's trial in primary biliary
# cholangitis (survival::pbc; 418 patients, values missing in most columns). Prints the fit, its
# summary and its diagnosis, fills the holes in, and writes the plots to DIRECTORY as PNG.

library(missmix)

directory <- commandArgs(TRUE)[[1]]
dir.create(directory, showWarnings = FALSE)

labs <- survival::pbc[c(
  "bili", "chol", "albumin", "copper", "alk.phos", "ast", "trig", "platelet", "protime", "age"
)]
skewed <- c("bili", "chol", "copper", "alk.phos", "ast", "trig", "protime")
fit <- em_mvn(labs, transform = stats::setNames(rep("log", length(skewed)), skewed))

heading <- function(text) cat("\n", cli::rule(left = text), "\n", sep = "")
heading("fit")
print(fit)
heading("summary(fit)")
print(summary(fit))
heading("em_diagnose(fit)")
print(em_diagnose(fit))

heading("predict(fit): the first patients before and after")
incomplete <- head(which(!stats::complete.cases(labs)), 4)
print(labs[incomplete, ])
print(predict(fit)[incomplete, ])
heading("predict(fit, type = \"cells\"): how far each of them is known")
print(head(predict(fit, type = "cells"), 8))

if (!capabilities("png")) {
  cat("\nThis R cannot write PNG files: no plots.\n")
  quit()
}
# cairo needs no X11 display.
type <- if (capabilities("cairo")) "cairo" else getOption("bitmapType")
heading("plots")
for (what in c("trace", "patterns", "information")) {
  file <- file.path(directory, paste0("pbc-", what, ".png"))
  grDevices::png(file, width = 1600, height = 1100, res = 180, type = type)
  plot(fit, what = what)
  invisible(grDevices::dev.off())
  cat(file, "\n")
}
