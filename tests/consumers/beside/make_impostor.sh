#!/bin/sh
# make_impostor.sh NM LIBRARY…: prints the C source of a library that defines every function that the LIBRARYs export.
# Each of them only counts that it was called; impostor_reaches_itself tells whether a call by such a name from inside
# arrives here.
set -eu
nm=$1
shift
cat <<'C'
int impostor_calls = 0;
int impostor_stub(void) { return ++impostor_calls, 42; }
C
for library; do "$nm" -D --defined-only "$library"; done | awk '
  $2 == "T" || $2 == "W" {
    sub(/@.*/, "", $3)
    if (seen[$3]++) next
    printf "__asm__(\".globl %s\\n.type %s, @function\\n.set %s, impostor_stub\");\n", $3, $3, $3
    if ($2 == "T" && !first) first = $3
  }
  END {
    printf "int impostor_name(void) __asm__(\"%s\");\n", first
    print "int impostor_reaches_itself(void) { return impostor_name() == 42; }"
  }'
