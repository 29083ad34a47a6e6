#!/usr/bin/env bash
# tools/check.sh DIRECTORY: R CMD check --as-cran of the tarball in DIRECTORY (an absolute path),
# without the tests.
# Exits 1 unless its log is clean (tools/check_log.R says what is let through).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/common.sh

options=(--as-cran --no-manual --no-tests) log_options=()
if ! have_vignette_tools; then
  options+=(--ignore-vignettes) log_options=(no-vignettes)
fi

# A suggested package that is absent is a note. Nothing may wait for the network.
export _R_CHECK_FORCE_SUGGESTS_=false
export _R_CHECK_CRAN_INCOMING_REMOTE_=false
export _R_CHECK_CRAN_INCOMING_USE_ASPELL_=false
export _R_CHECK_SYSTEM_CLOCK_=false
# For each absent package the check asks CRAN who maintains it, and dies where there is no network:
# an empty list of packages answers.
mkdir -p "$1/cran/web/packages"
Rscript -e 'empty <- data.frame(Package = character(), Maintainer = character())
            saveRDS(empty, commandArgs(TRUE))' "$1/cran/web/packages/packages.rds"
export R_CRAN_WEB="file://$1/cran"
# The flags that this R was built with are not ours.
_R_CHECK_COMPILATION_FLAGS_KNOWN_="$(R CMD config CFLAGS) $(R CMD config CXXFLAGS)"
export _R_CHECK_COMPILATION_FLAGS_KNOWN_
# Without qpdf --as-cran warns, though the package has no PDF that could be made smaller: any program
# does in its place.
if ! command -v qpdf > /dev/null; then export R_QPDF=true; fi
if ! command -v tidy > /dev/null; then
  export _R_CHECK_RD_VALIDATE_RD2HTML_=false _R_CHECK_RD_MATH_RENDERING_=false
fi

repository=$PWD
cd "$1" || exit 1
R CMD check "${options[@]}" missmix_*.tar.gz
if ! Rscript "$repository/tools/check_log.R" missmix.Rcheck/00check.log "${log_options[@]}"; then
  # Warnings of the compiler, and the error of an install that failed, are only in here.
  if grep -qE 'can be installed \.\.\..*(ERROR|WARNING)' missmix.Rcheck/00check.log; then
    cat missmix.Rcheck/00install.out
  fi
  exit 1
fi
