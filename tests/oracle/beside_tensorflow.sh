#!/bin/sh
# beside_tensorflow.sh PYTHON [BUILD]: Weir and TensorFlow in one process, in both orders of loading, both used, from
# C++ (dlopen without RTLD_DEEPBIND, local and global) and from Python. PYTHON has TensorFlow; BUILD is the build
# folder.
set -eu
python=$1
build=${2:-build}
beside=$build/tests/consumers/beside/beside
works=$build/tests/consumers/beside/libweir_works.so
tf=$("$python" -c 'import os, importlib.util as u; print(os.path.dirname(u.find_spec("tensorflow").origin))')
tf=$tf/libtensorflow_cc.so.2
export TF_CPP_MIN_LOG_LEVEL=3 TF_ENABLE_ONEDNN_OPTS=0

check() {
  if "$@" >/dev/null 2>&1; then echo "ok      $what"; else echo "FAILED  $what ($?)"; failed=1; fi
}
failed=0
for seen in "" global:; do
  what="C++: TensorFlow ${seen}first, then Weir"
  check "$beside" "tensorflow=$seen$tf" weir
  what="C++: Weir, then TensorFlow $seen"
  check "$beside" weir "tensorflow=$seen$tf" weir
done
weir="import ctypes; assert ctypes.CDLL('$works').weir_works() == 0"
tensorflow="import tensorflow as tf; assert float(tf.compat.v1.Session(graph=(g := tf.Graph())) is not None)"
tensorflow="$tensorflow and float(tf.add(1., 2.)) == 3"
what="Python: TensorFlow first, then Weir"
check "$python" -c "$tensorflow; $weir; $tensorflow"
what="Python: Weir first, then TensorFlow"
check "$python" -c "$weir; $tensorflow; $weir"
exit $failed
