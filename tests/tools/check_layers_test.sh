#!/bin/sh
# tools/check_layers against trees made for it: each include that the table forbids is refused, each that it allows is
# not, and so with the rules beside the table. What the table says is written here a second time, with files for
# folders.
set -eu
check=$(cd "$(dirname "$0")/../.." && pwd)/tools/check_layers
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failures=0

fail() {
  echo "FAILED: $1"
  sed 's/^/    /' "$tmp/out"
  failures=$((failures + 1))
}

# A tree of one file with these lines; sets `code` and $tmp/out.
check_tree() {
  rm -rf "$tmp/tree"
  mkdir -p "$tmp/tree/${1%/*}"
  printf '%s\n' "$2" >"$tmp/tree/$1"
  code=0
  "$check" "$tmp/tree" >"$tmp/out" 2>&1 || code=$?
}

# ---- the table: a file of each row, and which of these headers it may include; math is another family than its own
headers='graph/base/shape.h graph/graph.h graph/text/text.h graph/wire/wire.h graph/passes/passes.h ops/shape_helpers.h
  ops/nn/nn.h ops/nn/inner.h ops/nn/cpu/inner.h ops/math/math.h ops/math/inner.h ops/math/cpu/inner.h ops/model/losses.h
  ops/rewrites/rules.h ops/kernels.h runtime/kernel.h runtime/cpu/gemm.h runtime/plan/plan.h runtime/exec/executor.h
  runtime/io/bundle.h session/session.h session/compile/pipeline.h session/save/saver.h tools/graphdef/tool.h weir.h'
graph='graph/base/shape.h graph/graph.h'
families='ops/nn/nn.h ops/nn/inner.h ops/math/math.h ops/math/inner.h'
library="$graph graph/text/text.h graph/wire/wire.h graph/passes/passes.h ops/shape_helpers.h $families
  ops/nn/cpu/inner.h ops/math/cpu/inner.h ops/model/losses.h ops/rewrites/rules.h ops/kernels.h runtime/kernel.h
  runtime/cpu/gemm.h runtime/plan/plan.h runtime/exec/executor.h runtime/io/bundle.h session/compile/pipeline.h"

may_include() {
  file=$1
  allowed=" $(echo $2) "
  lines=$(for header in $headers; do echo "#include \"weir/$header\""; done)
  check_tree "$file" "$lines"
  case $code/$allowed in
    1/*|0/*tools/graphdef/tool.h*) ;;
    *) fail "$file: exit code $code" ;;
  esac
  for header in $headers; do
    refused=no
    if grep -qF "$file:" "$tmp/out" && grep -qF "\"weir/$header\"" "$tmp/out"; then refused=yes; fi
    case $allowed/$refused in
      *" $header "*/yes) fail "$file may include $header" ;;
      *" $header "*/no) ;;
      */no) fail "$file must not include $header" ;;
    esac
  done
}

may_include graph/base/a.cc      'graph/base/shape.h'
may_include graph/a.cc           "$graph graph/text/text.h graph/wire/wire.h"
may_include graph/text/a.cc      "$graph graph/text/text.h"
may_include graph/wire/a.cc      "$graph graph/text/text.h graph/wire/wire.h"
may_include graph/passes/a.cc    "$graph graph/passes/passes.h"
may_include ops/a.cc             "$graph ops/shape_helpers.h"
may_include ops/nn/a.cc          "$graph ops/shape_helpers.h ops/nn/nn.h ops/nn/inner.h ops/math/math.h"
may_include ops/model/a.cc       "$graph graph/text/text.h ops/shape_helpers.h $families ops/model/losses.h"
may_include ops/rewrites/a.cc    "$graph ops/shape_helpers.h $families ops/rewrites/rules.h"
may_include runtime/a.cc         'graph/base/shape.h runtime/kernel.h'
may_include runtime/cpu/a.cc     'graph/base/shape.h runtime/kernel.h runtime/cpu/gemm.h'
may_include runtime/plan/a.cc    'graph/base/shape.h runtime/kernel.h runtime/plan/plan.h'
may_include runtime/exec/a.cc    'graph/base/shape.h runtime/kernel.h runtime/plan/plan.h runtime/exec/executor.h'
may_include runtime/io/a.cc      'graph/base/shape.h runtime/io/bundle.h'
may_include ops/kernels.cc       'graph/base/shape.h runtime/kernel.h ops/kernels.h'
may_include ops/nn/cpu/a.cc      'graph/base/shape.h runtime/kernel.h runtime/cpu/gemm.h runtime/io/bundle.h
                                  ops/kernels.h ops/nn/cpu/inner.h'
may_include session/compile/a.cc "$library"
may_include session/a.cc         "$library session/session.h session/save/saver.h weir.h"
may_include session/save/a.cc    "$library session/session.h session/save/saver.h weir.h"
may_include tools/graphdef/a.cc  "$headers"

# ---- what is said: file | include | words, none where all is well
while IFS='|' read -r file include words; do
  file=$(echo $file) include=$(echo $include) words=$(echo $words)
  check_tree "$file" "#include $include"
  if [ -z "$words" ]; then
    [ $code = 0 ] && [ ! -s "$tmp/out" ] || fail "$file may include $include"
  else
    [ $code = 1 ] && grep -qF "$file:1:" "$tmp/out" && grep -qF "$words" "$tmp/out" || fail "$file, $include: $words"
  fi
done <<'CASES'
graph/a.h                   | "weir/ops/registry.h"             | graph must not include ops
graph/a.cc                  | "weir/session/session.h"          | graph must not include session
graph/a.cc                  | "weir/runtime/kernel.h"           | graph must not include runtime
graph/a.cc                  | "weir/graph/passes/passes.h"      | graph must not include graph/passes
graph/base/a.cc             | "weir/graph/graph.h"              | graph/base must not include graph
graph/passes/a.cc           | "weir/ops/nn/nn.h"                | graph/passes must not include ops/<family>
graph/passes/a.cc           | "weir/ops/registry.h"             | graph/passes must not include ops
graph/new/a.cc              | "weir/graph/graph.h"              | graph/new has no row in the table
graph/a.cc                  | "weir/graph/new/a.h"              | graph must not include graph/new
ops/control/control.h       | "weir/ops/model/variables.h"      | ops/<family> must not include ops/model
ops/nn/softmax.cc           | "weir/ops/rewrites/rules.h"       | ops/<family> must not include ops/rewrites
ops/nn/softmax.cc           | "weir/ops/math/inner.h"           | ops/<family> must not include another family's inner
ops/nn/softmax.cc           | "weir/ops/nn/cpu/inner.h"         | ops/<family> must not include ops/<family>/cpu
ops/nn/softmax.cc           | "weir/ops/kernels.h"              | ops/<family> must not include ops/kernels
ops/nn/softmax.cc           | "weir/runtime/kernel.h"           | ops/<family> must not include runtime
ops/nn/cpu/softmax.cc       | "weir/ops/nn/nn.h"                | ops/<family>/cpu must not include ops/<family>
ops/nn/cpu/softmax.cc       | "weir/ops/math/cpu/inner.h"       | ops/<family>/cpu must not include another family's cpu
ops/nn/cpu/softmax.cc       | "weir/graph/op_def.h"             | ops/<family>/cpu must not include graph
ops/nn/cpu/softmax.cc       | "weir/runtime/plan/plan.h"        | ops/<family>/cpu must not include runtime/plan
ops/nn/cpu/softmax.cc       | "weir/ops/registry.h"             | ops/<family>/cpu must not include ops
ops/registry.cc             | "weir/ops/nn/nn.h"                | ops must not include ops/<family>
ops/kernels.cc              | "weir/ops/registry.h"             | ops/kernels must not include ops
ops/model/layers.cc         | "weir/ops/nn/cpu/inner.h"         | ops/model must not include ops/<family>/cpu
ops/model/layers.cc         | "weir/session/session.h"          | ops/model must not include session
ops/rewrites/simplify.cc    | "weir/ops/model/losses.h"         | ops/rewrites must not include ops/model
runtime/cpu/gemm.cc         | "weir/runtime/exec/thread_pool.h" | runtime/cpu must not include runtime/exec
runtime/plan/plan.cc        | "weir/ops/nn/cpu/inner.h"         | runtime/plan must not include ops/<family>/cpu
runtime/a.cc                | "weir/graph/graph.h"              | runtime must not include graph
session/compile/a.cc        | "weir/session/session.h"          | session/compile must not include session
session/a.cc                | "weir/tools/graphdef/tool.h"      | session must not include tools
ops/nn/softmax.cc           | <weir/session/session.h>          | ops/<family> must not include session
ops/nn/softmax.cc           | "softmax.cc"                      | what is ours is included as weir/…
graph/graph.cc              | "weir/version.h"                  |
graph/graph.cc              | <vector>                          |
graph/wire/import.cc        | "weir/proto/graph.pb.h"           |
runtime/io/wire/messages.cc | <google/protobuf/message.h>       |
graph/import.cc             | "weir/proto/graph.pb.h"           | protobuf is for folders wire
session/wire/a.cc           | "weir/proto/graph.pb.h"           | protobuf is for folders wire
tools/graphdef/dump.cc      | <google/protobuf/text_format.h>   | protobuf is for folders wire
graph/wire/import.h         | "weir/proto/graph.pb.h"           | a header must not include protobuf
ops/string/cpu/re2/regex.cc | <re2/re2.h>                       |
runtime/io/wire/messages.cc | <snappy.h>                        |
ops/string/cpu/string.cc    | <re2/re2.h>                       | RE2 and Snappy are for libweir_deps.so alone
runtime/io/table.cc         | <snappy.h>                        | RE2 and Snappy are for libweir_deps.so alone
runtime/io/codec/png.cc     | <png.h>                           |
runtime/io/wire/messages.cc | <png.h>                           | libraries of image files are for runtime/io/codec
graph/graph.cc              | <fmt/format.h>                    |
tools/graphdef/tool.h       | <fmt/format.h>                    |
graph/graph.h               | <fmt/format.h>                    | a header must not include fmt
CASES

# ---- names, options
check_tree graph/functions.h '#pragma once'
mkdir -p "$tmp/tree/ops/model"
echo '#pragma once' >"$tmp/tree/ops/model/functions.h"
code=0
"$check" "$tmp/tree" >"$tmp/out" || code=$?
[ $code = 1 ] && grep -qF 'has the name of graph/functions.h' "$tmp/out" || fail 'two headers of one name'

rm -rf "$tmp/tree"
mkdir "$tmp/tree"
code=0
"$check" "$tmp/tree" >"$tmp/out" || code=$?
[ $code = 2 ] || fail "a folder without sources: exit code $code"

"$check" --table >"$tmp/out" && grep -qE '^ops/<family> +own building ops graph graph/base$' "$tmp/out" ||
  fail 'the table is printed'

[ $failures = 0 ] || { echo "$failures failures"; exit 1; }
