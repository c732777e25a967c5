// Element-wise ops on strings. The output may not be an input's memory: strings are objects, not bytes to be moved.
#include "weir/ops/math/cpu/strings.h"

#include <map>
#include <string>
#include <utility>

#include "weir/runtime/cpu/lanes.h"

namespace weir {
namespace {

// Element i of the output from elements at[k] of the operands.
using StringLane = void (*)(RunArgs& a, int64_t i, const int64_t* at);

const std::string& Operand(RunArgs& a, int k, const int64_t* at) { return a.in<std::string>(k)[at[k]]; }

bool Same(RunArgs& a, const int64_t* at) { return Operand(a, 0, at) == Operand(a, 1, at); }
void Join(RunArgs& a, int64_t i, const int64_t* at) {
  std::string joined = Operand(a, 0, at) + Operand(a, 1, at);
  a.out<std::string>(0)[i] = std::move(joined);
}
void Choose(RunArgs& a, int64_t i, const int64_t* at) {
  a.out<std::string>(0)[i] = Operand(a, a.in<uint8_t>(0)[at[0]] != 0 ? 1 : 2, at);
}

// Of the op; null where it takes no strings.
StringLane LaneOf(std::string_view op) {
  static const std::map<std::string_view, StringLane> kLanes = {
      {"Add", Join},
      {"Equal", [](RunArgs& a, int64_t i, const int64_t* at) { a.out<bool>(0)[i] = Same(a, at); }},
      {"NotEqual", [](RunArgs& a, int64_t i, const int64_t* at) { a.out<bool>(0)[i] = !Same(a, at); }},
      {"Select", Choose},
      {"SelectV2", Choose},
      {"Cast", [](RunArgs& a, int64_t i, const int64_t* at) { a.out<std::string>(0)[i] = Operand(a, 0, at); }},
  };
  const auto lane = kLanes.find(op);
  return lane == kLanes.end() ? nullptr : lane->second;
}

}  // namespace

Status PrepareStringLanes(PrepareContext& c, std::string_view op, const std::vector<Shape>& shapes) {
  const StringLane compute = LaneOf(op);
  if (!compute) return c.NoKernelFor(kString);
  std::vector<int64_t> sizes(shapes.size(), sizeof(std::string));
  ElementwisePlan plan(c.output_shape(0), shapes, sizes, 0);
  c.ParallelOver(plan.units(), 20.0 * static_cast<double>(plan.unit_elements()));
  c.SetRun([plan = std::move(plan), compute](RunArgs& a) {
    auto [begin, end] = a.Range();
    plan.ForEach(begin, end, [&](int64_t i, const int64_t* at) { compute(a, i, at); });
  });
  return {};
}

}  // namespace weir
