// Kernels about shapes: those that give a tensor another shape (views), and those that compute with shapes, small
// integer vectors that are mostly known when the kernel is prepared.
#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/base/slicing.h"
#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

// ---- the same elements in another shape

// The product of the sizes that `counts` admits.
template <class F>
Result<int64_t> ProductWhere(const Dims& dims, F counts) {
  int64_t product = 1;
  for (int64_t d : dims) {
    if (counts(d) && !CheckedMul(product, d, &product))
      return InvalidArgument("has a shape whose elements cannot be counted");
  }
  return product;
}

// The size that -1 stands for. In an empty shape it is found as if the axes of size 0 were not there, as TensorFlow
// does.
Result<int64_t> OpenSize(const Shape& from, const Dims& to) {
  bool zero = std::find(to.begin(), to.end(), 0) != to.end();
  WEIR_ASSIGN_OR_RETURN(int64_t taken, ProductWhere(to, [](int64_t d) { return d > 0; }));
  if (zero) {
    WEIR_ASSIGN_OR_RETURN(int64_t rows, ProductWhere(from.dims(), [](int64_t d) { return d > 0; }));
    return rows / taken;
  }
  int64_t n = from.num_elements();
  if (n % taken != 0) {
    return InvalidArgument(fmt::format("cannot reshape {} to {}", from.ToString(), PartialShape(to).ToString()))
        .Detail(fmt::format("{} elements cannot be cut into rows of {}", n, taken));
  }
  return n / taken;
}

Status PrepareReshape(PrepareContext& c) {
  Dims dims = c.ints(1);
  int64_t open = -1;
  if (c.input_shape(1).rank() != 1) {
    return InvalidArgument(fmt::format("wants a vector for 'shape', not {}", c.input_shape(1).ToString()));
  }
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] < -1 || (dims[i] == -1 && open >= 0)) {
      return InvalidArgument(fmt::format("has the size {} at position {} of 'shape'", dims[i], i));
    }
    if (dims[i] == -1) open = static_cast<int64_t>(i);
  }
  if (open >= 0) {
    WEIR_ASSIGN_OR_RETURN(dims[static_cast<size_t>(open)], OpenSize(c.input_shape(0), dims));
  }
  return SetViewDims(c, dims);
}

Status PrepareExpandDims(PrepareContext& c) {
  std::vector<int64_t> axis = c.ints(1);
  if (axis.size() != 1) return InvalidArgument(fmt::format("wants one axis in 'dim', not {}", axis.size()));
  WEIR_ASSIGN_OR_RETURN(int at, CheckedAxis(axis[0], c.input_shape(0).rank() + 1));
  Dims dims = c.input_shape(0).dims();
  dims.insert(dims.begin() + at, 1);
  return SetViewDims(c, dims);
}

Status PrepareEnsureShape(PrepareContext& c) {
  const PartialShape want = c.attr<PartialShape>("shape");
  if (!want.Admits(c.input_shape(0))) {
    return InvalidArgument(
        fmt::format("is given shape {}, which is not of shape {}", c.input_shape(0).ToString(), want.ToString()));
  }
  c.set_output_shape(0, c.input_shape(0));
  return {};
}

Status PrepareSqueeze(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  auto axes = c.attr<AttrList>("squeeze_dims").i;
  std::vector<bool> drop(static_cast<size_t>(s.rank()), false);
  for (int64_t a : axes) {
    WEIR_ASSIGN_OR_RETURN(int axis, CheckedAxis(a, s.rank(), "squeeze_dims"));
    if (s[axis] != 1) return InvalidArgument(fmt::format("cannot squeeze axis {} of {}", axis, s.ToString()));
    drop[static_cast<size_t>(axis)] = true;
  }
  Dims dims;
  for (int i = 0; i < s.rank(); ++i) {
    if (axes.empty() ? s[i] != 1 : !drop[static_cast<size_t>(i)]) dims.push_back(s[i]);
  }
  return SetViewDims(c, dims);
}

// ---- computing with shapes

using IntLists = std::vector<std::vector<int64_t>>;

// Output i is values[i], whose shape is set already.
Status SetIntOutputs(PrepareContext& c, IntLists values) {
  return c.ForType(IndexTypes(), c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([values = std::move(values)](RunArgs& a) {
      for (size_t i = 0; i < values.size(); ++i) {
        std::transform(values[i].begin(), values[i].end(), a.out<T>(static_cast<int>(i)),
                       [](int64_t v) { return static_cast<T>(v); });
      }
    });
  });
}

Status SetIntVectors(PrepareContext& c, IntLists values) {
  for (size_t i = 0; i < values.size(); ++i) {
    c.set_output_shape(static_cast<int>(i), Shape({static_cast<int64_t>(values[i].size())}));
  }
  return SetIntOutputs(c, std::move(values));
}

Status CheckFitsInt32(const PrepareContext& c, int64_t size) {
  if (c.output_dtype(0) != kInt32 || size <= INT32_MAX) return {};
  return InvalidArgument(fmt::format("has a size of {}, too large for out_type int32", size));
}

Status PrepareShapeN(PrepareContext& c) {
  IntLists shapes;
  for (int i = 0; i < c.num_inputs(); ++i) {
    shapes.push_back(c.input_shape(i).dims());
    for (int64_t d : shapes.back()) WEIR_RETURN_IF_ERROR(CheckFitsInt32(c, d));
  }
  return SetIntVectors(c, std::move(shapes));
}

Status PrepareRank(PrepareContext& c) {
  c.set_output_shape(0, Shape());
  return SetIntOutputs(c, {{c.input_shape(0).rank()}});
}

Status PrepareSize(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckFitsInt32(c, c.input_shape(0).num_elements()));
  c.set_output_shape(0, Shape());
  return SetIntOutputs(c, {{c.input_shape(0).num_elements()}});
}

Status PrepareBroadcastArgs(PrepareContext& c) {
  std::vector<int64_t> a = c.ints(0), b = c.ints(1);
  WEIR_RETURN_IF_ERROR(RepeatedAxes(a, b).status());
  if (a.size() < b.size()) std::swap(a, b);
  for (size_t i = 1; i <= b.size(); ++i) {
    int64_t& d = a[a.size() - i];
    if (d == 1) d = b[b.size() - i];
  }
  return SetIntVectors(c, {std::move(a)});
}

Status PrepareBroadcastGradientArgs(PrepareContext& c) {
  for (int i : {0, 1}) {
    if (c.input_shape(i).rank() != 1)
      return InvalidArgument(fmt::format("wants vectors, not shape {}", c.input_shape(i).ToString()));
  }
  WEIR_ASSIGN_OR_RETURN(auto axes, RepeatedAxes(c.ints(0), c.ints(1)));
  if (!axes) return InvalidArgument("is given a negative size");
  return SetIntVectors(c, {axes->first, axes->second});
}

Status PrepareConcatOffset(PrepareContext& c) {
  std::vector<int64_t> axis = c.ints(0);
  int64_t rank = c.input_shape(1).num_elements();
  if (axis.size() != 1) return InvalidArgument("wants a scalar 'concat_dim'");
  if (rank > kMaxRank) return InvalidArgument(fmt::format("has shapes of {} axes", rank));
  WEIR_ASSIGN_OR_RETURN(int at, CheckedAxis(axis[0], static_cast<int>(rank), "concat_dim"));
  std::vector<int64_t> first = c.ints(1);
  IntLists offsets;
  int64_t sum = 0;
  for (int i = 1; i < c.num_inputs(); ++i) {
    std::vector<int64_t> shape = c.ints(i);
    if (shape.size() != first.size()) return InvalidArgument("has shapes of different ranks to concatenate");
    for (size_t k = 0; k < shape.size(); ++k) {
      if (k != static_cast<size_t>(at) && shape[k] != first[k]) {
        return InvalidArgument(
            fmt::format("cannot concatenate shapes that differ in axis {}: {} and {}", k, first[k], shape[k]));
      }
    }
    offsets.emplace_back(first.size(), 0);
    offsets.back()[static_cast<size_t>(at)] = sum;
    if (!CheckedAdd(sum, shape[static_cast<size_t>(at)], &sum)) return InvalidArgument("has sizes whose sum overflows");
  }
  return SetIntVectors(c, std::move(offsets));
}

Status PrepareInvertPermutation(PrepareContext& c) {
  if (c.input_shape(0).rank() != 1)
    return InvalidArgument(fmt::format("wants a vector, not shape {}", c.input_shape(0).ToString()));
  c.set_output_shape(0, c.input_shape(0));
  int64_t n = c.input_shape(0).num_elements();
  return c.ForType(IndexTypes(), c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([n](RunArgs& a) {
      const T* x = a.in<T>(0);
      T* y = a.out<T>(0);
      std::fill_n(y, n, T(-1));
      for (int64_t i = 0; i < n; ++i) {
        if (x[i] < 0 || x[i] >= n || y[x[i]] >= 0) {
          return a.Fail(InvalidArgument(
              fmt::format("is given {} at position {}, which makes no permutation of {} elements", x[i], i, n)));
        }
        y[x[i]] = static_cast<T>(i);
      }
    });
  });
}

}  // namespace

void RegisterArrayShapeKernels(KernelRegistry& r) {
  r.Add("Reshape", PrepareReshape).NeedsValue({1}).View(0, 0);
  r.Add("ExpandDims", PrepareExpandDims).NeedsValue({1}).View(0, 0);
  r.Add("Squeeze", PrepareSqueeze).View(0, 0);
  r.Add("EnsureShape", PrepareEnsureShape).View(0, 0);
  r.Add("Shape", PrepareShapeN);
  r.Add("ShapeN", PrepareShapeN);
  r.Add("Rank", PrepareRank);
  r.Add("Size", PrepareSize);
  r.Add("BroadcastArgs", PrepareBroadcastArgs).NeedsValue({0, 1});
  r.Add("BroadcastGradientArgs", PrepareBroadcastGradientArgs).NeedsValue({0, 1});
  r.Add("ConcatOffset", PrepareConcatOffset).NeedsValueFrom(0);
  r.Add("InvertPermutation", PrepareInvertPermutation);
}

}  // namespace weir
