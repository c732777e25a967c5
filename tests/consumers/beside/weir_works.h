// A use of Weir that touches all of libweir_deps.so. In a shared library, so that Python can call it too.
#pragma once

// 0 when a graph went to bytes, text and back, ran, matched a regular expression, and its variable went to a checkpoint
// and back.
extern "C" int weir_works();
