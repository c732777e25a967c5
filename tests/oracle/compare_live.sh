#!/bin/sh
# Compares every op and its gradients with the TensorFlow of this machine, on fresh random cases.
#
#   compare_live.sh [--build DIR] [--python PYTHON] [arguments of make_pack.py: --cases 20 --seed 1 --ops A,B …]
#
# Exit 0: at least 99.9 % equal, the exceptions of exceptions.txt apart.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build python=python3
while [ $# -gt 0 ]; do
  case $1 in
    --build) build=$2; shift 2 ;;
    --python) python=$2; shift 2 ;;
    *) break ;;
  esac
done
packs=$(mktemp -d)
trap 'rm -rf "$packs"' EXIT
"$python" "$here/make_pack.py" --out "$packs" "$@" 2>/dev/null | tail -3
"$build/tests/pack_runner" --exceptions="$here/exceptions.txt" "$packs"/*.pb
