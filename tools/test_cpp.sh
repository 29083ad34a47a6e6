#!/usr/bin/env bash
# tools/test_cpp.sh FILE: runs tests/cpp and writes "passed failed skipped" to FILE, counting test
# cases. A test file that does not compile, or a binary that ends without Catch's last line (a
# sanitizer stopped it), is one failure. Exits 1 on any failure, also of a header on its own.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../tests/cpp"

rm -f build/*.log
make -k -j2 check
status=$?

passed=0 failed=0
for source in test_*.cpp; do
  [ "$source" = test_main.cpp ] && continue
  log=build/${source%.cpp}.log
  # "All tests passed (12 assertions in 3 test cases)" or "test cases: 3 | 2 passed | 1 failed"
  last=$(grep -E '^(All tests passed|test cases:)' "$log" 2>/dev/null | tail -n 1)
  cases=0 good=0
  if [[ $last =~ \ in\ ([0-9]+)\ test\ case ]]; then
    cases=${BASH_REMATCH[1]} good=$cases
    # All passed, and yet: memory leaks are reported at the very end.
    if grep -q '^exit status' "$log"; then cases=$((cases + 1)); fi
  elif [[ $last =~ ^test\ cases:\ +([0-9]+) ]]; then
    cases=${BASH_REMATCH[1]}
    if [[ $last =~ \|\ +([0-9]+)\ passed ]]; then good=${BASH_REMATCH[1]}; fi
  else
    echo "$source: did not compile, or stopped before its end"
    cases=1
  fi
  passed=$((passed + good)) failed=$((failed + cases - good))
done
echo "$passed $failed 0" > "$1"
[ $status -eq 0 ] && [ $failed -eq 0 ]
