// Building functions of the ops that compute with strings.
#pragma once

#include "weir/graph/builder.h"

namespace weir::ops {

// String tensors of one shape (or scalars) joined element by element.
inline Output StringJoin(InputList inputs, const std::string& separator = "", const Name& name = {}) {
  return Make("StringJoin", std::move(inputs), {{"separator", separator}}, name);
}

struct AsStringOptions {
  int64_t precision = -1;                       // digits after the point, floats only; -1: six
  bool scientific = false, shortest = false;    // as %e, as %g
  int64_t width = -1;                           // at least so many characters
  std::string fill = {};                        // "0", " ", "-" (to the left) or "+"
  std::string name = {};
};
// Each element as text. Numbers, bool, string.
inline Output AsString(Input input, const AsStringOptions& o = {}) {
  return Make("AsString", {input},
              {{"precision", o.precision}, {"scientific", o.scientific}, {"shortest", o.shortest}, {"width", o.width}, {"fill", o.fill}}, {.name = o.name});
}

// The number that each string spells: float, double, int32, int64, uint32 or uint64. An error for one that spells none.
inline Output StringToNumber(Input string_tensor, DType out_type = kFloat, const Name& name = {}) {
  return Make("StringToNumber", {string_tensor}, {{"out_type", out_type}}, name);
}

}  // namespace weir::ops
