#!/bin/sh
# Compares random runs of tables and queues, or of datasets, with the TensorFlow of this machine (make_services.py,
# make_datasets.py).
#
#   services_live.sh [--of services|datasets] [--build DIR] [--python PYTHON] [--cases 100] [--first SEED]
#
# Exit 0: all are equal.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build python=python3 cases=100 first=1 of=services
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --build) build=$2 ;;
    --of) of=$2 ;;
    --python) python=$2 ;;
    --cases) cases=$2 ;;
    --first) first=$2 ;;
    *) echo "services_live.sh: no option $1; see --help" >&2; exit 2 ;;
  esac
  shift 2
done
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT
export CUDA_VISIBLE_DEVICES=-1 TF_ENABLE_ONEDNN_OPTS=0 TF_CPP_MIN_LOG_LEVEL=3
"$python" "$here/make_$of.py" "$runs" --random "$cases" --first "$first" >"$runs/log" 2>&1 ||
  { tail -5 "$runs/log" >&2; exit 2; }
"$build/tests/recorded_graphs" --runs "$runs"/*.pb
