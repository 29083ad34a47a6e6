#' Where to start, and how often
#'
#' EM climbs the hill it starts on. `em_starts()` says from how many places to climb and how
#' these are found; the models turn it into starts. [em_basins()] then shows which hills there
#' are, and how sure one can be of the highest.
#'
#' @details
#' Each start is first followed for `screen` steps of plain EM; the `keep` most promising are
#' then climbed to the end, and the highest *sound* one of them is the fit. Short runs from random
#' centres of which the best are finished are known as emEM (Biernacki, Celeux and Govaert 2003).
#' In the climbs acceleration begins only once a plain EM step gains less than half a
#' log-likelihood unit, so that a start seldom leaves the hill that plain EM would climb.
#'
#' Methods for mixtures:
#' * `"hierarchical"`: agglomerative clustering by Ward's criterion, the model-based criterion of
#'   spherical components (Fraley 1998), of the data sphered and of the data scaled (of one
#'   variable: equal parts);
#' * `"kmeans"`: k-means on scaled data, the best of ten;
#' * `"kmeans++"`: k-means from seeds drawn with probability proportional to squared distance
#'   (Arthur and Vassilvitskii 2007), on the data sphered and scaled in turn;
#' * `"random"`: random rows as centres, all with the covariance of the whole;
#' * `"partition"`: a random partition of the rows;
#' * `"perturb"`: the given start, or the first value of `include`, moved at random.
#'
#' `"auto"` is, for mixtures, a portfolio: hierarchical and k-means, then the random ones in turn.
#' From the best mode of three components or more it goes on: nearby components are merged and
#' others split (Ueda et al. 2000), and climbed again, up to three times while that finds a higher
#' hill; these starts are recorded with the method `"split and merge"`.
#'
#' Other models know no method but `"auto"` and `"perturb"`, which are the same there.
#' [em_mvn()]: the start made from the data (method `"default"` in the record) and n - 1 random
#' moves of it; where some are included, these and n moves of the first. [em_fit()] has no
#' start of its own: one must be included. Their help says how far a move goes.
#'
#' **Threads and workers.** With a plan of the future package other than sequential, and
#' future.apply installed, starts are climbed on its workers: other processes or, by
#' `plan(cluster)`, other machines. Without one [em_mvn()] and [em_gmm()] use the `n_threads` of
#' [em_control()]; a worker of theirs uses them for the rows of one start. A worker is sent the data
#' with each batch of climbs, and a `callback` is called there: for short climbs threads are
#' quicker. Every start has a random stream of its own, set by `seed` and its number: results are
#' the same for any number of threads or workers, to the last bit.
#'
#' @param n How many starts to make, at least 1; those of `include` come on top.
#' @param method One or more of the methods below, taken in turn.
#' @param seed A whole number, or `NULL` to draw one from R's generator.
#' @param screen Steps of plain EM after which starts are compared, at least 1.
#' @param keep How many to climb to the end. `NULL`: of a mixture of up to 2,000 rows all, of a
#'   larger one three; of other models all up to ten. Where none of them ends on a sound mode, the
#'   next are climbed, too. With `keep = n` all are: only then can [em_basins()] estimate how many
#'   modes have not been seen.
#' @param include A list of starts to run besides: parameters in the model's own shape, or
#'   earlier fits.
#'
#' @return A list of class `em_starts` with the arguments as elements.
#'
#' A fit from more than one start has an element `runs`, a list of
#' * `table`: a data frame with one row for each start: `start`, its number; `method`;
#'   `screened`, the objective after the short run (`NA` if there was none); `finished`, was
#'   it climbed to the end? Where it was: `objective`, `log_lik`, `status`, `gap`; `passes` of
#'   this climb, which goes on where the short run ended (of the others: of the short run);
#'   `saddles` met and left; and of mixtures `smallest_weight`, `thinness` and `thin` (`NA`,
#'   `NA` and `FALSE` where the model knows nothing of the kind);
#' * `parameters`, `trace`: lists with one element for each start, `NULL` if not finished;
#' * `chosen`: the number of the start that is the fit;
#' * `starts`: this object, earlier fits among `include` reduced to their parameters.
#'
#' @section Errors and warnings:
#' `missmix_warning_convergence`, by the fit: an interrupt or the time limit came before all
#' were finished; those that were are kept. `missmix_error_argument`, by the fit: the model
#' does not know the method, or needs a start that is not included.
#'
#' `missmix_error_argument`: an argument is not what it should be; the message names it.
#'
#' @references
#' Arthur D, Vassilvitskii S (2007). k-means++: the advantages of careful seeding. *SODA '07*,
#' 1027-1035.
#'
#' Biernacki C, Celeux G, Govaert G (2003). Choosing starting values for the EM algorithm for
#' getting the highest likelihood in multivariate Gaussian mixture models. *Computational
#' Statistics & Data Analysis* 41, 561-575. \doi{10.1016/S0167-9473(02)00163-9}.
#'
#' Fraley C (1998). Algorithms for model-based Gaussian hierarchical clustering. *SIAM Journal on
#' Scientific Computing* 20, 270-281. \doi{10.1137/S1064827596311451}.
#'
#' Ueda N, Nakano R, Ghahramani Z, Hinton GE (2000). SMEM algorithm for mixture models. *Neural
#' Computation* 12, 2109-2128. \doi{10.1162/089976600300015088}.
#'
#' @seealso [em_basins()].
#' @export
#' @examples
#' em_starts(60, method = "random", keep = 60, seed = 1)
em_starts <- function(n = 30L, method = "auto", seed = NULL, screen = 10L, keep = NULL,
                      include = list()) {
  check_count(n)
  if (!checkmate::test_subset(method, start_methods, empty.ok = FALSE)) {
    abort_argument(c(
      "{.arg method} must be made of {.or {.val {start_methods}}}.",
      x = "It is {.val {method}}."
    ))
  }
  if (!is.null(seed)) check_count(seed, lower = -.Machine$integer.max)
  check_count(screen)
  by_default <- is.null(keep)
  if (by_default) keep <- min(10L, n)
  check_count(keep)
  if (!is.list(include)) {
    must_be(FALSE, include, "a list of parameters or fits", "include", rlang::current_env())
  }
  if (inherits(include, "em_fit")) include <- list(include)
  structure(
    list(
      n = as.integer(n), method = method, seed = if (!is.null(seed)) as.integer(seed),
      screen = as.integer(screen), keep = as.integer(keep), include = include,
      by_default = by_default
    ),
    class = "em_starts"
  )
}

start_methods <- c(
  "auto", "hierarchical", "kmeans", "kmeans++", "random", "partition", "perturb"
)

#' @rdname em_starts
#' @param x An object of class `em_starts`.
#' @param ... Not used; anything here is an error.
#' @export
print.em_starts <- function(x, ...) {
  check_no_dots()
  more <- length(x$include)
  cli::cat_line(
    x$n, " ", plural(x$n, "start"), " (", paste(x$method, collapse = ", "), ")",
    if (more > 0) sprintf(" and %d given", more),
    ": ", x$screen, " plain EM ", plural(x$screen, "step"), " each, then ",
    if (x$by_default) "all or the best" else paste("the best", x$keep), " to the end; seed ",
    if (is.null(x$seed)) "drawn" else x$seed
  )
  invisible(x)
}

# One seed for each start: by number, so that it does not matter who runs it or when.
start_seeds <- function(starts) {
  draw <- function() sample.int(.Machine$integer.max, starts$n)
  if (is.null(starts$seed)) draw() else with_seed(starts$seed, draw())
}

# The value of an expression under a seed of its own, with R's default generators whatever the
# session uses; the session's generator is then put back.
with_seed <- function(seed, code) {
  before <- get0(".Random.seed", globalenv(), inherits = FALSE)
  kind <- RNGkind("Mersenne-Twister", "Inversion", "Rejection")
  on.exit({
    RNGkind(kind[1], kind[2], kind[3])
    if (is.null(before)) {
      rm(".Random.seed", envir = globalenv())
    } else {
      assign(".Random.seed", before, envir = globalenv())
    }
  })
  set.seed(seed)
  code
}

# Which method makes each start, "auto" spelt out by the model.
start_method_of <- function(starts, auto) {
  methods <- if (identical(starts$method, "auto")) auto else rep_len(starts$method, starts$n)
  utils::head(methods, starts$n)
}
