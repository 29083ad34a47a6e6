# Data, partitions and short runs for the tests of Gaussian mixtures.

gmm_data <- function(name) {
  switch(name,
    faithful = as.matrix(datasets::faithful),
    iris = as.matrix(datasets::iris[1:4]),
    eruptions = as.matrix(datasets::faithful["eruptions"]),
    galaxies = matrix(MASS::galaxies / 1000, dimnames = list(NULL, "velocity"))
  )
}

# The partition that mclust starts from.
mclust_partition <- function(name, k) {
  table <- utils::read.csv(
    test_path("fixtures", "gmm_mclust_partitions.csv"), colClasses = c("character", "integer")
  )
  labels <- table$labels[table$data == name & table$k == k]
  as.integer(strsplit(labels, "")[[1]])
}

em_gmm_quietly <- function(...) {
  withCallingHandlers(
    em_gmm(...),
    missmix_warning = function(w) invokeRestart("muffleWarning")
  )
}

# One plain EM step from given parameters.
one_gmm_step <- function(data, par, ...) {
  em_gmm_quietly(
    data, k = nrow(par$means), ..., starts = par,
    control = em_control(tol = 0, max_iter = 1L, accelerator = "plain")
  )
}

# The fit with other parameters: what predict() says of them.
at_parameters <- function(fit, par) {
  for (name in names(par)) fit$parameters[[name]][] <- par[[name]]
  fit
}

# A share of the cells taken away; every row keeps at least one.
drop_cells <- function(data, share = 0.15, seed = 1) {
  cells <- as.matrix(data)
  lost <- with_own_seed(seed, matrix(stats::runif(length(cells)) < share, nrow(cells)))
  lost[rowSums(lost) == ncol(cells), 1] <- FALSE
  data[lost] <- NA
  data
}

# Normal clouds: n rows, their components as attribute.
simulate_clouds <- function(n, means, sds = 1, proportions = NULL, seed = 1) {
  k <- nrow(means)
  if (is.null(proportions)) proportions <- rep(1 / k, k)
  with_own_seed(seed, {
    component <- sample.int(k, n, replace = TRUE, prob = proportions)
    z <- matrix(stats::rnorm(n * ncol(means)), n) * rep_len(sds, k)[component]
    structure(
      stats::setNames(as.data.frame(means[component, , drop = FALSE] + z),
        paste0("x", seq_len(ncol(means)))),
      component = component
    )
  })
}
