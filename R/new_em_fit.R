# The fit object: a plain list, so that it survives saveRDS() and travels to workers.

# What every climb returns, whatever the model.
climb_fields <- c(
  "log_lik", "objective", "status", "gap", "gap_limit", "gap_per_step2", "passes",
  "passes_check", "iterations", "trace", "saddles"
)

# `found`: the engine's list; `...`: fields of the model.
new_em_fit <- function(found, ..., class) {
  fit <- c(list(...), found[climb_fields], list(cache = new.env(parent = emptyenv())))
  class(fit) <- c(class, "em_fit")
  fit$message <- status_words(fit)
  fit
}
