#include "weir/ops/model/input_data.h"

#include "weir/graph/infer.h"

namespace weir {

namespace {

std::vector<OutputType> Typed(std::initializer_list<DType> types) {
  std::vector<OutputType> element;
  for (DType t : types) element.emplace_back().dtype = t, element.back().shape = PartialShape::Scalar();
  return element;
}

AttrMap ElementAttrs(const std::vector<OutputType>& element, const char* types_attr = "output_types") {
  std::vector<DType> types;
  std::vector<PartialShape> shapes;
  for (const OutputType& t : element) types.push_back(t.dtype), shapes.push_back(t.shape);
  return {{types_attr, std::move(types)}, {"output_shapes", std::move(shapes)}};
}

// What a dataset's type says of its elements.
std::vector<OutputType> ElementOf(const OutputType& dataset) {
  std::vector<OutputType> element;
  if (!dataset.resource) return element;
  for (const auto& [dtype, shape] : dataset.resource->parts) {
    element.emplace_back().dtype = dtype;
    element.back().shape = shape;
  }
  return element;
}

// The components as outputs, of which the types can be asked.
std::vector<OutputType> TypesOf(Builder& b, InputList* inputs) {
  std::vector<OutputType> types;
  for (Input& in : *inputs) {
    if (in.is_literal()) in = Input(b.Add("Identity", {in}, {}, {.name = "component"}, in.loc()), in.loc());
    types.push_back(in.output().valid() ? in.builder()->graph().type(in.output().endpoint()) : OutputType());
  }
  return types;
}

// With a first axis in front of each component.
std::vector<OutputType> Batched(std::vector<OutputType> element) {
  for (OutputType& t : element) {
    if (!t.shape.known_rank()) continue;
    Dims dims = {kUnknownDim};
    for (int i = 0; i < t.shape.rank(); ++i) dims.push_back(t.shape[i]);
    t.shape = PartialShape(dims);
  }
  return element;
}

std::vector<OutputType> Rows(std::vector<OutputType> element) {
  for (OutputType& t : element) {
    if (!t.shape.known_rank() || t.shape.rank() == 0) continue;
    Dims dims;
    for (int i = 1; i < t.shape.rank(); ++i) dims.push_back(t.shape[i]);
    t.shape = PartialShape(dims);
  }
  return element;
}

}  // namespace

Dataset Dataset::Made(At g, const char* op, const InputList& inputs, AttrMap attrs,
                      const std::vector<OutputType>& element) {
  const OpDef* def = g.builder->graph().registry().Find(op);
  const bool listed = def && def->FindAttr("Toutput_types");
  if (listed || (def && def->FindAttr("output_types"))) {
    for (auto& [name, value] : ElementAttrs(element, listed ? "Toutput_types" : "output_types"))
      attrs.emplace(name, std::move(value));
  }
  return Dataset(g.builder->Add(op, inputs, std::move(attrs), {}, g.loc));
}

Dataset Dataset::Then(const char* op, const InputList& inputs, AttrMap attrs,
                      const std::vector<OutputType>& element) const {
  if (!output_.valid()) return {};
  InputList all = {output_};
  all.insert(all.end(), inputs.begin(), inputs.end());
  return Made(At(*output_.builder(), inputs.empty() ? Loc() : inputs[0].loc()), op, all, std::move(attrs), element);
}

std::vector<OutputType> Dataset::element() const {
  return output_.valid() ? ElementOf(output_.builder()->graph().type(output_.endpoint())) : std::vector<OutputType>();
}

Dataset Dataset::FromTensors(At g, const InputList& components) {
  InputList inputs = components;
  const auto element = TypesOf(*g.builder, &inputs);
  return Made(g, "TensorDataset", inputs, {}, element);
}

Dataset Dataset::FromTensorSlices(At g, const InputList& components) {
  InputList inputs = components;
  const auto element = Rows(TypesOf(*g.builder, &inputs));
  return Made(g, "TensorSliceDataset", inputs, {}, element);
}

Dataset Dataset::Range(At g, Input start, Input stop, Input step) {
  return Made(g, "RangeDataset", {std::move(start), std::move(stop), std::move(step)}, {}, Typed({kInt64}));
}

Dataset Dataset::TfRecords(At g, Input filenames, const std::string& compression) {
  return Made(g, "TFRecordDataset", {std::move(filenames), compression.c_str(), int64_t{0}}, {}, {});
}

Dataset Dataset::TextLines(At g, Input filenames, const std::string& compression) {
  return Made(g, "TextLineDataset", {std::move(filenames), compression.c_str(), int64_t{0}}, {}, {});
}

Dataset Dataset::FixedLengthRecords(At g, Input filenames, int64_t record_bytes, int64_t header_bytes,
                                    int64_t footer_bytes) {
  return Made(g, "FixedLengthRecordDataset",
              {std::move(filenames), header_bytes, record_bytes, footer_bytes, int64_t{0}}, {}, {});
}

Dataset Dataset::Zip(const std::vector<Dataset>& datasets) {
  InputList inputs;
  std::vector<OutputType> element;
  for (const Dataset& d : datasets) {
    if (!d.output().valid()) return {};
    inputs.push_back(d.output());
    const auto more = d.element();
    element.insert(element.end(), more.begin(), more.end());
  }
  if (inputs.empty()) return {};
  return Made(*datasets[0].output().builder(), "ZipDataset", inputs, {}, element);
}

Dataset Dataset::Take(Input count) const { return Then("TakeDataset", {std::move(count)}); }
Dataset Dataset::Skip(Input count) const { return Then("SkipDataset", {std::move(count)}); }
Dataset Dataset::Repeat(Input count) const { return Then("RepeatDataset", {std::move(count)}); }
Dataset Dataset::Shard(Input num_shards, Input index) const {
  return Then("ShardDataset", {std::move(num_shards), std::move(index)});
}

Dataset Dataset::Concatenate(const Dataset& other) const {
  std::vector<OutputType> both = element();
  const std::vector<OutputType> others = other.element();
  for (size_t i = 0; i < both.size() && i < others.size(); ++i)
    both[i].shape = CommonShape(both[i].shape, others[i].shape);
  return Then("ConcatenateDataset", {other.output()}, {}, both);
}

Dataset Dataset::Shuffle(Input buffer_size, const ShuffleOptions& o) const {
  return Then("ShuffleDataset", {std::move(buffer_size), o.seed, o.seed2},
              {{"reshuffle_each_iteration", o.reshuffle_each_iteration}});
}

Dataset Dataset::Cache() const { return Then("CacheDataset", {""}); }
Dataset Dataset::Prefetch(Input buffer_size) const { return Then("PrefetchDataset", {std::move(buffer_size)}); }

Dataset Dataset::Batch(Input batch_size, const BatchOptions& o) const {
  return Then("BatchDatasetV2", {std::move(batch_size), o.drop_remainder}, {}, Batched(element()));
}

Dataset Dataset::PaddedBatch(Input batch_size, const std::vector<PartialShape>& shapes, const BatchOptions& o) const {
  InputList inputs = {std::move(batch_size)};
  std::vector<OutputType> padded = element();
  for (const PartialShape& shape : shapes) {
    Dims sizes;
    for (int i = 0; i < shape.rank(); ++i) sizes.push_back(Known(shape[i]) ? shape[i] : -1);
    inputs.push_back(Tensor(std::vector<int64_t>(sizes.begin(), sizes.end())));
  }
  for (size_t i = 0; i < padded.size(); ++i) {
    auto zero = Tensor::AllocateZeros(padded[i].dtype, Shape());
    inputs.push_back(zero.ok() ? *zero : Tensor(""));
    if (i < shapes.size()) padded[i].shape = shapes[i];
  }
  inputs.push_back(o.drop_remainder);
  const auto count = static_cast<int64_t>(shapes.size());
  return Then("PaddedBatchDatasetV2", inputs, {{"N", count}}, Batched(padded));
}

Dataset Dataset::Unbatch() const { return Then("UnbatchDataset", {}, {}, Rows(element())); }

// ---- by functions

Dataset Dataset::Held(const char* op, const char* attr, const BodyFn& fn, const InputList& inputs, bool flat) const {
  if (!output_.valid()) return {};
  Builder& b = *output_.builder();
  auto held = DefineHeld(b, op, element(), fn);
  if (!held) return {};
  InputList all(held->captures);
  all.insert(all.end(), inputs.begin(), inputs.end());
  std::vector<OutputType> given = held->results;
  if (std::string_view(attr) == "predicate") given = element();
  if (flat && given.size() == 1) given = ElementOf(given[0]);
  return Then(op, all, {{attr, held->function}}, given);
}

Dataset Dataset::Map(const BodyFn& fn) const { return Held("MapDataset", "f", fn, {}, false); }

Dataset Dataset::Filter(const std::function<Output(const Outputs&)>& predicate) const {
  return Held("FilterDataset", "predicate", [&](const Outputs& e) { return Outputs{predicate(e)}; }, {}, false);
}

Dataset Dataset::FlatMap(const std::function<Dataset(const Outputs&)>& fn) const {
  return Held("FlatMapDataset", "f", [&](const Outputs& e) { return Outputs{fn(e).output()}; }, {}, true);
}

Dataset Dataset::Interleave(const std::function<Dataset(const Outputs&)>& fn, Input cycle_length,
                            Input block_length) const {
  return Held("InterleaveDataset", "f", [&](const Outputs& e) { return Outputs{fn(e).output()}; },
              {std::move(cycle_length), std::move(block_length)}, true);
}

Outputs Dataset::Reduce(const InputList& initial_state, const BodyFn& fn) const {
  if (!output_.valid()) return Outputs(initial_state.size());
  Builder& b = *output_.builder();
  InputList inputs = initial_state;
  std::vector<OutputType> state = TypesOf(b, &inputs), args;
  for (OutputType& t : state) t.shape = PartialShape::Unknown(), args.push_back(t);
  for (const OutputType& t : element()) args.push_back(t);
  auto held = DefineHeld(b, "ReduceDataset", args, fn);
  if (!held) return Outputs(initial_state.size());
  inputs.insert(inputs.begin(), output_);
  std::vector<DType> captured, states;
  for (const Output& o : held->captures) inputs.push_back(o), captured.push_back(o.dtype());
  for (const OutputType& t : state) states.push_back(t.dtype);
  AttrMap attrs = ElementAttrs(state);
  attrs["f"] = held->function, attrs["Targuments"] = captured, attrs["Tstate"] = states;
  return MakeAll("ReduceDataset", inputs, std::move(attrs), {}, static_cast<int64_t>(state.size()));
}

// ---- iterators

Iterator Dataset::MakeInitializableIterator(const std::string& shared_name) const {
  if (!output_.valid()) return {};
  AttrMap attrs = ElementAttrs(element());
  attrs["shared_name"] = shared_name, attrs["container"] = "";
  const Output handle = output_.builder()->Add("IteratorV2", {}, std::move(attrs));
  return {handle, MakeNode("MakeIterator", {output_, handle}), element()};
}

Iterator Dataset::OneShot(At g, const std::function<Dataset(Builder& g)>& make) {
  auto held = DefineHeld(g, "make_dataset", {}, [&](const Outputs&) {
    return Outputs{make(*Builder::Innermost(g.builder)).output()};
  });
  if (!held) return {};
  if (!held->captures.empty()) {
    g.builder->Fail(InvalidArgument("error[function]: the dataset of a one-shot iterator uses '" +
                                    held->captures[0].name() + "' of the graph around it")
                        .Help("make an initializable iterator"));
    return {};
  }
  std::vector<OutputType> element = ElementOf(held->results[0]);
  AttrMap attrs = ElementAttrs(element);
  attrs["dataset_factory"] = held->function;
  return {g.builder->Add("OneShotIterator", {}, std::move(attrs), {}, g.loc), {}, std::move(element)};
}

Outputs Iterator::GetNext(const Name& name) const {
  if (!handle_.valid()) return {};
  return MakeAll("IteratorGetNext", {handle_}, ElementAttrs(element_), name, static_cast<int64_t>(element_.size()));
}

Output Iterator::StringHandle() const { return handle_.valid() ? Make("IteratorToStringHandle", {handle_}) : Output(); }

Iterator Iterator::FromStringHandle(Input handle, std::vector<DType> types, std::vector<PartialShape> shapes) {
  std::vector<OutputType> element(types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    element[i].dtype = types[i];
    if (i < shapes.size()) element[i].shape = shapes[i];
  }
  return {Make("IteratorFromStringHandleV2", {std::move(handle)}, ElementAttrs(element)), {}, std::move(element)};
}

}  // namespace weir
