#include "weir/ops/data/dataset_shapes.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/ops/handle_forms.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

std::string TextOf(const Components& components) {
  std::string text;
  for (const auto& [dtype, shape] : components)
    text += (text.empty() ? "" : ", ") + DTypeShortName(dtype) + shape.ToString();
  return text;
}

}  // namespace

Result<Components> ComponentsByAttrs(const ShapeContext& c, const char* types_attr) {
  const auto types = c.attr<AttrList>(types_attr).type;
  const auto shapes = c.attr<AttrList>("output_shapes").shape;
  if (types.size() != shapes.size())
    return InvalidArgument(fmt::format("has {} {} and {} output_shapes", types.size(), types_attr, shapes.size()));
  Components components;
  for (size_t i = 0; i < types.size(); ++i) components.emplace_back(types[i], shapes[i]);
  return components;
}

void TellDataset(ShapeContext& c, Components components) {
  c.set_output(0, PartialShape::Scalar());
  // Why a name: two datasets are of one type when their elements are.
  std::string name = TextOf(components);
  Resource dataset{ResourceKind::kDataset, "", std::move(name), std::move(components)};
  auto shared = std::make_shared<const Resource>(std::move(dataset));
  c.set_output_handle(0, DType::kInvalid, PartialShape::Unknown(), std::move(shared));
}

Result<const Resource*> DatasetBehind(const ShapeContext& c, int i) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, i));
  if (c.handle_dtype(i) != DType::kInvalid)
    return InvalidArgument(fmt::format("wants a dataset for '{}', not a list", c.InputName(i)));
  return ObjectBehind(c, i, ResourceKind::kDataset);
}

Result<Components> Merged(const Components& a, const Components& b, const char* what) {
  Components merged;
  for (size_t i = 0; i < a.size() && a.size() == b.size() && a[i].first == b[i].first; ++i) {
    auto shape = MergeShapes(a[i].second, b[i].second);
    if (!shape.ok()) break;
    merged.emplace_back(a[i].first, std::move(*shape));
  }
  if (merged.size() == a.size() && a.size() == b.size()) return merged;
  return InvalidArgument(fmt::format("has {} of ({}), but elements of ({})", what, TextOf(a), TextOf(b)));
}

Status DatasetShape(ShapeContext& c) {
  int at = 0;
  for (const ArgDef& a : c.def().inputs()) {
    const int64_t count = a.Count(c.def().Value(c.attrs(), a.counted_by())).value_or(1);
    const bool vector = a.name == "filenames" || a.name.starts_with("optimizations");
    for (int64_t k = 0; k < count; ++k, ++at) {
      if (a.type == kVariant) WEIR_RETURN_IF_ERROR(DatasetBehind(c, at).status());
      else if (a.counted_by().empty() && a.type != kResource && !vector) WEIR_RETURN_IF_ERROR(RequireScalar(c, at));
      else if (vector && c.input(at).known_rank() && c.input(at).rank() > 1)
        return InvalidArgument(fmt::format("wants a vector for '{}', not {}", c.InputName(at), c.Describe(at)));
    }
  }
  if (!c.def().FindAttr("output_types")) {  // what files hold
    TellDataset(c, {{kString, PartialShape::Scalar()}});
    return {};
  }
  WEIR_ASSIGN_OR_RETURN(Components components, ComponentsByAttrs(c));
  TellDataset(c, std::move(components));
  return {};
}

OpDef& AddDataset(OpRegistry& r, const std::string& name, std::initializer_list<const char*> inputs) {
  OpDef& op = r.Add(name);
  for (const char* input : inputs) op.Input(input);
  op.Output("handle: variant").Attr("output_types: list(type) >= 1").Attr("output_shapes: list(shape) >= 1");
  if (!name.starts_with("Experimental")) op.Attr("metadata: string = ''");
  return op.Shape(DatasetShape).NoFlops().NoGradient(kNotOfFloats);
}

}  // namespace weir
