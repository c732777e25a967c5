// Slices of variables changed at positions of several numbers: ResourceScatterNdUpdate, …Add, …Sub, …Max, …Min, and
// their forms on references, which compiling turns into these.
#include <string>

#include "weir/ops/position_shapes.h"
#include "weir/ops/registry.h"
#include "weir/ops/state/shapes.h"

namespace weir {

namespace {

Status ResourceShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckHandle(c, "T"));
  return CheckScatterNd(c, c.handle_shape(0), 1);
}

Status ReferenceShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckScatterNd(c, c.input(0), 1));
  c.set_output(0, c.input(0));
  return {};
}

constexpr char kChanges[] = "it changes a variable; differentiate by the variable or a read of it";

struct Change {
  const char *name, *does;
  bool update = false, orders = false;  // update: any dtype; orders: of numbers that have an order
};

void AddForms(OpRegistry& r, const Change& change) {
  const std::string op = std::string("ScatterNd") + change.name;
  const std::string doc = std::string("The variable's slices at the positions that the last axis of `indices` holds ") +
                          change.does + " the slices of `updates`, of shape indices.shape[:-1] + variable.shape[k:]";
  const char* outside = ". A position outside is an error, or with bad_indices_policy IGNORE left out.";
  auto attrs = [&](OpDef& def, const std::string& types, bool locking) {
    def.Attr("T: " + types).Attr("Tindices: {int32, int64}");
    def.Attr(std::string("use_locking: bool = ") + (locking ? "true" : "false"));
    def.Attr("bad_indices_policy: string = ''").Stateful().Reads({0}).Writes({0});
  };
  OpDef& resource = r.Add("Resource" + op).Input("ref: resource").Input("indices: Tindices").Input("updates: T");
  attrs(resource, "type", true);
  resource.Doc(doc + outside).Shape(ResourceShape).NoGradient(kChanges);
  OpDef& reference = r.Add(op).Input("ref: Ref(T)").Input("indices: Tindices").Input("updates: T")
                         .Output("output_ref: Ref(T)");
  attrs(reference, change.update ? "type" : "numbertype", change.update);
  reference.Doc(doc + "; hands the reference on" + outside).Shape(ReferenceShape).CompiledAway();
  reference.HandleForm("Resource" + op).NoGradient(kChanges, /*zero=*/!change.orders);
}

}  // namespace

void RegisterStateScatterNdOps(OpRegistry& r) {
  AddForms(r, {.name = "Update", .does = "are replaced by", .update = true});
  AddForms(r, {.name = "Add", .does = "are increased by"});
  AddForms(r, {.name = "Sub", .does = "are decreased by"});
  AddForms(r, {.name = "Max", .does = "are raised, where they are less, to", .orders = true});
  AddForms(r, {.name = "Min", .does = "are lowered, where they are greater, to", .orders = true});
}

}  // namespace weir
