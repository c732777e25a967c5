// What ops that compute one element of each text share.
#pragma once

#include <string>

#include "weir/runtime/kernel.h"

namespace weir {

// Output 0 has for each text of input 0 what `f(text, &element)` makes of it; a Status that is not ok fails the run.
template <class T, class F>
Status SetTextMap(PrepareContext& c, F f) {
  constexpr double kNanos = 60;  // short texts
  c.set_output_shape(0, c.input_shape(0));
  c.ParallelOver(c.input_shape(0).num_elements(), kNanos);
  c.SetRun([f](RunArgs& a) {
    auto [begin, end] = a.Range();
    for (int64_t i = begin; i < end; ++i) {
      Status s = f(a.in<std::string>(0)[i], a.out<T>(0) + i);
      if (!s.ok()) return a.Fail(std::move(s));
    }
  });
  return {};
}

}  // namespace weir
