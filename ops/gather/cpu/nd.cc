// Kernels of GatherNd and ScatterNd: slices at positions of several numbers. Scattered slices are added in the order of
// the updates; the work is cut along the slice, so that the order never depends on the number of threads.
#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/cpu/wide.h"

namespace weir {

namespace {

using namespace kernels;

// Positions in a tensor seen as [place, slice]: `count` rows of `depth` numbers, which name a place.
struct Positions {
  int64_t count = 0, depth = 0, slice = 0;
  Dims sizes, strides;  // of the first `depth` axes; strides in slices
  DType type = DType::kInvalid;
  Shape whole, index_shape;
  bool ignore = false;

  // The place that row i names, or -1.
  int64_t Place(const void* indices, int64_t i) const {
    int64_t place = 0;
    for (int64_t k = 0; k < depth; ++k) {
      int64_t at = IntegerAt(indices, type, i * depth + k);
      if (at < 0 || at >= sizes[static_cast<size_t>(k)]) return -1;
      place += at * strides[static_cast<size_t>(k)];
    }
    return place;
  }

  Status OutOfBounds(const void* indices, int64_t i) const {
    std::string text;
    for (int64_t k = 0; k < depth; ++k)
      text += (k ? ", " : "") + std::to_string(IntegerAt(indices, type, i * depth + k));
    Shape rows = Shape::Make(std::span(index_shape.dims()).first(static_cast<size_t>(index_shape.rank() - 1))).value();
    return OutOfRange(
        fmt::format("has indices{} = [{}], which is no position in {}", PositionText(rows, i), text, whole.ToString()));
  }
};

Result<Positions> ReadPositions(const PrepareContext& c, const Shape& whole, int index_input) {
  const Shape& indices = c.input_shape(index_input);
  if (indices.rank() == 0) return InvalidArgument("wants indices of rank 1 or more");
  Positions p;
  p.depth = indices[indices.rank() - 1];
  if (p.depth > whole.rank())
    return InvalidArgument(fmt::format("is given positions of {} numbers in {}", p.depth, whole.ToString()));
  std::string policy = c.attr<std::string>("bad_indices_policy");
  if (policy != "" && policy != "DEFAULT" && policy != "ERROR" && policy != "IGNORE")
    return InvalidArgument(fmt::format("has bad_indices_policy '{}'", policy));
  p.ignore = policy == "IGNORE";
  p.type = c.input_dtype(index_input);
  p.whole = whole;
  p.index_shape = indices;
  int depth = static_cast<int>(p.depth);
  WEIR_ASSIGN_OR_RETURN(Shape rows,
                        Shape::Make(std::span(indices.dims()).first(static_cast<size_t>(indices.rank() - 1))));
  WEIR_ASSIGN_OR_RETURN(Shape slice, Shape::Make(std::span(whole.dims()).subspan(static_cast<size_t>(depth))));
  p.count = rows.num_elements();
  p.slice = slice.num_elements();
  WEIR_ASSIGN_OR_RETURN(Shape place, Shape::Make(std::span(whole.dims()).first(static_cast<size_t>(depth))));
  p.sizes = place.dims();
  p.strides = RowMajorStrides(place);
  return p;
}

// indices.shape[:-1] + whole.shape[depth:]
Dims SlicesShape(const Positions& p) {
  Dims dims(p.index_shape.dims().begin(), p.index_shape.dims().end() - 1);
  dims.insert(dims.end(), p.whole.dims().begin() + p.depth, p.whole.dims().end());
  return dims;
}

Status PrepareGatherNd(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Positions p, ReadPositions(c, c.input_shape(0), 1));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, SlicesShape(p)));
  c.ParallelOver(p.count, 2 + double(p.depth) + MoveCost(c.output_dtype(0)) * double(p.slice));
  return ForElement(c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([p](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        int64_t place = p.Place(a.in<void>(1), i);
        T* out = a.out<T>(0) + i * p.slice;
        if (place >= 0) {
          std::copy_n(a.in<T>(0) + place * p.slice, p.slice, out);
        } else if (p.ignore) {
          std::fill_n(out, p.slice, T());
        } else {
          return a.Fail(p.OutOfBounds(a.in<void>(1), i));
        }
      }
    });
  });
}

template <class T>
inline void AddTo(T& sum, const T& x) {
  if constexpr (std::is_same_v<T, bool>) sum = sum || x;
  else if constexpr (std::is_same_v<T, std::string>) sum += x;
  else sum = Plus(sum, x);
}

Status PrepareScatterNd(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, c.ints(2)));
  WEIR_ASSIGN_OR_RETURN(Positions p, ReadPositions(c, c.output_shape(0), 0));
  WEIR_ASSIGN_OR_RETURN(Shape want, Shape::Make(SlicesShape(p)));
  if (!(want == c.input_shape(1))) {
    return InvalidArgument(fmt::format("cannot scatter updates {} by indices {} into shape {}",
                                       c.input_shape(1).ToString(), p.index_shape.ToString(), p.whole.ToString()))
        .Detail(fmt::format("updates of shape {} would fit", want.ToString()));
  }
  WEIR_RETURN_IF_ERROR(FillBefore(c, 0));
  c.ParallelOver(p.slice, 0.3 * double(p.count));
  return c.ForType(NumberAndBoolTypes() + ObjectTypes(), c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([p](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t i = 0; i < p.count; ++i) {
        int64_t place = p.Place(a.in<void>(0), i);
        if (place < 0 && p.ignore) continue;
        if (place < 0) return a.Fail(p.OutOfBounds(a.in<void>(0), i));
        T* out = a.out<T>(0) + place * p.slice;
        const T* update = a.in<T>(1) + i * p.slice;
        for (int64_t k = begin; k < end; ++k) AddTo(out[k], update[k]);
      }
    });
  });
}

}  // namespace

void RegisterGatherNdKernels(KernelRegistry& r) {
  r.Add("GatherNd", PrepareGatherNd);
  r.Add("ScatterNd", PrepareScatterNd).NeedsValue({2});
}

}  // namespace weir
