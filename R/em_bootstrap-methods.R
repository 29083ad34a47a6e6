# What a bootstrap answers: words, standard errors, intervals.

#' @rdname em_bootstrap
#' @param x,object A bootstrap, as returned by `em_bootstrap()`.
#' @param rows Most rows to print, at least 1.
#' @export
print.em_bootstrap <- function(x, ..., rows = 10L) {
  check_no_dots()
  check_count(rows)
  cli::cat_line(cli::style_bold("Bootstrap"), " (", x$type, "): ", x$model)
  cli::cat_line()
  limits <- confint(x, level = x$level)
  shown <- seq_len(min(rows, length(x$original)))
  print(data.frame(
    estimate = signif_text(x$original[shown]),
    std.error = signif_text(x$std.error[shown], 3),
    stats::setNames(
      as.data.frame(matrix(signif_text(limits[shown, ]), length(shown))), colnames(limits)
    ),
    row.names = make.unique(names(x$original)[shown]), check.names = FALSE
  ), right = TRUE)
  say_more(length(x$original) - length(shown), "coefficient", "tidy(boot, conf.int = TRUE)")
  cli::cat_line()
  for (sentence in bootstrap_sentences(x)) say(sentence)
  say("More: tidy(boot), confint(boot, type = \"basic\"), vcov(boot), as.data.frame(boot).")
  invisible(x)
}

bootstrap_sentences <- function(x) {
  out <- nrow(x$failures)
  reasons <- sort(table(x$failures$reason), decreasing = TRUE)
  c(
    paste0(
      if (x$used == x$n) {
        sprintf("All %d replicates are used", x$n)
      } else {
        sprintf("%d of %d replicates are used", x$used, x$n)
      },
      if (x$converged == x$used) ", all converged." else {
        sprintf("; %d of them did not converge.", x$used - x$converged)
      },
      if (x$finished < x$n) sprintf(" It was stopped after %d.", x$finished)
    ),
    if (out > 0) {
      paste0(
        out, " ", plural(out, "was", "were"), " kept out: ",
        and_list(sprintf("%s (%d)", names(reasons), as.integer(reasons))),
        ". Without them intervals may be too narrow."
      )
    },
    label_words(x)
  )
}

# Of mixtures only.
label_words <- function(x) {
  if (is.na(x$relabelled)) {
    return(NULL)
  }
  if (x$relabelled + x$ambiguous == 0) {
    return("Components came in the order of the fit in all of them.")
  }
  paste0(
    "Labels: components came in another order in ", x$relabelled, " of ", x$used,
    " and were matched to those of the fit; the matching is ",
    if (x$ambiguous == 0) "clear in all of them." else {
      sprintf("ambiguous in %d (%s): their standard errors mix components.", x$ambiguous,
        percent_text(x$ambiguous / x$used))
    }
  )
}

#' @rdname em_bootstrap
#' @param parm Which coefficients: names or numbers; all when missing.
#' @export
confint.em_bootstrap <- function(object, parm, level = object$level,
                                 type = c("percentile", "basic"), ...) {
  check_no_dots()
  check_level(level)
  if (missing(type)) type <- "percentile"
  check_choice(type, c("percentile", "basic"))
  tails <- c((1 - level) / 2, (1 + level) / 2)
  # The (n + 1)p-th smallest, as Davison and Hinkley have it.
  limits <- t(apply(used_estimates(object), 2, stats::quantile, tails, type = 6, names = FALSE))
  if (type == "basic") limits <- 2 * object$original - limits[, 2:1, drop = FALSE]
  dimnames(limits) <- list(
    names(object$original), paste(format(100 * tails, trim = TRUE, digits = 3), "%")
  )
  if (missing(parm)) {
    return(limits)
  }
  unknown <- setdiff(parm, if (is.character(parm)) rownames(limits) else seq_len(nrow(limits)))
  if (length(unknown) > 0) {
    abort_argument(c(
      "{.arg parm} must name coefficients of the fit.",
      x = "Not among them: {.val {unknown}}."
    ))
  }
  limits[parm, , drop = FALSE]
}

#' @rdname em_bootstrap
#' @export
vcov.em_bootstrap <- function(object, ...) {
  check_no_dots()
  stats::cov(used_estimates(object))
}

#' @rdname em_bootstrap
#' @param conf.int Add confidence limits?
#' @param conf.level Confidence level, strictly between 0 and 1.
#' @export
tidy.em_bootstrap <- function(x, conf.int = FALSE, # nolint: object_name_linter.
                              conf.level = x$level, # nolint: object_name_linter.
                              ...) {
  check_no_dots()
  check_flag(conf.int)
  check_level(conf.level)
  table <- data.frame(
    term = names(x$original),
    estimate = unname(x$original),
    std.error = unname(x$std.error),
    bias = unname(colMeans(used_estimates(x)) - x$original)
  )
  if (conf.int) {
    limits <- confint(x, level = conf.level)
    table$conf.low <- unname(limits[, 1])
    table$conf.high <- unname(limits[, 2])
  }
  table
}

#' @rdname em_bootstrap
#' @param row.names,optional As in [as.data.frame()].
#' @export
as.data.frame.em_bootstrap <- function(x, row.names = NULL, # nolint: object_name_linter.
                                       optional = FALSE, ...) {
  check_no_dots()
  used <- which(!is.na(x$estimates[, 1]))
  data.frame(replicate = used, x$estimates[used, , drop = FALSE], row.names = row.names,
    check.names = FALSE)
}

used_estimates <- function(boot) boot$estimates[!is.na(boot$estimates[, 1]), , drop = FALSE]
