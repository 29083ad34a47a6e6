# The check of em_diagnose() that looks beyond the hill of the fit; NULL where there was one start,
# if its mode is sound.
judge_hills <- function(fit) {
  if (is.null(fit$runs) || !any(ended_legally(fit$runs))) {
    return(judge_lone_hill(fit))
  }
  basins <- em_basins(fit, standard_errors = FALSE)
  own <- basins[basins$chosen, ]
  if (nrow(own) == 0 || !own$sound) {
    return(finding("other hills", "fail", max(own$share, 0), unsound_words(basins, own)))
  }
  finished <- attr(basins, "summary")$finished
  equal <- basins$sound & abs(basins$objective - own$objective) < mode_limits$equal
  found <- found_by_words(own, sum(basins$hits[equal]), finished)
  above <- sound_above(basins, own)
  if (above > 0) {
    return(finding("other hills", "fail", own$share, "Another sound mode lies ",
      number_text(above), " higher; ", found, ". See em_basins(fit)."))
  }
  judge_highest(basins, sum(basins$hits[equal]), finished, found)
}

judge_lone_hill <- function(fit) {
  if (isTRUE(fit$thin)) {
    finding("other hills", "fail", NA, "The mode of the fit is not sound (thin: in some direction ",
      "the variance of a component is ", number_text(fit$thinness), " of the pooled one), and it ",
      "comes from one start; try update(fit, starts = em_starts(20)).")
  }
}

# Nothing sound is higher: how sure is that? A mixture's likelihood has no bound: that a start
# collapsed says nothing against the others. Starts that ended elsewhere at the same height (on a
# ridge, say) count with those of the fit.
judge_highest <- function(basins, hits, finished, found) {
  higher <- higher_words(basins)
  share <- hits / finished
  rare <- hits < 2 || share < diagnose_limits$hits
  finding("other hills", if (rare || !is.null(higher)) "caution" else "pass", share,
    "No sound mode is higher, and ", found, if (rare) {
      ": more starts may find a higher one, such as update(fit, starts = em_starts(100))"
    }, ".", if (!is.null(higher)) paste0(" ", higher, " See em_basins(fit)."))
}

unsound_words <- function(basins, own) {
  of <- attr(basins, "summary")
  none <- if (is.na(of$best)) {
    sprintf(", nor is any other that the %d %s found", of$finished, plural(of$finished, "start"))
  }
  flaw <- if (nrow(own) > 0) sprintf(" (%s)", flaw_words(own))
  paste0("The mode of the fit is not sound", flaw, none, "; see em_basins(fit).")
}

# By how much the highest sound mode lies above the chosen one; differences that say nothing are
# none.
sound_above <- function(basins, own) {
  up <- max(basins$objective[basins$sound]) - own$objective
  if (up > mode_limits$height) up else 0
}

found_by_words <- function(own, hits, finished) {
  if (finished == 1) {
    return("only one start was climbed to the end")
  }
  as_high <- if (hits > own$hits) {
    sprintf(", %d more ended as high", hits - own$hits)
  }
  paste0(own$hits, " of ", finished, " starts (", percent_text(own$share), ") found this one",
    as_high)
}
