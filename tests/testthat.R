library(testthat)
library(missmix)

test_check("missmix")
