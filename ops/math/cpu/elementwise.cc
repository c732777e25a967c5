// Kernels of the element-wise ops. One Prepare serves them all: the op's lane function (runtime/cpu/lanes.h) over
// operands that broadcast. Strings (strings.h), AddN and Cast's attribute have their own.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weir/ops/math/cpu/strings.h"
#include "weir/runtime/cpu/lanes.h"
#include "weir/runtime/cpu/lists.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

Status CheckBroadcast(const PrepareContext& c, const std::vector<Shape>& shapes) {
  for (const Shape& s : shapes) {
    if (!ElementwisePlan::Broadcasts(s, c.output_shape(0))) {
      return InvalidArgument(
          fmt::format("cannot broadcast an input of shape {} to {}", s.ToString(), c.output_shape(0).ToString()));
    }
  }
  return {};
}

// The inputs' shapes as the walk sees them. What has as many elements as the output is read in its order, whatever its
// shape: that is all that the gradients of unary ops ask of their two operands.
std::vector<Shape> Operands(const PrepareContext& c) {
  std::vector<Shape> shapes;
  const Shape& out = c.output_shape(0);
  for (int i = 0; i < c.num_inputs(); ++i) {
    const bool whole = c.input_shape(i).num_elements() == out.num_elements();
    shapes.push_back(whole ? out : c.input_shape(i));
  }
  return shapes;
}

// The lane function of `op` for the node's dtypes.
const LaneFn* FindLanes(const PrepareContext& c, std::string_view op) {
  std::vector<DType> operands;
  for (int i = 0; i < c.num_inputs(); ++i) operands.push_back(c.input_dtype(i));
  return FindLaneFn(op, operands, c.output_dtype(0));
}

// Runs `fn` over operands of these shapes.
Status RunLanes(PrepareContext& c, const LaneFn& fn, const std::vector<Shape>& shapes, LaneParams params) {
  WEIR_RETURN_IF_ERROR(CheckBroadcast(c, shapes));
  std::vector<int64_t> sizes;
  for (int i = 0; i < c.num_inputs(); ++i) sizes.push_back(static_cast<int64_t>(SizeOf(c.input_dtype(i))));
  ElementwisePlan plan(c.output_shape(0), shapes, sizes, static_cast<int64_t>(SizeOf(c.output_dtype(0))));
  c.ParallelOver(plan.units(), fn.ns * static_cast<double>(plan.unit_elements()));
  if (plan.whole() && !fn.find_bad && fn.small_in == DType::kInvalid && fn.small_out == DType::kInvalid) {
    // The plain case apart, with all it needs in one cache line: for tensors of a few elements that is most of the
    // time.
    struct {
      LaneCall call;
      LaneParams params;
      int8_t arity, out_size, in_size[kMaxLaneArity];
      int64_t n;
    } plain{fn.call,
            params,
            static_cast<int8_t>(fn.arity),
            static_cast<int8_t>(SizeOf(c.output_dtype(0))),
            {},
            c.output_shape(0).num_elements()};
    for (int k = 0; k < fn.arity; ++k) plain.in_size[k] = static_cast<int8_t>(sizes[k]);
    c.SetRun([plain](RunArgs& a) {
      const void* in[kMaxLaneArity];
      auto [begin, end] = a.Range();
      if (begin == end) return;
      for (int k = 0; k < plain.arity; ++k) in[k] = a.in<char>(k) + begin * plain.in_size[k];
      plain.call(in, a.out<char>(0) + begin * plain.out_size, end - begin, plain.params);
    });
    return {};
  }
  c.SetRun([fn, params, plan = std::move(plan)](RunArgs& a) {
    const void* in[kMaxLaneArity] = {};
    for (int k = 0; k < fn.arity; ++k) in[k] = a.in<char>(k);
    auto [begin, end] = a.Range();
    int64_t bad = plan.Run(fn, params, in, a.out<char>(0), begin, end);
    if (bad >= 0)
      a.Fail(InvalidArgument(fmt::format("fails: {}", fn.bad_message))
                 .Detail(fmt::format("at element {} of the output", bad)));
  });
  return {};
}

// Shapes for Select of TensorFlow 1: a vector condition chooses rows.
Result<std::vector<Shape>> SelectOperands(const PrepareContext& c) {
  std::vector<Shape> shapes = {c.input_shape(0), c.input_shape(1), c.input_shape(2)};
  const Shape &condition = shapes[0], &t = shapes[1];
  if (!(shapes[2] == t)) {
    return InvalidArgument(
        fmt::format("needs 't' and 'e' of one shape, not {} and {}", t.ToString(), shapes[2].ToString()));
  }
  if (condition == t || condition.rank() == 0) return shapes;
  if (condition.rank() != 1 || t.rank() < 1 || condition[0] != t[0]) {
    return InvalidArgument(fmt::format("cannot choose from tensors of shape {} by a condition of shape {}",
                                       t.ToString(), condition.ToString()))
        .Help(
            "the condition is a scalar, or has the tensors' shape, or is a vector of as many elements as they have "
            "rows");
  }
  Dims rows(t.rank(), 1);
  rows[0] = t[0];
  WEIR_ASSIGN_OR_RETURN(shapes[0], Shape::Make(rows));
  return shapes;
}

// Operands of these shapes, and the op's attribute if it has one.
Status PrepareLanes(PrepareContext& c, const std::string& op, const std::vector<Shape>& shapes) {
  const DType t = c.input_dtype(c.num_inputs() - 1);  // the first may be a condition
  if (t == kString) {
    WEIR_RETURN_IF_ERROR(CheckBroadcast(c, shapes));
    return PrepareStringLanes(c, op, shapes);
  }
  const LaneFn* fn = FindLanes(c, op);
  if (!fn) return c.NoKernelFor(t);
  LaneParams params;
  if (c.attrs().count("alpha")) params.a = c.attr<float>("alpha");
  if (c.attrs().count("tolerance")) params.a = c.attr<float>("tolerance");
  return RunLanes(c, *fn, shapes, params);
}

Status PrepareSelect(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Shape> shapes, SelectOperands(c));
  return PrepareLanes(c, "Select", shapes);
}

// Equal and NotEqual. With incompatible_shape_error = false shapes that do not broadcast are simply not equal.
Status PrepareEqual(PrepareContext& c, const char* op, bool of_other_shapes) {
  const Shape &x = c.input_shape(0), &y = c.input_shape(1);
  bool broadcast = true;
  for (int a = 1; a <= std::min(x.rank(), y.rank()); ++a) {
    const int64_t m = x[x.rank() - a], n = y[y.rank() - a];
    broadcast = broadcast && (m == n || m == 1 || n == 1);
  }
  if (broadcast || c.attr<bool>("incompatible_shape_error")) return PrepareLanes(c, op, Operands(c));
  c.set_output_shape(0, Shape());
  c.SetRun([of_other_shapes](RunArgs& a) { *a.out<bool>(0) = of_other_shapes; });
  return {};
}

Status PrepareClip(PrepareContext& c) {
  const LaneFn* fn = FindLanes(c, "ClipByValue");
  if (!fn) return c.NoKernelFor(c.input_dtype(0));
  const std::vector<Shape> shapes = {c.input_shape(0), c.input_shape(1), c.input_shape(2)};
  for (int i : {1, 2}) {
    if (shapes[i].rank() != 0 && !(shapes[i] == shapes[0])) {
      return InvalidArgument(fmt::format("needs limits that are scalars or have the input's shape {}, not {}",
                                         shapes[0].ToString(), shapes[i].ToString()));
    }
  }
  return RunLanes(c, *fn, shapes, {});
}

Status PrepareCast(PrepareContext& c) {
  if (c.input_dtype(0) == kString && c.output_dtype(0) == kString) return PrepareStringLanes(c, "Cast", Operands(c));
  const LaneFn* fn = FindCastLane(c.input_dtype(0), c.output_dtype(0), c.attr<bool>("Truncate"));
  if (!fn) return c.NoKernelFor(FindCastLane(c.input_dtype(0), kFloat, false) ? c.output_dtype(0) : c.input_dtype(0));
  return RunLanes(c, *fn, Operands(c), {});
}

// The sum in the order of the inputs, tile by tile, so that only the output is written. half and bfloat16 are summed in
// float and rounded once.
void SumTiles(const LaneFn& add, DType small, int64_t size, RunArgs& a, int64_t begin, int64_t end) {
  alignas(64) float sum[kLaneTile], term[kLaneTile];
  for (int64_t i = begin; i < end; i += kLaneTile) {
    const int64_t n = std::min(kLaneTile, end - i);
    char* out = a.out<char>(0) + i * size;
    auto at = [&](int k) -> const void* { return a.in<char>(k) + i * size; };
    if (small == DType::kInvalid) {
      const void* partial = at(0);
      if (a.num_inputs == 1) std::memmove(out, partial, n * size);
      for (int k = 1; k < a.num_inputs; ++k, partial = out) {
        const void* in[] = {partial, at(k)};
        add.call(in, out, n, {});
      }
      continue;
    }
    SmallToFloat(small, at(0), sum, n);
    for (int k = 1; k < a.num_inputs; ++k) {
      SmallToFloat(small, at(k), term, n);
      const void* in[] = {sum, term};
      add.call(in, sum, n, {});
    }
    FloatToSmall(small, sum, out, n);
  }
}

// List by list, item by item.
Status PrepareAddLists(PrepareContext& c) {
  c.set_output_shape(0, c.input_shape(0));
  c.SetRun([n = c.input_shape(0).num_elements(), inputs = c.num_inputs()](RunArgs& a) {
    for (int64_t i = 0; i < n; ++i) {
      Result<TensorList> sum = a.in<TensorList>(0)[i];
      for (int k = 1; sum.ok() && k < inputs; ++k) sum = kernels::Sum(*sum, a.in<TensorList>(k)[i]);
      if (!sum.ok()) return a.Fail(sum.status());
      a.out<TensorList>(0)[i] = std::move(*sum);
    }
  });
  return {};
}

Status PrepareAddN(PrepareContext& c) {
  const DType t = c.input_dtype(0);
  const LaneFn* add = FindLaneFn("AddV2", {t, t}, t);
  if (!add && t != kVariant) return c.NoKernelFor(t);
  for (int i = 1; i < c.num_inputs(); ++i) {
    if (!(c.input_shape(i) == c.input_shape(0))) {
      return InvalidArgument(fmt::format("needs inputs of one shape: input 0 has {}, input {} has {}",
                                         c.input_shape(0).ToString(), i, c.input_shape(i).ToString()));
    }
  }
  if (!add) return PrepareAddLists(c);
  const int64_t n = c.input_shape(0).num_elements(), size = static_cast<int64_t>(SizeOf(t));
  c.ParallelOver(n, add->ns * std::max(1, c.num_inputs() - 1));
  c.SetRun([add, size](RunArgs& a) {
    auto [begin, end] = a.Range();
    SumTiles(*add, add->small_in, size, a, begin, end);
  });
  return {};
}

}  // namespace

void RegisterElementwiseKernels(KernelRegistry& r) {
  // Those that do more than walk over operands that broadcast.
  const std::map<std::string, PrepareFn, std::less<>> own = {
      {"ClipByValue", PrepareClip},
      {"Select", PrepareSelect},
      {"Equal", [](PrepareContext& c) { return PrepareEqual(c, "Equal", false); }},
      {"NotEqual", [](PrepareContext& c) { return PrepareEqual(c, "NotEqual", true); }},
  };
  for (const auto& [name, lanes] : LaneOps()) {
    auto it = own.find(name);
    KernelDef& kernel =
        it != own.end() ? r.Add(name, it->second)
                        : r.Add(name, [op = name](PrepareContext& c) { return PrepareLanes(c, op, Operands(c)); });
    // The result takes the memory of an operand that has its dtype: not of a condition, nor that of a test.
    if (lanes->result != lanes->operand) continue;
    for (int i = lanes->chooses; i < lanes->arity; ++i) kernel.InPlace(0, i);
  }
  r.Add("Cast", PrepareCast).InPlace(0, 0);
  r.Add("AddN", PrepareAddN).InPlace(0, 0);
}

}  // namespace weir
