#!/usr/bin/env python3
"""As main.cc, from Python: beside.py libweir_works.so STEP…, of which `weir` and `impostor=PATH` are as there."""
import ctypes
import sys

library = None


def do(step):
    global library
    if step == "weir":
        return ctypes.CDLL(sys.argv[1]).weir_works() == 0
    path = step.removeprefix("impostor=")
    mode = ctypes.RTLD_GLOBAL if path.startswith("global:") else ctypes.RTLD_LOCAL
    library = ctypes.CDLL(path.removeprefix("global:"), mode=mode)
    itself = library.impostor_reaches_itself() == 1
    ctypes.c_int.in_dll(library, "impostor_calls").value = 0
    return itself


for step in sys.argv[2:]:
    if not do(step):
        sys.exit(f"failed: {step}")
calls = ctypes.c_int.in_dll(library, "impostor_calls").value if library else 0
if calls:
    sys.exit(f"Weir called the impostor {calls} times")
