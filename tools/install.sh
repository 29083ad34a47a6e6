#!/usr/bin/env bash
# Installs the package into the first library, with its vignettes where these can be built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/common.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! have_vignette_tools; then
  echo "install: pandoc, knitr or rmarkdown is missing: installing without vignettes."
  build_tarball "$work" --no-build-vignettes
elif ! build_tarball "$work"; then
  echo "install: the package could not be built with its vignettes: installing without them."
  build_tarball "$work" --no-build-vignettes
fi
R CMD INSTALL "$work"/missmix_*.tar.gz
