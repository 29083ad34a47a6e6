# The search behind em_select(): the grid, and fits along it that help each other.

# Arguments that are no choice although they have many values.
never_varied <- c("weights", "columns", "transform", "bounds", "data", "starts", "control")

selection_search <- function(x, model, arguments, starts, search_tol, control,
                             call = rlang::caller_env()) {
  known <- model_arguments(model)
  unknown <- setdiff(names(arguments), known)
  if (length(unknown) > 0 && length(known) > 0) {
    abort_argument(
      "The model does not know the {cli::qty(unknown)}argument{?s} {.arg {unknown}}.", call = call
    )
  }
  arguments <- spell_out(x, arguments)
  several <- vapply(names(arguments), function(name) {
    values <- arguments[[name]]
    !name %in% never_varied && !is.object(values) && length(values) > 1 &&
      (is.atomic(values) || is.vector(values, "list"))
  }, logical(1))
  choices <- arguments[several]
  if (length(choices) == 0) {
    abort_argument(c(
      "There is nothing to choose from.",
      i = "Give several values of an argument, such as {.code k = 1:9}."
    ), call = call)
  }
  if (is.null(starts) && all(c("k", "starts") %in% known)) {
    starts <- em_starts(length(selection_starts), method = selection_starts, keep = 3L)
  }
  if (inherits(starts, "em_starts")) {
    if (is.null(starts$seed)) starts$seed <- sample.int(.Machine$integer.max, 1L)
    starts$memo <- new.env(parent = emptyenv())
  }
  holes <- vapply(choices, function(values) is.atomic(values) && anyNA(values), NA)
  if (any(holes)) {
    abort_argument("{.arg {names(choices)[holes]}} must not hold {.val {NA}}.", call = call)
  }
  final <- control
  control[c("max_iter", "time_limit")] <- em_control()[c("max_iter", "time_limit")]
  control$tol <- max(search_tol, control$tol)
  list(
    x = x, model = model, fixed = arguments[!several], choices = choices, starts = starts,
    control = control, final = final, takes_starts = "starts" %in% known
  )
}

# Starts of each fit besides those from its neighbour with one component less.
selection_starts <- c("hierarchical", "kmeans", "kmeans++", "random", "kmeans++", "partition")

# Of the generic and all its methods.
model_arguments <- function(model) {
  name <- Find(function(name) identical(get(name, topenv()), model), c("em_gmm", "em_mvn"))
  if (is.null(name)) {
    return(setdiff(names(formals(model)), "..."))
  }
  methods <- lapply(paste0(name, c(".default", ".formula")), get, envir = topenv())
  setdiff(unlist(lapply(methods, function(method) names(formals(method)))), c("x", "..."))
}

# "all" families.
spell_out <- function(x, arguments) {
  if (identical(arguments$covariance, "all")) {
    univariate <- if (rlang::is_formula(x)) {
      length(em_formula_terms(x, arguments$data)$variables) == 1
    } else if (is.null(arguments$columns)) {
      NCOL(x) == 1
    } else {
      length(arguments$columns) == 1
    }
    arguments$covariance <- if (univariate) c("E", "V") else gmm_families
  }
  arguments
}

# Fits all combinations, k ascending innermost, and ranks them.
search_grid <- function(search, criterion) {
  choices <- search$choices
  k_first <- c(intersect("k", names(choices)), setdiff(names(choices), "k"))
  grid <- expand.grid(lapply(choices[k_first], function(x) {
    if (is.list(x)) seq_along(x) else sort_if_k(x, choices$k)
  }), stringsAsFactors = FALSE)
  rows <- parameters <- vector("list", nrow(grid))
  advance <- starts_bar(search$control, "Fits", nrow(grid))
  smaller <- NULL
  # An interrupt ends the search, in whatever code it comes, and keeps what is finished.
  tryCatch(
    for (i in seq_len(nrow(grid))) {
      new_series <- i > 1 && !identical(grid[i, -1, drop = TRUE], grid[i - 1, -1, drop = TRUE])
      if (new_series || !"k" %in% names(grid)) smaller <- NULL
      fit <- fit_combination(search, grid[i, , drop = FALSE], smaller)
      if (stopped_early(fit)) break
      rows[[i]] <- selection_row(fit)
      if (inherits(fit, "em_fit")) {
        smaller <- fit
        parameters[[i]] <- whole_parameters(fit)
      }
      advance(i)
    },
    interrupt = function(cnd) NULL
  )
  ranked_table(grid, rows, parameters, criterion)
}

ranked_table <- function(grid, rows, parameters, criterion, call = rlang::caller_env(2)) {
  done <- lengths(rows) > 0
  if (!any(done)) {
    abort_model("Stopped before the first fit was finished.", call = call)
  }
  if (!all(done)) {
    warn_convergence("Stopped when {sum(done)} of {nrow(grid)} fits were finished.", call = call)
  }
  table <- cbind(grid[done, , drop = FALSE], do.call(rbind, rows[done]))
  rownames(table) <- NULL
  table$rank <- NA_integer_
  usable <- which(table$sound & is.finite(table[[criterion]]))
  table$rank[usable] <- rank(table[[criterion]][usable], ties.method = "first")
  attr(table, "parameters") <- parameters[done]
  table
}

stopped_early <- function(fit) {
  inherits(fit, "em_fit") && (fit$status == "stopped" || !is.null(unfinished_starts(fit)))
}

sort_if_k <- function(x, k) if (identical(x, k)) sort(unique(x)) else unique(x)

# The arguments of one fit: those of the grid in place of their many values.
combination <- function(search, row) {
  chosen <- lapply(names(row), function(name) {
    values <- search$choices[[name]]
    if (is.list(values)) values[[row[[name]]]] else row[[name]]
  })
  c(search$fixed, stats::setNames(chosen, names(row)))
}

# A fit, or the error why there is none. What a fit of the search warns of is in the table.
fit_combination <- function(search, row, smaller, starts = search$starts,
                            control = search$control, final = FALSE) {
  arguments <- combination(search, row)
  if (inherits(starts, "em_starts") && !is.null(smaller)) {
    if (isTRUE(arguments$noise) == isTRUE(smaller$setup$noise)) {
      starts$include <- c(starts$include, neighbour_starts(smaller, arguments$k))
    }
  }
  if (search$takes_starts && !is.null(starts)) arguments$starts <- starts
  withCallingHandlers(
    tryCatch(
      call_model(search$model, search$x, c(arguments, list(control = control))),
      missmix_error_model = identity, missmix_error_data = identity
    ),
    missmix_warning = function(cnd) if (!final) tryInvokeRestart("muffleWarning")
  )
}

# The model's function with its arguments behind names: warnings and errors show `model(x, k = k)`
# and not the data.
call_model <- function(model, x, arguments) {
  names <- stats::setNames(lapply(names(arguments), as.name), names(arguments))
  here <- list2env(c(list(model = model, x = x), arguments), parent = topenv())
  eval(as.call(c(list(quote(model), quote(x)), names)), here)
}

selection_row <- function(fit) {
  if (!inherits(fit, "em_fit")) {
    return(data.frame(log_lik = NA_real_, df = NA_real_, AIC = NA_real_, BIC = NA_real_,
      ICL = NA_real_, status = "failed", gap = NA_real_, sound = FALSE,
      note = cli::ansi_strip(conditionMessage(fit))))
  }
  log_lik <- logLik(fit)
  bic <- stats::BIC(log_lik)
  sound <- !fit$status %in% failures && !isTRUE(fit$thin)
  data.frame(
    log_lik = as.numeric(log_lik), df = fit$df, AIC = stats::AIC(log_lik), BIC = bic,
    ICL = if (inherits(fit, "em_gmm")) bic + 2 * classification_entropy(fit) else NA_real_,
    status = fit$status, gap = fit$gap, sound = sound,
    note = if (isTRUE(fit$thin)) "thin" else if (!sound) fit$status else NA_character_
  )
}

# The best fit again, from where the search left it, to the final tolerance.
finish_selected <- function(search, table, best) {
  row <- table[best, grid_columns(table), drop = FALSE]
  start <- attr(table, "parameters")[[best]]
  fit <- fit_combination(search, row, NULL, start, search$final, final = TRUE)
  fit$call <- as.call(c(search$name, list(x = search$expression), combination(search, row)))
  fit
}

# Starts for a fit with k components from one with fewer, or an empty list.
neighbour_starts <- function(fit, k) UseMethod("neighbour_starts")

neighbour_starts.em_fit <- function(fit, k) list()

# Components split in two along their longest axis: each of the three of the most rows, far and a
# little; none of a fit that is not sound. A little leaves the log-likelihood where it was, so that
# no climb ends below it.
neighbour_starts.em_gmm <- function(fit, k) {
  if (!isTRUE(k == fit$k + 1) || fit$status %in% failures || isTRUE(fit$thin)) {
    return(list())
  }
  rows <- utils::head(order(fit$parameters$proportions[seq_len(fit$k)], decreasing = TRUE), 3L)
  c(
    lapply(rows, function(component) split_component(fit$parameters, component, 0.8)),
    list(split_component(fit$parameters, rows[1], 0.02))
  )
}
