// Kernels of lists item by item.
#include <fmt/format.h>

#include <cstring>

#include "weir/ops/list/cpu/list_inputs.h"

namespace weir {

namespace {

void Give(RunArgs& a, TensorList list) { *a.out<TensorList>(0) = std::move(list); }

Result<int64_t> ScalarOf(const PrepareContext& c, int i, const char* what) {
  if (c.input_shape(i).num_elements() == 1) return c.ints(i)[0];
  return InvalidArgument(fmt::format("wants a scalar {}, not shape {}", what, c.input_shape(i).ToString()));
}

Status PrepareEmpty(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape element, AskedShape(c, 0));
  WEIR_ASSIGN_OR_RETURN(int64_t most, ScalarOf(c, 1, "max_num_elements"));
  c.set_output_shape(0, Shape());
  c.SetRun([list = TensorList(c.attr<DType>("element_dtype"), element, most)](RunArgs& a) { Give(a, list); });
  return {};
}

Status PrepareReserve(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape element, AskedShape(c, 0));
  WEIR_ASSIGN_OR_RETURN(int64_t count, ScalarOf(c, 1, "num_elements"));
  if (count < 0) return InvalidArgument(fmt::format("is to have {} items", count));
  c.set_output_shape(0, Shape());
  c.SetRun([dtype = c.attr<DType>("element_dtype"), element, count](RunArgs& a) {
    TensorList list(dtype, element);
    list.Resize(count);
    Give(a, std::move(list));
  });
  return {};
}

Status PreparePushBack(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c, 0, c.input_dtype(1)));
  const Shape shape = c.input_shape(1);
  WEIR_RETURN_IF_ERROR(Agreed(PartialShape(shape), list->element_shape()).status());
  if (list->max_size() >= 0 && list->size() >= list->max_size())
    return InvalidArgument(fmt::format("adds to a list that may hold {} items and does", list->max_size()));
  c.set_output_shape(0, Shape());
  c.SetRun([dtype = c.input_dtype(1), shape](RunArgs& a) {
    auto item = MakeItem(dtype, shape, a.in<void>(1));
    if (!item.ok()) return a.Fail(item.status());
    TensorList list = *a.in<TensorList>(0);
    list.push_back(std::move(*item));
    Give(a, std::move(list));
  });
  return {};
}

Status PreparePushBackBatch(PrepareContext& c) {
  const Shape &lists = c.input_shape(0), &rows = c.input_shape(1);
  const DType dtype = c.input_dtype(1);
  if (lists.rank() != 1 || rows.rank() < 1 || rows[0] != lists[0]) {
    return InvalidArgument(fmt::format("wants a vector of lists and a row for each, not {} and {}", lists.ToString(),
                                       rows.ToString()));
  }
  WEIR_ASSIGN_OR_RETURN(Shape row, Shape::Make(std::span(rows.dims()).subspan(1)));
  for (const TensorList& list : c.input_value(0)->span<TensorList>()) {
    if (!list.valid() || list.dtype() != dtype)
      return InvalidArgument(fmt::format("was given a variant that is no list of {}", DTypeName(dtype)));
    WEIR_RETURN_IF_ERROR(Agreed(PartialShape(row), list.element_shape()).status());
    if (list.max_size() >= 0 && list.size() >= list.max_size())
      return InvalidArgument(fmt::format("adds to a list that may hold {} items and does", list.max_size()));
  }
  c.set_output_shape(0, lists);
  c.SetRun([dtype, row, count = lists[0]](RunArgs& a) {
    for (int64_t i = 0; i < count; ++i) {
      auto item = MakeItem(dtype, row, ElementAt(dtype, a.in<void>(1), i * row.num_elements()));
      if (!item.ok()) return a.Fail(item.status());
      TensorList list = a.in<TensorList>(0)[i];
      list.push_back(std::move(*item));
      a.out<TensorList>(0)[i] = std::move(list);
    }
  });
  return {};
}

Status PreparePopBack(PrepareContext& c) {
  const DType dtype = c.output_dtype(1);
  WEIR_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c, 0, dtype));
  if (list->size() == 0) return InvalidArgument("takes an item from an empty list");
  WEIR_ASSIGN_OR_RETURN(PartialShape asked, AskedShape(c, 1));
  WEIR_ASSIGN_OR_RETURN(Shape shape, ShapeOfItem(*list, list->size() - 1, asked));
  c.set_output_shape(0, Shape());
  c.set_output_shape(1, shape);
  c.SetRun([dtype, count = shape.num_elements()](RunArgs& a) {
    TensorList list = *a.in<TensorList>(0);
    CopyItem(list[list.size() - 1], dtype, count, a.out<void>(1));
    list.pop_back();
    Give(a, std::move(list));
  });
  return {};
}

Status PrepareLength(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(ListIn(c, 0, DType::kInvalid).status());
  c.set_output_shape(0, Shape());
  c.SetRun([](RunArgs& a) { *a.out<int32_t>(0) = static_cast<int32_t>(a.in<TensorList>(0)->size()); });
  return {};
}

Status PrepareElementShape(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c, 0, DType::kInvalid));
  const PartialShape& element = list->element_shape();
  Dims sizes = element.known_rank() ? element.dims() : Dims{-1};
  for (Dim& d : sizes) d = Known(d) ? d : -1;
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, element.known_rank() ? Dims{Dim{element.rank()}} : Dims{}));
  return c.ForType(IndexTypes{}, c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([sizes](RunArgs& a) {
      for (size_t i = 0; i < sizes.size(); ++i) a.out<T>(0)[i] = static_cast<T>(sizes[i]);
    });
  });
}

Status PrepareGetItem(PrepareContext& c) {
  const DType dtype = c.output_dtype(0);
  WEIR_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c, 0, dtype));
  WEIR_ASSIGN_OR_RETURN(int64_t index, ScalarOf(c, 1, "index"));
  if (index < 0 || index >= list->size()) return IndexError(index, list->size());
  WEIR_ASSIGN_OR_RETURN(PartialShape asked, AskedShape(c, 2));
  WEIR_ASSIGN_OR_RETURN(Shape shape, ShapeOfItem(*list, index, asked));
  c.set_output_shape(0, shape);
  c.SetRun([dtype, count = shape.num_elements(), index](RunArgs& a) {
    CopyItem((*a.in<TensorList>(0))[index], dtype, count, a.out<void>(0));
  });
  return {};
}

Status PrepareSetItem(PrepareContext& c) {
  const DType dtype = c.input_dtype(2);
  WEIR_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c, 0, dtype));
  WEIR_ASSIGN_OR_RETURN(int64_t index, ScalarOf(c, 1, "index"));
  const bool grows = index >= list->size() && c.attr<bool>("resize_if_index_out_of_bounds");
  if (index < 0 || (index >= list->size() && !grows)) return IndexError(index, list->size());
  const Shape shape = c.input_shape(2);
  WEIR_RETURN_IF_ERROR(Agreed(PartialShape(shape), list->element_shape()).status());
  c.set_output_shape(0, Shape());
  c.SetRun([dtype, shape, index](RunArgs& a) {
    auto item = MakeItem(dtype, shape, a.in<void>(2));
    if (!item.ok()) return a.Fail(item.status());
    TensorList list = *a.in<TensorList>(0);
    if (index >= list.size()) list.Resize(index + 1);
    list.Set(index, std::move(*item));
    Give(a, std::move(list));
  });
  return {};
}

Status PrepareResize(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(ListIn(c, 0, DType::kInvalid).status());
  WEIR_ASSIGN_OR_RETURN(int64_t size, ScalarOf(c, 1, "size"));
  if (size < 0) return InvalidArgument(fmt::format("is to have {} items", size));
  c.set_output_shape(0, Shape());
  c.SetRun([size](RunArgs& a) {
    TensorList list = *a.in<TensorList>(0);
    list.Resize(size);
    Give(a, std::move(list));
  });
  return {};
}

Status PrepareConcatLists(PrepareContext& c) {
  if (!(c.input_shape(0) == c.input_shape(1))) {
    return InvalidArgument(fmt::format("wants as many lists of both, not {} and {}", c.input_shape(0).ToString(),
                                       c.input_shape(1).ToString()));
  }
  const DType dtype = c.attr<DType>("element_dtype");
  for (int i : {0, 1}) {
    for (const TensorList& list : c.input_value(i)->span<TensorList>()) {
      if (!list.valid() || list.dtype() != dtype)
        return InvalidArgument(fmt::format("was given a variant that is no list of {}", DTypeName(dtype)));
    }
  }
  const TensorList *a = c.input_value(0)->data<TensorList>(), *b = c.input_value(1)->data<TensorList>();
  for (int64_t i = 0, n = c.input_shape(0).num_elements(); i < n; ++i) {
    const int64_t size = a[i].size() + b[i].size();  // a loop may double what nobody has set, which takes no memory
    if (size > INT32_MAX) return InvalidArgument(fmt::format("makes a list of {} items", size));
  }
  c.set_output_shape(0, c.input_shape(0));
  c.SetRun([count = c.input_shape(0).num_elements()](RunArgs& a) {
    for (int64_t i = 0; i < count; ++i) {
      TensorList list = a.in<TensorList>(0)[i];
      const TensorList& more = a.in<TensorList>(1)[i];
      auto element = Agreed(list.element_shape(), more.element_shape());
      list.set_element_shape(element.ok() ? *element : PartialShape::Unknown());
      const int64_t first = list.size();
      list.Resize(first + more.size());
      more.ForEachSet([&](int64_t k, const Tensor& item) { list.Set(first + k, item); });
      a.out<TensorList>(0)[i] = std::move(list);
    }
  });
  return {};
}

}  // namespace

void RegisterListItemKernels(KernelRegistry& r) {
  r.Add("EmptyTensorList", PrepareEmpty).NeedsValue({0, 1});
  r.Add("TensorListReserve", PrepareReserve).NeedsValue({0, 1});
  r.Add("TensorListPushBack", PreparePushBack).NeedsValue({0});
  r.Add("TensorListPushBackBatch", PreparePushBackBatch).NeedsValue({0});
  r.Add("TensorListPopBack", PreparePopBack).NeedsValue({0, 1});
  r.Add("TensorListLength", PrepareLength).NeedsValue({0});
  r.Add("TensorListElementShape", PrepareElementShape).NeedsValue({0});
  r.Add("TensorListGetItem", PrepareGetItem).NeedsValue({0, 1, 2});
  r.Add("TensorListSetItem", PrepareSetItem).NeedsValue({0, 1});
  r.Add("TensorListResize", PrepareResize).NeedsValue({0, 1});
  r.Add("TensorListConcatLists", PrepareConcatLists).NeedsValue({0, 1});
}

}  // namespace weir
