// Kernels of lists as tensors.
#include <fmt/format.h>

#include <cstring>

#include "weir/ops/list/cpu/list_inputs.h"

namespace weir {

namespace {

Result<Shape> Along(int64_t first, const Shape& row) {
  Dims dims = row.dims();
  dims.insert(dims.begin(), first);
  return Shape::Make(dims);
}

// The shape of a tensor's rows, which agrees with the element shape that input `asked` gives.
Result<Shape> RowsOf(const PrepareContext& c, int tensor, const PartialShape& asked) {
  const Shape& s = c.input_shape(tensor);
  if (s.rank() < 1) return InvalidArgument("wants a tensor of rows, not a scalar");
  WEIR_ASSIGN_OR_RETURN(Shape row, Shape::Make(std::span(s.dims()).subspan(1)));
  WEIR_RETURN_IF_ERROR(Agreed(PartialShape(row), asked).status());
  return row;
}

Status PrepareStack(PrepareContext& c) {
  const DType dtype = c.output_dtype(0);
  WEIR_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c, 0, dtype));
  const int64_t want = c.attr<int64_t>("num_elements");
  if (want >= 0 && list->size() != want)
    return InvalidArgument(fmt::format("wants a list of {} items, not {}", want, list->size()));
  WEIR_ASSIGN_OR_RETURN(PartialShape asked, AskedShape(c, 1));
  WEIR_ASSIGN_OR_RETURN(Shape item, CommonShape(*list, asked));
  WEIR_ASSIGN_OR_RETURN(Shape all, Along(list->size(), item));
  c.set_output_shape(0, all);
  c.SetRun([dtype, count = item.num_elements(), total = all.num_elements()](RunArgs& a) {
    CopyItem(Tensor(), dtype, total, a.out<void>(0));
    a.in<TensorList>(0)->ForEachSet([&](int64_t i, const Tensor& t) {
      CopyItem(t, dtype, count, ElementAt(dtype, a.out<void>(0), i * count));
    });
  });
  return {};
}

Status PrepareFromTensor(PrepareContext& c) {
  const DType dtype = c.input_dtype(0);
  WEIR_ASSIGN_OR_RETURN(PartialShape asked, AskedShape(c, 1));
  WEIR_ASSIGN_OR_RETURN(Shape row, RowsOf(c, 0, asked));
  c.set_output_shape(0, Shape());
  c.SetRun([dtype, asked, row, rows = c.input_shape(0)[0]](RunArgs& a) {
    TensorList list(dtype, asked);
    for (int64_t i = 0; i < rows && !a.cancelled(); ++i) {
      auto item = MakeItem(dtype, row, ElementAt(dtype, a.in<void>(0), i * row.num_elements()));
      if (!item.ok()) return a.Fail(item.status());
      list.push_back(std::move(*item));
    }
    *a.out<TensorList>(0) = std::move(list);
  });
  return {};
}

Status PrepareGather(PrepareContext& c) {
  const DType dtype = c.output_dtype(0);
  WEIR_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c, 0, dtype));
  if (c.input_shape(1).rank() != 1)
    return InvalidArgument(fmt::format("wants a vector of indices, not shape {}", c.input_shape(1).ToString()));
  WEIR_ASSIGN_OR_RETURN(PartialShape asked, AskedShape(c, 2));
  std::vector<int64_t> indices = c.ints(1);
  for (int64_t index : indices) {
    if (index < 0 || index >= list->size()) return IndexError(index, list->size());
    if (!(*list)[index].valid()) continue;
    WEIR_ASSIGN_OR_RETURN(asked, Agreed(PartialShape((*list)[index].shape()), asked));
  }
  Result<Shape> item = asked.ToShape() ? Result<Shape>(*asked.ToShape()) : CommonShape(*list, asked);
  if (!item.ok()) return item.status();
  WEIR_ASSIGN_OR_RETURN(Shape all, Along(static_cast<int64_t>(indices.size()), *item));
  c.set_output_shape(0, all);
  c.SetRun([dtype, indices = std::move(indices), count = item->num_elements()](RunArgs& a) {
    const TensorList& items = *a.in<TensorList>(0);
    for (size_t i = 0; i < indices.size(); ++i)
      CopyItem(items[indices[i]], dtype, count, ElementAt(dtype, a.out<void>(0), static_cast<int64_t>(i) * count));
  });
  return {};
}

// Puts the rows of input `tensor` into a list, at the indices; it grows as they ask for.
Status ScatterRows(RunArgs& a, int tensor, DType dtype, const Shape& row, const std::vector<int64_t>& indices,
                   TensorList* list) {
  for (size_t i = 0; i < indices.size() && !a.cancelled(); ++i) {
    const int64_t at = static_cast<int64_t>(i) * row.num_elements();
    WEIR_ASSIGN_OR_RETURN(Tensor item, MakeItem(dtype, row, ElementAt(dtype, a.in<void>(tensor), at)));
    if (indices[i] >= list->size()) list->Resize(indices[i] + 1);
    list->Set(indices[i], std::move(item));
  }
  return {};
}

// The indices of a scatter, one a row. `limit`: the list's size, where that is fixed; else negative.
Result<std::vector<int64_t>> Indices(const PrepareContext& c, int tensor, int input, int64_t limit) {
  if (c.input_shape(input).rank() != 1 || c.input_shape(input)[0] != c.input_shape(tensor)[0]) {
    return InvalidArgument(fmt::format("wants an index for each row of {}, not {}", c.input_shape(tensor).ToString(),
                                       c.input_shape(input).ToString()));
  }
  std::vector<int64_t> indices = c.ints(input);
  for (int64_t index : indices) {
    if (index < 0 || (limit >= 0 && index >= limit)) return IndexError(index, std::max<int64_t>(limit, 0));
  }
  return indices;
}

Status PrepareScatter(PrepareContext& c) {
  const DType dtype = c.input_dtype(0);
  WEIR_ASSIGN_OR_RETURN(PartialShape asked, AskedShape(c, 2));
  WEIR_ASSIGN_OR_RETURN(Shape row, RowsOf(c, 0, asked));
  int64_t size = -1;
  if (c.num_inputs() > 3) {
    if (c.input_shape(3).num_elements() != 1) return InvalidArgument("wants a scalar num_elements");
    size = c.ints(3)[0];
    if (size < -1) return InvalidArgument(fmt::format("is to have {} items", size));
  }
  WEIR_ASSIGN_OR_RETURN(auto indices, Indices(c, 0, 1, size));
  c.set_output_shape(0, Shape());
  c.SetRun([dtype, asked, row, size, indices = std::move(indices)](RunArgs& a) {
    TensorList list(dtype, asked);
    list.Resize(std::max<int64_t>(size, 0));
    if (Status s = ScatterRows(a, 0, dtype, row, indices, &list); !s.ok()) return a.Fail(std::move(s));
    *a.out<TensorList>(0) = std::move(list);
  });
  return {};
}

Status PrepareScatterInto(PrepareContext& c) {
  const DType dtype = c.input_dtype(1);
  WEIR_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c, 0, dtype));
  WEIR_ASSIGN_OR_RETURN(Shape row, RowsOf(c, 1, list->element_shape()));
  WEIR_ASSIGN_OR_RETURN(auto indices, Indices(c, 1, 2, -1));
  c.set_output_shape(0, Shape());
  c.SetRun([dtype, row, indices = std::move(indices)](RunArgs& a) {
    TensorList result = *a.in<TensorList>(0);
    if (Status s = ScatterRows(a, 1, dtype, row, indices, &result); !s.ok()) return a.Fail(std::move(s));
    *a.out<TensorList>(0) = std::move(result);
  });
  return {};
}

// The items along their first axis. Those that nobody has set are as long as `leading` says; where it says nothing, as
// `asked` does.
struct Concatenated {
  std::vector<int64_t> lengths;
  Shape shape;
  int64_t row = 1;  // elements
};

Result<Concatenated> Concatenate(const TensorList& list, PartialShape asked, const std::vector<int64_t>& leading) {
  WEIR_ASSIGN_OR_RETURN(asked, Agreed(list.element_shape(), asked));
  if (asked.known_rank() && asked.rank() < 1) return InvalidArgument("joins items that are scalars");
  Concatenated all;
  std::optional<Dims> row;
  if (asked.known_rank()) row = Dims(asked.dims().begin() + 1, asked.dims().end());
  for (int64_t i = 0; i < list.size(); ++i) {
    if (!list[i].valid()) {
      const bool told = i < static_cast<int64_t>(leading.size());
      const int64_t length = told ? leading[static_cast<size_t>(i)] : asked.known_rank() ? asked[0] : kUnknownDim;
      if (!Known(length))
        return InvalidArgument(fmt::format("joins item {}, which nobody has set, of unknown length", i));
      all.lengths.push_back(length);
      continue;
    }
    const Shape& s = list[i].shape();
    if (s.rank() < 1) return InvalidArgument("joins items that are scalars");
    WEIR_ASSIGN_OR_RETURN(Shape rest, Shape::Make(std::span(s.dims()).subspan(1)));
    WEIR_ASSIGN_OR_RETURN(PartialShape agreed,
                          Agreed(PartialShape(rest), row ? PartialShape(*row) : PartialShape::Unknown()));
    row = agreed.dims();
    all.lengths.push_back(s[0]);
  }
  auto known = row ? PartialShape(*row).ToShape() : std::nullopt;
  if (!known)
    return InvalidArgument("joins items whose shape nothing tells").Help("give an element_shape that is fully known");
  int64_t total = 0;
  for (int64_t length : all.lengths) {
    if (!CheckedAdd(total, length, &total)) return InvalidArgument("joins items to more than a tensor can hold");
  }
  WEIR_ASSIGN_OR_RETURN(all.shape, Along(total, *known));
  all.row = known->num_elements();
  return all;
}

Status SetConcat(PrepareContext& c, const PartialShape& asked, const std::vector<int64_t>& leading) {
  const DType dtype = c.output_dtype(0);
  WEIR_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c, 0, dtype));
  WEIR_ASSIGN_OR_RETURN(Concatenated all, Concatenate(*list, asked, leading));
  c.set_output_shape(0, all.shape);
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, {static_cast<int64_t>(all.lengths.size())}));
  c.SetRun([dtype, lengths = std::move(all.lengths), row = all.row](RunArgs& a) {
    const TensorList& items = *a.in<TensorList>(0);
    int64_t at = 0;
    for (size_t i = 0; i < lengths.size(); ++i) {
      CopyItem(items[static_cast<int64_t>(i)], dtype, lengths[i] * row, ElementAt(dtype, a.out<void>(0), at * row));
      a.out<int64_t>(1)[i] = lengths[i];
      at += lengths[i];
    }
  });
  return {};
}

Status PrepareConcat(PrepareContext& c) { return SetConcat(c, c.attr<PartialShape>("element_shape"), {}); }

Status PrepareConcatV2(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape asked, AskedShape(c, 1));
  return SetConcat(c, asked, c.ints(2));
}

Status PrepareSplit(PrepareContext& c) {
  const DType dtype = c.input_dtype(0);
  WEIR_ASSIGN_OR_RETURN(PartialShape asked, AskedShape(c, 1));
  const Shape& s = c.input_shape(0);
  if (s.rank() < 1) return InvalidArgument("wants a tensor of rows, not a scalar");
  WEIR_ASSIGN_OR_RETURN(Shape row, Shape::Make(std::span(s.dims()).subspan(1)));
  std::vector<Shape> shapes;
  int64_t total = 0;
  for (int64_t length : c.ints(2)) {
    if (length < 0) return InvalidArgument(fmt::format("has the negative length {}", length));
    if (!CheckedAdd(total, length, &total) || total > s[0]) break;
    WEIR_ASSIGN_OR_RETURN(Shape item, Along(length, row));
    WEIR_RETURN_IF_ERROR(Agreed(PartialShape(item), asked).status());
    shapes.push_back(std::move(item));
  }
  if (total != s[0]) {
    return InvalidArgument(fmt::format("has lengths that add up to {} for {} rows", total, s[0]));
  }
  c.set_output_shape(0, Shape());
  c.SetRun([dtype, asked, shapes = std::move(shapes)](RunArgs& a) {
    TensorList list(dtype, asked);
    int64_t at = 0;
    for (const Shape& shape : shapes) {
      auto item = MakeItem(dtype, shape, ElementAt(dtype, a.in<void>(0), at));
      if (!item.ok()) return a.Fail(item.status());
      list.push_back(std::move(*item));
      at += shape.num_elements();
    }
    *a.out<TensorList>(0) = std::move(list);
  });
  return {};
}

}  // namespace

void RegisterListStackedKernels(KernelRegistry& r) {
  r.Add("TensorListStack", PrepareStack).NeedsValue({0, 1});
  r.Add("TensorListFromTensor", PrepareFromTensor).NeedsValue({1});
  r.Add("TensorListGather", PrepareGather).NeedsValue({0, 1, 2});
  r.Add("TensorListScatter", PrepareScatter).NeedsValue({1, 2});
  r.Add("TensorListScatterV2", PrepareScatter).NeedsValue({1, 2, 3});
  r.Add("TensorListScatterIntoExistingList", PrepareScatterInto).NeedsValue({0, 2});
  r.Add("TensorListConcat", PrepareConcat).NeedsValue({0});
  r.Add("TensorListConcatV2", PrepareConcatV2).NeedsValue({0, 1, 2});
  r.Add("TensorListSplit", PrepareSplit).NeedsValue({1, 2});
}

}  // namespace weir
