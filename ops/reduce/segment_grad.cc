// Gradients of segment products: what comes to a row's segment times the product of the segment's other rows, which is
// that of the rows before it times that of the rows behind it. Nothing is divided by, so that zeros are like other
// numbers.
//
// Rows are brought in the order of their ids. Then products within segments are found by doubling: after round k a row
// has the product of up to 2^k rows of its segment.
#include <algorithm>

#include "weir/ops/reduce/internal.h"

namespace weir {
namespace {

// The rows of the data as a matrix, and their ids as a column; sizes where they are known.
struct Rows {
  Output data, ids;
  Dim count = kUnknownDim;
};

// Row j is row j - by; zeros in front.
Output Behind(const Output& x, int32_t by) {
  Output count = Make("StridedSlice", {Make("Shape", {x}), {0}, {1}, {1}});
  Output step = Make("Minimum", {count, {by}});
  Output rest = Make("Slice", {x, {0, 0}, Make("ConcatV2", {Make("Sub", {count, step}), {-1}, 0}, {{"N", 2}})});
  Output front = Make("Pack", {Make("ConcatV2", {step, {0}, 0}, {{"N", 2}}), {0, 0}}, {{"N", 2}});
  return Make("Pad", {rest, front});
}

// For each row the product of the rows before it that have its id. Ids are not 0 where that matters.
Output ProductsBefore(const Rows& r) {
  constexpr int kMaxRounds = 31;
  Output ones = Make("OnesLike", {r.data}), products = r.data;
  auto within = [&](const Output& x, int32_t by) {
    return Make("SelectV2", {Make("Equal", {r.ids, Behind(r.ids, by)}), Behind(x, by), ones});
  };
  for (int round = 0; round < kMaxRounds && (!Known(r.count) || (int64_t{1} << round) < r.count); ++round) {
    products = Make("Mul", {products, within(products, int32_t{1} << round)});
  }
  return within(products, 1);
}

Output ProductsOfOthers(const Rows& r) {
  auto reversed = [](const Output& x) { return Make("ReverseV2", {x, {0}}); };
  return Make("Mul", {ProductsBefore(r), reversed(ProductsBefore({reversed(r.data), reversed(r.ids), r.count}))});
}

Rows RowsOf(GradContext& c) {
  Output ids = Make("Reshape", {Make("Cast", {c.input(1)}, {{"DstT", kInt64}}), {-1, 1}});
  Output rows = Make("Size", {c.input(1)}), data = c.input(0);
  Output rest = Make("Slice", {Make("Shape", {data}), Make("Reshape", {Make("Rank", {c.input(1)}), {1}}), {-1}});
  Rows r;
  r.data = Make("Reshape", {data, Make("Pack", {rows, Make("Prod", {rest, {0}})}, {{"N", 2}})});
  // From 1 on, so that rows and the zeros in front of them differ; dropped rows may be like these.
  r.ids = Make("AddV2", {ids, int64_t{1}});
  const PartialShape& shape = c.input(1).shape();
  if (auto known = shape.ToShape()) r.count = known->num_elements();
  return r;
}

void SetProduct(GradContext& c, const Output& others, const Output& rows) {
  c.set(0, Make("Mul", {rows, Make("Reshape", {others, Make("Shape", {c.input(0)})})}));
}

}  // namespace

Status SegmentProdGrad(GradContext& c) {
  SetProduct(c, ProductsOfOthers(RowsOf(c)), Make("GatherV2", {c.grad(), c.input(1), 0}));
  return {};
}

Status UnsortedSegmentProdGrad(GradContext& c) {
  Rows r = RowsOf(c);
  Output keys = Make("Neg", {Make("Reshape", {r.ids, {-1}})});
  std::vector<Output> order = MakeAll("TopKV2", {keys, Make("Size", {keys})});
  if (order.size() != 2) return {};  // the builder holds the error
  auto permuted = [](const Output& x, const Output& to) { return Make("GatherV2", {x, to, 0}); };
  Output others = ProductsOfOthers({permuted(r.data, order[1]), permuted(r.ids, order[1]), r.count});
  SetProduct(c, permuted(others, Make("InvertPermutation", {order[1]})), SegmentRows(c));
  return {};
}

}  // namespace weir
