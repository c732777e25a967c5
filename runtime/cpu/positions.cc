// Reading, checking and numbering positions of several numbers.
#include "weir/runtime/cpu/positions.h"

#include <fmt/format.h>

#include "weir/runtime/cpu/scatter.h"

namespace weir::kernels {

int64_t Positions::Place(const void* indices, int64_t i) const {
  int64_t place = 0;
  for (int64_t k = 0; k < depth; ++k) {
    int64_t at = IntegerAt(indices, type, i * depth + k);
    if (at < 0 || at >= sizes[static_cast<size_t>(k)]) return -1;
    place += at * strides[static_cast<size_t>(k)];
  }
  return place;
}

Status Positions::OutOfBounds(const void* indices, int64_t i) const {
  std::string text;
  for (int64_t k = 0; k < depth; ++k) text += (k ? ", " : "") + std::to_string(IntegerAt(indices, type, i * depth + k));
  Shape rows = Shape::Make(std::span(index_shape.dims()).first(static_cast<size_t>(index_shape.rank() - 1))).value();
  return OutOfRange(
      fmt::format("has indices{} = [{}], which is no position in {}", PositionText(rows, i), text, whole.ToString()));
}

Dims Positions::SlicesShape() const {
  Dims dims(index_shape.dims().begin(), index_shape.dims().end() - 1);
  dims.insert(dims.end(), whole.dims().begin() + depth, whole.dims().end());
  return dims;
}

Result<Positions> PositionsIn(const Shape& whole, const Shape& indices, DType type) {
  if (indices.rank() == 0) return InvalidArgument("wants indices of rank 1 or more");
  Positions p;
  p.depth = indices[indices.rank() - 1];
  if (p.depth > whole.rank())
    return InvalidArgument(fmt::format("is given positions of {} numbers in {}", p.depth, whole.ToString()));
  p.type = type;
  p.whole = whole;
  p.index_shape = indices;
  int depth = static_cast<int>(p.depth);
  WEIR_ASSIGN_OR_RETURN(Shape rows,
                        Shape::Make(std::span(indices.dims()).first(static_cast<size_t>(indices.rank() - 1))));
  WEIR_ASSIGN_OR_RETURN(Shape slice, Shape::Make(std::span(whole.dims()).subspan(static_cast<size_t>(depth))));
  // Positions of no numbers in what has no elements: there may be any number, and nothing to do.
  p.count = indices.num_elements() == 0 && whole.num_elements() == 0 ? 0 : rows.num_elements();
  p.slice = slice.num_elements();
  WEIR_ASSIGN_OR_RETURN(Shape place, Shape::Make(std::span(whole.dims()).first(static_cast<size_t>(depth))));
  p.sizes = place.dims();
  p.strides = RowMajorStrides(place);
  return p;
}

Result<Positions> ReadPositions(const PrepareContext& c, const Shape& whole, int index_input) {
  WEIR_ASSIGN_OR_RETURN(Positions p, PositionsIn(whole, c.input_shape(index_input), c.input_dtype(index_input)));
  std::string policy = c.attr<std::string>("bad_indices_policy");
  if (policy != "" && policy != "DEFAULT" && policy != "ERROR" && policy != "IGNORE")
    return InvalidArgument(fmt::format("has bad_indices_policy '{}'", policy));
  p.ignore = policy == "IGNORE";
  return p;
}

Status CheckPositionsBefore(PrepareContext& c, const Positions& p, int index_input) {
  int64_t bytes = 0;
  if (!CheckedMul(p.count, sizeof(int64_t), &bytes)) return ResourceExhausted("has too many indices");
  c.set_workspace(bytes);
  c.Before(p.count, 1 + 1.5 * double(p.depth), [p, index_input](RunArgs& a) {
    const void* indices = a.in<void>(index_input);
    int64_t* places = a.workspace<int64_t>();
    for (int64_t i = a.begin; i < a.end; ++i) {
      places[i] = p.Place(indices, i);
      if (places[i] < 0 && !p.ignore) return a.Fail(p.OutOfBounds(indices, i));
    }
  });
  return {};
}

Result<ScatterPlan> PlanScatterNd(PrepareContext& c, const Shape& whole, int index_input) {
  WEIR_ASSIGN_OR_RETURN(Positions p, ReadPositions(c, whole, index_input));
  WEIR_ASSIGN_OR_RETURN(Shape want, Shape::Make(p.SlicesShape()));
  const Shape& updates = c.input_shape(index_input + 1);
  if (!(want == updates)) {
    return InvalidArgument(fmt::format("cannot scatter updates {} by indices {} into shape {}", updates.ToString(),
                                       p.index_shape.ToString(), whole.ToString()))
        .Detail(fmt::format("updates of shape {} would fit", want.ToString()));
  }
  WEIR_RETURN_IF_ERROR(CheckPositionsBefore(c, p, index_input));
  return ScatterPlan{.rows = p.count, .row = p.slice, .updates = index_input + 1};
}

}  // namespace weir::kernels
