// Element-wise ops on strings. The output may not be an input's memory: strings are objects, not bytes to be moved.
#include "weir/ops/math/cpu/strings.h"

#include <string>
#include <utility>

#include "weir/runtime/cpu/lanes.h"

namespace weir {
namespace {

template <class F>
void Run(PrepareContext& c, const std::vector<Shape>& shapes, F compute) {
  std::vector<int64_t> sizes(shapes.size(), sizeof(std::string));
  ElementwisePlan plan(c.output_shape(0), shapes, sizes, 0);
  c.ParallelOver(plan.units(), 20.0 * static_cast<double>(plan.unit_elements()));
  c.SetRun([plan = std::move(plan), compute](RunArgs& a) {
    auto [begin, end] = a.Range();
    plan.ForEach(begin, end, [&](int64_t i, const int64_t* at) { compute(a, i, at); });
  });
}

}  // namespace

Status PrepareStringLanes(PrepareContext& c, std::string_view op, const std::vector<Shape>& shapes) {
  if (op == "Add") {
    Run(c, shapes, [](RunArgs& a, int64_t i, const int64_t* at) {
      std::string joined = a.in<std::string>(0)[at[0]] + a.in<std::string>(1)[at[1]];
      a.out<std::string>(0)[i] = std::move(joined);
    });
  } else if (op == "Equal" || op == "NotEqual") {
    Run(c, shapes, [equal = op == "Equal"](RunArgs& a, int64_t i, const int64_t* at) {
      a.out<bool>(0)[i] = (a.in<std::string>(0)[at[0]] == a.in<std::string>(1)[at[1]]) == equal;
    });
  } else if (op == "Select" || op == "SelectV2") {
    Run(c, shapes, [](RunArgs& a, int64_t i, const int64_t* at) {
      a.out<std::string>(0)[i] =
          a.in<uint8_t>(0)[at[0]] != 0 ? a.in<std::string>(1)[at[1]] : a.in<std::string>(2)[at[2]];
    });
  } else if (op == "Cast") {  // to strings: nothing changes
    Run(c, shapes,
        [](RunArgs& a, int64_t i, const int64_t* at) { a.out<std::string>(0)[i] = a.in<std::string>(0)[at[0]]; });
  } else {
    return c.NoKernelFor(kString);
  }
  return {};
}

}  // namespace weir
