// Schemas of iterators, through which runs of a session take the elements of datasets, and of what walks through a
// dataset within a run.
#include <fmt/format.h>

#include <charconv>

#include "weir/ops/data/dataset_shapes.h"
#include "weir/ops/handle_forms.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

constexpr char kTakes[] = "what an iterator gives comes from outside of the graph, where gradients cannot go";
constexpr char kHandle[] = "its output is a handle";

Status IteratorShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Components components, ComponentsByAttrs(c));
  TellObject(c, ResourceKind::kIterator, std::move(components));
  return {};
}

// A dataset's elements fit an iterator's.
Status MakeShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Resource* dataset, DatasetBehind(c, 0));
  WEIR_ASSIGN_OR_RETURN(const Resource* iterator, ObjectBehind(c, 1, ResourceKind::kIterator));
  if (!dataset || !iterator || iterator->parts.empty()) return {};
  return Merged(iterator->parts, dataset->parts, "an iterator").status();
}

// The elements behind input 0, as far as that and the attributes tell.
Result<Components> ElementsOf(const ShapeContext& c, const Resource* source) {
  WEIR_ASSIGN_OR_RETURN(Components told, ComponentsByAttrs(c));
  if (!source || source->parts.empty()) return told;
  return Merged(told, source->parts, "outputs");
}

void GiveElements(ShapeContext& c, const Components& components) {
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, components[static_cast<size_t>(i)].second);
}

Status GetNextShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Resource* iterator, ObjectBehind(c, 0, ResourceKind::kIterator));
  WEIR_ASSIGN_OR_RETURN(const Components components, ElementsOf(c, iterator));
  GiveElements(c, components);
  return {};
}

Status GetNextAsOptionalShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Resource* iterator, ObjectBehind(c, 0, ResourceKind::kIterator));
  WEIR_RETURN_IF_ERROR(ElementsOf(c, iterator).status());
  return ScalarShape(c);
}

Status SingleElementShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Resource* dataset, DatasetBehind(c, 0));
  WEIR_ASSIGN_OR_RETURN(const Components components, ElementsOf(c, dataset));
  GiveElements(c, components);
  return {};
}

Status ReduceShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(DatasetBehind(c, 0).status());
  WEIR_ASSIGN_OR_RETURN(const Components components, ComponentsByAttrs(c));
  if (c.attr<AttrList>("Tstate").type != c.attr<AttrList>("output_types").type)
    return InvalidArgument("has other output_types than Tstate");
  GiveElements(c, components);
  return {};
}

Status CardinalityShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(DatasetBehind(c, 0).status());
  return ScalarShape(c);
}

Status ToStringShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(ObjectBehind(c, 0, ResourceKind::kIterator).status());
  return ScalarShape(c);
}

// "iterator LENGTH CONTAINERNAME": what IteratorToStringHandle gives.
Result<Resource> FromString(std::string_view text) {
  constexpr std::string_view kKind = "iterator ";
  size_t length = 0;
  if (text.starts_with(kKind)) {
    std::string_view rest = text.substr(kKind.size());
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    if (error == std::errc() && rest.starts_with(' ') && length < rest.size() - 1) {
      rest.remove_prefix(1);
      return Resource{ResourceKind::kIterator, std::string(rest.substr(0, length)), std::string(rest.substr(length))};
    }
  }
  return InvalidArgument(fmt::format("has the string '{:.100}', which is no iterator's", text))
      .Help("run IteratorToStringHandle in the same session for it");
}

// Which iterator it is, the string tells: a feed's value is compiled in (ShapingFeeds).
Status FromStringShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  c.set_output(0, PartialShape::Scalar());
  const Tensor* text = c.constant(0);
  if (!text || text->opaque() || text->dtype() != kString || text->num_elements() != 1) return {};
  WEIR_ASSIGN_OR_RETURN(Resource iterator, FromString(*text->data<std::string>()));
  WEIR_ASSIGN_OR_RETURN(iterator.parts, ComponentsByAttrs(c));
  c.set_output_handle(0, DType::kInvalid, PartialShape::Unknown(), std::make_shared<const Resource>(iterator));
  return {};
}

OpDef& AddTyped(OpDef& op) {
  return op.Attr("output_types: list(type) >= 1").Attr("output_shapes: list(shape) >= 1");
}

void AddHandles(OpRegistry& r) {
  for (const char* name : {"Iterator", "IteratorV2"}) {
    AddTyped(r.Add(name).Output("handle: resource").Attr("shared_name: string").Attr("container: string"))
        .MakesObject()
        .Doc("An iterator of elements of these dtypes and shapes, whose dataset MakeIterator tells.")
        .Shape(IteratorShape).NoGradient(kHandle);
  }
  AddTyped(r.Add("OneShotIterator").Output("handle: resource").Attr("dataset_factory: func"))
      .Attr("container: string = ''").Attr("shared_name: string = ''")
      .MakesObject().HoldsFunctions().Waits()
      .Doc("An iterator over the dataset that `dataset_factory` gives when the session first comes here.")
      .Shape(IteratorShape).NoGradient(kHandle);
  r.Add("MakeIterator").Input("dataset: variant").Input("iterator: resource").Stateful().Writes({1}).Waits()
      .Doc("The iterator goes to the beginning of the dataset.")
      .Shape(MakeShape).NoGradient("it has no output");
  r.Add("IteratorToStringHandle").Input("resource_handle: resource").Output("string_handle: string")
      .Stateful().Reads({0})
      .Doc("A string that stands for the iterator within its session.")
      .Shape(ToStringShape).NoGradient("its output is no function of floats");
  for (const char* name : {"IteratorFromStringHandle", "IteratorFromStringHandleV2"}) {
    r.Add(name).Input("string_handle: string").Output("resource_handle: resource")
        .Attr("output_types: list(type) = []").Attr("output_shapes: list(shape) = []")
        .MakesHandle()
        .Doc("The iterator that a string stands for, which is a constant or fed: a run is compiled for each iterator.")
        .Shape(FromStringShape).NoGradient(kHandle);
  }
}

}  // namespace

void RegisterIteratorOps(OpRegistry& r) {
  AddHandles(r);
  for (const char* name : {"IteratorGetNext", "IteratorGetNextSync"}) {
    AddTyped(r.Add(name).Input("iterator: resource").Output("components: output_types"))
        .Stateful().Writes({0}).Waits()
        .Doc("The iterator's next element; OutOfRange at the end.")
        .Shape(GetNextShape).NoGradient(kTakes);
  }
  AddTyped(r.Add("IteratorGetNextAsOptional").Input("iterator: resource").Output("optional: variant"))
      .Stateful().Writes({0}).Waits()
      .Doc("The iterator's next element as an optional, which has none at the end.")
      .Shape(GetNextAsOptionalShape).NoGradient(kTakes);
  AddTyped(r.Add("DatasetToSingleElement").Input("dataset: variant").Output("components: output_types"))
      .Attr("metadata: string = ''").Stateful().Waits()
      .Doc("The only element of a dataset; an error when it has none, or more.")
      .Shape(SingleElementShape).NoGradient("its input is no function of floats");
  r.Add("ReduceDataset")
      .Input("input_dataset: variant").Input("initial_state: Tstate").Input("other_arguments: Targuments")
      .Output("components: output_types")
      .Attr("f: func").Attr("Tstate: list(type) >= 1").Attr("Targuments: list(type) >= 0")
      .Attr("output_types: list(type) >= 1").Attr("output_shapes: list(shape) >= 1")
      .Attr("use_inter_op_parallelism: bool = true").Attr("metadata: string = ''")
      .HoldsFunctions().Stateful().Waits()
      .Doc("What the state has become when `f` has made of it and each element in turn the next one.")
      .Shape(ReduceShape).NoGradient("TensorFlow has none: how many elements there are only running tells", false);
  r.Add("DatasetCardinality").Input("input_dataset: variant").Output("cardinality: int64")
      .Attr("cardinality_options: string = ''")
      .Doc("How many elements a dataset has, as far as that is known without looking: -1 infinitely many, -2 unknown.")
      .Shape(CardinalityShape).NoGradient("its output is no function of floats");
  r.Add("ExperimentalDatasetCardinality").Input("input_dataset: variant").Output("cardinality: int64")
      .Doc("As DatasetCardinality.")
      .Shape(CardinalityShape).NoGradient("its output is no function of floats");
}

}  // namespace weir
