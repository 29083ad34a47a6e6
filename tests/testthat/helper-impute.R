# Imputations that several files of tests look at.

air_log_fit <- local({
  fit <- NULL
  function() {
    if (is.null(fit)) fit <<- em_mvn(airquality[air_columns], transform = c(Ozone = "log"))
    fit
  }
})

imputation_methods <- c("posterior", "bootstrap", "normal", "conditional")

impute_quietly <- function(...) suppressMessages(em_impute(...))
