#include "weir/ops/handle_forms.h"

#include <fmt/format.h>

namespace weir {

namespace {

const char* NameOf(ResourceKind kind) {
  switch (kind) {
    case ResourceKind::kVariable: return "variable";
    case ResourceKind::kTable: return "table";
    case ResourceKind::kQueue: return "queue";
    case ResourceKind::kReader: return "reader";
    case ResourceKind::kIterator: return "iterator";
    case ResourceKind::kDataset: return "dataset";
    case ResourceKind::kDataState: return "state of datasets";
  }
  return "resource";
}

}  // namespace

void TellObject(ShapeContext& c, ResourceKind kind, std::vector<std::pair<DType, PartialShape>> parts) {
  // A reference is a tensor of two strings, container and name.
  c.set_output(0, c.def().outputs()[0].is_ref ? PartialShape({2}) : PartialShape::Scalar());
  Resource object{kind, c.attr<std::string>("container"), c.attr<std::string>("shared_name"), std::move(parts)};
  if (object.name.empty()) object.name = c.node();
  c.set_output_handle(0, DType::kInvalid, PartialShape::Unknown(), std::make_shared<const Resource>(std::move(object)));
}

Result<const Resource*> ObjectBehind(const ShapeContext& c, int i, ResourceKind kind) {
  const Resource* r = c.resource(i);
  if (!r || r->kind == kind) return r;
  return InvalidArgument(fmt::format("wants a {} for '{}', and '{}' is a {}", NameOf(kind), c.InputName(i), r->name,
                                     NameOf(r->kind)));
}

}  // namespace weir
