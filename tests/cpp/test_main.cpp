// Catch's main(), compiled once and linked to every test.
#define CATCH_CONFIG_MAIN
#include <catch.h>
