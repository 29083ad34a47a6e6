# make demo   install what is missing, install the package, run the main job on survival::pbc
# make test   install what is missing, run the R tests, the C++ tests and R CMD check
#
# Both work from a bare clone. As root on Debian they use the compiled r-cran-* packages, otherwise
# CRAN and the library of R_LIBS_USER; MISSMIX_NO_APT=1 turns apt-get off.

MAKEFLAGS += --no-print-directory

.PHONY: all demo test deps install test-r test-cpp check document lint format clean

all: demo

demo: install
	@Rscript tools/demo.R demo

test:
	@tools/test.sh

# The parts, for work on the package.

deps:
	@Rscript tools/setup.R test

install:
	@Rscript tools/setup.R demo
	@tools/install.sh

test-r:
	@tools/test.sh r

test-cpp:
	@tools/test.sh cpp

check:
	@tools/test.sh check

document:
	@Rscript -e 'roxygen2::roxygenise()'

lint:
	@Rscript -e 'found <- lintr::lint_package(); print(found); quit(status = length(found) > 0)'
	@find inst/include src tests/cpp -name build -prune -o \( -name '*.[ch]pp' -o -name '*.h' \) ! -name RcppExports.cpp \
	  -print | xargs clang-format --dry-run -Werror

format:
	@find inst/include src tests/cpp -name build -prune -o \( -name '*.[ch]pp' -o -name '*.h' \) ! -name RcppExports.cpp \
	  -print | xargs clang-format -i

clean:
	@$(MAKE) -C tests/cpp clean
	@rm -rf demo src/*.o src/*.so *.Rcheck missmix_*.tar.gz
