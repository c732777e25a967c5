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
              {{"precision", o.precision},
               {"scientific", o.scientific},
               {"shortest", o.shortest},
               {"width", o.width},
               {"fill", o.fill}},
              {.name = o.name});
}

// The number that each string spells: float, double, int32, int64, uint32 or uint64. An error for one that spells none.
inline Output StringToNumber(Input string_tensor, DType out_type = kFloat, const Name& name = {}) {
  return Make("StringToNumber", {string_tensor}, {{"out_type", out_type}}, name);
}

// Whether all of each string is a match of `pattern`, a regular expression of RE2's syntax. Of the input's shape, bool.
inline Output RegexFullMatch(Input input, const std::string& pattern, const Name& name = {}) {
  return Make("StaticRegexFullMatch", {input}, {{"pattern", pattern}}, name);
}

// Each string with the matches of `pattern` (all, or the first) replaced by `rewrite`: \0 is the match, \1 to \9 its
// groups.
inline Output RegexReplace(Input input, const std::string& pattern, const std::string& rewrite,
                           bool replace_global = true, const Name& name = {}) {
  return Make("StaticRegexReplace", {input},
              {{"pattern", pattern}, {"rewrite", rewrite}, {"replace_global", replace_global}}, name);
}

}  // namespace weir::ops
