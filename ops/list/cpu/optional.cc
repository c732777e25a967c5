// Kernels of optionals, which are lists of one item (of several tensors: lists of such lists), or no lists.
#include <fmt/format.h>

#include "weir/ops/list/cpu/list_inputs.h"

namespace weir {

namespace {

Status PrepareFromValue(PrepareContext& c) {
  c.set_output_shape(0, Shape());
  std::vector<std::pair<DType, Shape>> types;
  for (int i = 0; i < c.num_inputs(); ++i) types.emplace_back(c.input_dtype(i), c.input_shape(i));
  c.SetRun([types](RunArgs& a) {
    std::vector<Tensor> items;
    for (const auto& [dtype, shape] : types) {
      auto item = MakeItem(dtype, shape, a.in<void>(static_cast<int>(items.size())));
      if (!item.ok()) return a.Fail(item.status());
      items.push_back(std::move(*item));
    }
    auto optional = kernels::OptionalOf(std::move(items));
    if (!optional.ok()) return a.Fail(optional.status());
    *a.out<TensorList>(0) = std::move(*optional);
  });
  return {};
}

Status PrepareNone(PrepareContext& c) {
  c.set_output_shape(0, Shape());
  c.SetRun([](RunArgs& a) { *a.out<TensorList>(0) = TensorList(); });
  return {};
}

Status PrepareGetValue(PrepareContext& c) {
  if (c.input_shape(0).rank() == 0 && !c.input_value(0)->data<TensorList>()->valid())
    return InvalidArgument("takes the value of an optional that has none");
  WEIR_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c, 0, DType::kInvalid));
  const auto asked = c.attr<AttrList>("output_shapes").shape;
  const auto count = static_cast<size_t>(c.num_outputs());
  for (size_t i = 0; i < count; ++i) {
    const Tensor item = kernels::TensorOf(*list, i, count);
    const auto output = static_cast<int>(i);
    if (!item.valid()) return InvalidArgument("was given a variant that is no optional of as many tensors");
    if (item.dtype() != c.output_dtype(output) || (i < asked.size() && !asked[i].Admits(item.shape()))) {
      return InvalidArgument(fmt::format("takes {} of {} from an optional that has {} of {}",
                                         DTypeName(c.output_dtype(output)), asked[i].ToString(),
                                         DTypeName(item.dtype()), item.shape().ToString()));
    }
    c.set_output_shape(output, item.shape());
  }
  c.SetRun([count](RunArgs& a) {
    for (size_t i = 0; i < count; ++i) {
      void* out = a.out<void>(static_cast<int>(i));
      if (out) kernels::TensorOf(*a.in<TensorList>(0), i, count).CopyTo(out);
    }
  });
  return {};
}

Status PrepareHasValue(PrepareContext& c) {
  c.set_output_shape(0, Shape());
  c.SetRun([](RunArgs& a) { *a.out<bool>(0) = a.in<TensorList>(0)->valid(); });
  return {};
}

}  // namespace

void RegisterOptionalKernels(KernelRegistry& r) {
  r.Add("OptionalFromValue", PrepareFromValue);
  r.Add("OptionalNone", PrepareNone);
  r.Add("OptionalGetValue", PrepareGetValue).NeedsValue({0});
  r.Add("OptionalHasValue", PrepareHasValue);
}

}  // namespace weir
