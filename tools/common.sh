# Sourced by the scripts of this directory, from the top of the repository.

# R CMD build and check read UTF-8 files; a bare container has the C locale.
if [ "$(locale charmap 2>/dev/null)" != "UTF-8" ]; then export LC_ALL=C.UTF-8; fi
# For R's own calls of make: two files at a time, and nothing of the make that called us.
export MAKEFLAGS=-j2
unset MFLAGS MAKELEVEL

have_vignette_tools() {
  Rscript -e 'ok <- requireNamespace("knitr", quietly = TRUE) &&
                requireNamespace("rmarkdown", quietly = TRUE) && rmarkdown::pandoc_available()
              quit(status = !ok)' >/dev/null 2>&1
}

# build_tarball DIRECTORY [OPTION...]: R CMD build, leaving DIRECTORY/missmix_*.tar.gz.
build_tarball() {
  local repository=$PWD
  (cd "$1" && shift && R CMD build "$@" "$repository")
}
