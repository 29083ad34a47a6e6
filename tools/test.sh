#!/usr/bin/env bash
# tools/test.sh [r] [cpp] [check]: all three when none is named.
#
#   r      the tests of tests/testthat, once, against the package as built and installed (by the
#          check if that is wanted too: compiling takes long)
#   cpp    the tests of tests/cpp under ASan and UBSan
#   check  R CMD check --as-cran, without running the tests again
#
# The last line counts test_that() blocks and C++ test cases: "N passed, N failed, N skipped". What
# keeps tests from being run at all (a package that does not install, a test file that does not
# compile or crashes) counts as one failure. Any failure, and a check that is not clean, exit 1.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/common.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0
problems=()

wanted=" ${*:-r cpp check} "
wants() { [[ $wanted == *" $1 "* ]]; }
heading() { printf '\n== %s ==\n' "$1"; }

# count FILE: adds the "passed failed skipped" that a step wrote; without the file it did not run.
count() {
  local p=0 f=1 s=0
  if [ -s "$1" ]; then read -r p f s < "$1"; fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

install_packages() {
  heading "Packages"
  Rscript tools/setup.R test || problems+=("a required package is missing")
}

build() {
  heading "R CMD build"
  local options=()
  if ! have_vignette_tools; then
    echo "pandoc, knitr or rmarkdown is missing: vignettes are skipped."
    options=(--no-build-vignettes)
  fi
  build_tarball "$work" "${options[@]}" && return
  problems+=("R CMD build failed")
  if wants r; then count "$work/r"; fi
  false
}

run_r_tests() {
  heading "R tests"
  local library=$work/missmix.Rcheck
  if [ ! -d "$library/missmix" ]; then
    library=$work/library
    mkdir "$library"
    R CMD INSTALL --library="$library" "$work"/missmix_*.tar.gz > "$work/install.log" 2>&1 ||
      cat "$work/install.log"
  fi
  if [ -d "$library/missmix" ]; then
    R_LIBS="$library${R_LIBS:+:$R_LIBS}" Rscript tools/test_r.R "$work/r" ||
      problems+=("R tests failed")
  else
    problems+=("the package does not install")
  fi
  count "$work/r"
}

run_cpp_tests() {
  heading "C++ tests (ASan, UBSan)"
  tools/test_cpp.sh "$work/cpp" || problems+=("C++ tests failed")
  count "$work/cpp"
}

check() {
  heading "R CMD check"
  tools/check.sh "$work" || problems+=("R CMD check is not clean")
}

install_packages
if wants cpp; then run_cpp_tests; fi
if wants r || wants check; then
  if build; then
    if wants check; then check; fi
    if wants r; then run_r_tests; fi
  fi
fi

heading "Result"
if [ ${#problems[@]} -gt 0 ]; then printf 'problem: %s\n' "${problems[@]}"; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ ${#problems[@]} -eq 0 ] && [ "$failed" -eq 0 ]
