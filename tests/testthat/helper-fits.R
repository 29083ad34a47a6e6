# Small fits that many tests look at, made once.

air_columns <- c("Ozone", "Solar.R", "Wind", "Temp")

air_fit <- local({
  fit <- NULL
  function() {
    if (is.null(fit)) fit <<- em_mvn(airquality[air_columns])
    fit
  }
})

# Two variables that are never seen together: their covariance is not identified.
apart_fit <- local({
  fit <- NULL
  function() {
    if (is.null(fit)) {
      data <- airquality[c("Wind", "Temp", "Solar.R")]
      data$Wind[1:80] <- NA
      data$Temp[81:153] <- NA
      fit <<- suppressWarnings(em_mvn(data))
    }
    fit
  }
})

# A model written in R: the mean and log variance of a complete normal sample.
user_fit <- local({
  fit <- NULL
  function() {
    if (is.null(fit)) {
      y <- airquality$Wind
      model <- em_model(
        em_step = function(par) par + 0.5 * (c(mean = mean(y), sd = sd(y)) - par),
        log_lik = function(par) -sum((par - c(mean(y), sd(y)))^2)
      )
      fit <<- em_fit(model, starts = c(mean = 5, sd = 5))
    }
    fit
  }
})

# Snapshots hold words, never numbers: neither their digits nor the room that
# digits take.
only_words <- function(lines) {
  lines <- gsub("-?[0-9][0-9,]*(\\.[0-9]+)?(e[-+]?[0-9]+)?", "<n>", lines)
  lines <- gsub("<n> - <n>", "<n>", lines)
  trimws(gsub(" +", " ", lines), "right")
}

# Half of the cells taken away, the same ones every time.
mask_cells <- function(data) {
  withr::with_seed(4, {
    data[] <- lapply(data, function(column) {
      replace(column, sample(length(column), length(column) %/% 2), NA)
    })
  })
  data
}
