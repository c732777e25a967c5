// Case packs: cases of single ops with what TensorFlow computed for them (tests/oracle/make_pack.py tells the form),
// and the runner that computes them here and compares.
//
// Each case runs with its inputs fed and with its inputs constant (so that folding computes it), optimised at level
// exact and as it is; all four must have the same bits, and be TensorFlow's within the tolerances of Compare.
#pragma once

#include <limits>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "weir/graph/base/tensor.h"

namespace weir::testing {

// How close a result must be. Floats: kElementwise for one rounding (half, bfloat16: 2 ulp), kAccumulated where sums
// are behind it (5e-3, 2e-2 of the largest value); float 1e-5 and double 1e-12 of the largest value in both. Others:
// equal.
enum class Closeness { kIdentical, kElementwise, kAccumulated };
// What differs, empty when nothing does; `off` is the largest distance of two elements that are not close, divided by
// the largest value where that is above 1; infinite where it is not a matter of distance.
struct Difference {
  std::string text;
  double off = std::numeric_limits<double>::infinity();
  bool empty() const { return text.empty(); }
};
// NaN and infinities must stand at the same places; denormals are zeros.
Difference Compare(const Tensor& got, const Tensor& want, Closeness closeness);

struct PackCounts {
  int cases = 0, passed = 0, gradients = 0, gradients_passed = 0, refused = 0;
};

struct PackReport {
  std::map<std::string, PackCounts> ops;
  std::vector<std::string> mismatches;  // "MatMul case_3 fed: output 0: …"
  int cases() const;
  int failed() const;   // cases with at least one mismatch that is not excepted
  std::string Table() const;
};

// A difference that is known and has a reason, see exceptions.txt.
struct Exception {
  std::string op;    // "*": any
  std::regex text;   // found in the mismatch
  double within;     // the largest distance that it excuses
};

struct PackOptions {
  std::vector<Exception> exceptions;
  bool verbose = false;
};

// Lines "Op|regular expression of the mismatch|largest distance or nothing|reason" of a file.
Result<std::vector<Exception>> ReadExceptions(const std::string& path);

// Runs all cases of a pack file and adds to the report. Errors: an unreadable or malformed pack.
Status RunPack(const std::string& path, const PackOptions& options, PackReport* report);

}  // namespace weir::testing
