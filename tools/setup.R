# Rscript tools/setup.R demo|test
#
# Installs what `make demo` or `make test` needs and is missing, and prints nothing when all is
# there. Where R is Debian's own and we are root: the compiled r-cran-* packages by apt-get. What
# is then still missing comes from CRAN into the first writable library, by default R_LIBS_USER,
# which is created. What DESCRIPTION imports or links to is required; what it suggests is optional:
# a suggested package that cannot be installed skips what needs it, and this is said.

say <- function(...) cat("setup: ", ..., "\n", sep = "")

# Suggested packages that are not on CRAN, which is not asked for them: BiocManager installs them.
bioconductor <- c("DelayedArray", "SingleCellExperiment", "SummarizedExperiment")

# The packages this scope needs: package, version (NA if any will do), required.
read_needs <- function(scope) {
  fields <- read.dcf("DESCRIPTION")[1, ]
  entries <- function(field) {
    entry <- trimws(strsplit(fields[[field]], ",")[[1]])
    version <- ifelse(grepl("(", entry, fixed = TRUE), gsub("^.*\\(>= *|\\).*$", "", entry), NA)
    data.frame(package = sub("[ (].*$", "", entry), version = version, required = TRUE)
  }
  needs <- unique(rbind(entries("Imports"), entries("LinkingTo")))
  suggested <- entries("Suggests")
  # The demonstration reads survival::pbc; the C++ tests take their framework from testthat.
  suggested$required <- suggested$package == c(demo = "survival", test = "testthat")[[scope]]
  if (scope == "demo") {
    vignettes <- if (has_pandoc()) c("knitr", "rmarkdown")
    suggested <- suggested[suggested$package %in% c("survival", vignettes), ]
  }
  needs <- rbind(needs, suggested)
  needs[!needs$package %in% rownames(utils::installed.packages(priority = "base")), ]
}

missing_among <- function(needs) {
  absent <- mapply(function(package, version) {
    description <- system.file("DESCRIPTION", package = package)
    if (!nzchar(description)) return(TRUE)
    if (is.na(version)) return(FALSE)
    package_version(read.dcf(description, "Version")[[1]]) < version
  }, needs$package, needs$version)
  needs[as.logical(absent), ]
}

has_pandoc <- function() {
  nzchar(Sys.which("pandoc")) || nzchar(Sys.getenv("RSTUDIO_PANDOC"))
}

# apt-get ------------------------------------------------------------------------------------

# Debian's packages are built for Debian's R: for an R of one's own under /opt they are no use.
can_use_apt <- function() {
  is_root <- identical(suppressWarnings(system2("id", "-u", stdout = TRUE)), "0")
  is_root && nzchar(Sys.which("apt-get")) && identical(R.home(), "/usr/lib/R") &&
    !nzchar(Sys.getenv("MISSMIX_NO_APT"))
}

apt_get <- function(...) {
  quiet <- c("-y", "-qq", "-o", "Dpkg::Use-Pty=0")
  system2("apt-get", c(quiet, ...), env = "DEBIAN_FRONTEND=noninteractive") == 0
}

apt_knows <- function(package) {
  found <- suppressWarnings(
    system2("apt-cache", c("show", package), stdout = FALSE, stderr = FALSE)
  )
  found == 0
}

install_by_apt <- function(packages) {
  known <- vapply(packages, apt_knows, logical(1))
  if (!all(known)) {
    if (!apt_get("update")) say("apt-get update failed: going on with the lists that are here.")
    known <- vapply(packages, apt_knows, logical(1))
  }
  packages <- packages[known]
  if (length(packages) == 0) return(invisible())
  say("installing ", paste(packages, collapse = ", "), " (apt-get).")
  if (apt_get("install", "--no-install-recommends", packages)) return(invisible())
  # Lists older than the archive name files that are gone: once more with fresh ones.
  apt_get("update")
  if (!apt_get("install", "--no-install-recommends", packages)) say("apt-get install failed.")
}

# CRAN ---------------------------------------------------------------------------------------

# The library to install into, created if need be: R leaves a library out of .libPaths() for as
# long as its directory does not exist.
writable_library <- function() {
  own <- strsplit(Sys.getenv("R_LIBS_USER"), .Platform$path.sep)[[1]]
  own <- own[nzchar(own) & own != "NULL"]
  chosen_by_user <- length(own) > 0 && !startsWith(own[[1]], path.expand("~/R/"))
  if (file.access(.libPaths()[[1]], 2) == 0 && !chosen_by_user) return(.libPaths()[[1]])
  if (length(own) == 0) {
    stop("No library is writable and R_LIBS_USER is switched off: set it to a directory.",
         call. = FALSE)
  }
  if (!dir.exists(own[[1]])) {
    if (!dir.create(own[[1]], recursive = TRUE, showWarnings = FALSE)) {
      stop("The library ", own[[1]], " cannot be created: set R_LIBS_USER.", call. = FALSE)
    }
    say("created the library ", own[[1]], ".")
  }
  .libPaths(c(own[[1]], .libPaths()))
  own[[1]]
}

install_from_cran <- function(packages, library) {
  repos <- getOption("repos")
  if (length(repos) == 0 || "@CRAN@" %in% repos) repos <- c(CRAN = "https://cloud.r-project.org")
  say("installing ", paste(packages, collapse = ", "), " from ", repos[[1]], " into ", library, ".")
  cores <- max(1L, parallel::detectCores(), na.rm = TRUE)
  options(timeout = max(600, getOption("timeout")))
  # fs, which testthat and rmarkdown need, brings along the system library that it is without here.
  Sys.setenv(USE_BUNDLED_LIBUV = "1")
  logs <- tempfile("logs")
  dir.create(logs)
  tryCatch(
    utils::install.packages(
      packages, lib = library, repos = repos, Ncpus = cores, quiet = TRUE, keep_outputs = logs
    ),
    error = function(e) say(conditionMessage(e))
  )
  # The reason stands in the log of the package that failed, often a dependency.
  for (log in dir(logs, full.names = TRUE)) {
    lines <- readLines(log, warn = FALSE)
    if (any(grepl("^ERROR: ", lines))) cat(basename(log), tail(lines, 15), sep = "\n  ")
  }
}

# --------------------------------------------------------------------------------------------

scope <- match.arg(commandArgs(TRUE), c("demo", "test"))
apt <- can_use_apt()
if (apt && !has_pandoc()) install_by_apt("pandoc")
needs <- read_needs(scope)
library_path <- writable_library()

if (apt && nrow(missing_among(needs)) > 0) {
  absent <- missing_among(needs)$package
  from <- ifelse(absent %in% bioconductor, "r-bioc-", "r-cran-")
  install_by_apt(paste0(from, tolower(absent)))
}
# Required ones first and on their own: a failure among the optional ones must not reach them.
for (required in c(TRUE, FALSE)) {
  wanted <- setdiff(missing_among(needs[needs$required == required, ])$package, bioconductor)
  if (length(wanted) > 0) install_from_cran(wanted, library_path)
}

absent <- missing_among(needs)
optional <- absent$package[!absent$required]
if (length(optional) > 0) {
  say("not installed, what needs them is skipped: ", paste(optional, collapse = ", "),
      " (with ", R.version.string, "; the newest versions may want a newer R).")
}
if (!has_pandoc()) say("no pandoc: vignettes are skipped.")
if (any(absent$required)) {
  say("required, and could not be installed: ",
      paste(absent$package[absent$required], collapse = ", "),
      " (with ", R.version.string, "; the newest versions may want a newer R).")
  quit(status = 1)
}
