#!/bin/sh
# Compares every op and its gradients with the TensorFlow of this machine, on fresh random cases.
#
#   compare_live.sh --opdefs OPDEFS.json [--build DIR] [--python PYTHON]
#                   [arguments of make_pack.py: --cases 20 --ops A,B …]
#
# OPDEFS.json holds TensorFlow's op definitions as JSON (make_pack.py --help); the environment variable WEIR_OPDEFS can
# name it, too. Exit 0: at least 99.9 % equal, the exceptions of exceptions.txt apart.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build python=python3
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --opdefs) export WEIR_OPDEFS="$2"; shift 2 ;;
    --build) build=$2; shift 2 ;;
    --python) python=$2; shift 2 ;;
    *) break ;;
  esac
done
if [ ! -r "${WEIR_OPDEFS-}" ]; then
  echo "compare_live.sh: cannot read the op definitions '${WEIR_OPDEFS-}': give --opdefs FILE or set WEIR_OPDEFS" >&2
  exit 2
fi
packs=$(mktemp -d)
trap 'rm -rf "$packs"' EXIT
"$python" "$here/make_pack.py" --out "$packs" "$@" 2>/dev/null | tail -3
"$build/tests/pack_runner" --exceptions="$here/exceptions.txt" "$packs"/*.pb
