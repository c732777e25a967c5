// Schemas of datasets of the elements of others as they are: some of them, in another order, again, one after the other
// or side by side; and of those that only say how elements are to be computed.
#include "weir/ops/data/dataset_shapes.h"
#include "weir/ops/handle_forms.h"

namespace weir {

namespace {

constexpr char kInput[] = "input_dataset: variant";

Status DataStateShape(ShapeContext& c) {
  c.set_output(0, PartialShape::Scalar());
  Resource state{ResourceKind::kDataState, "", std::string(c.node())};
  c.set_output_handle(0, DType::kInvalid, PartialShape::Unknown(), std::make_shared<const Resource>(std::move(state)));
  return {};
}

void AddOrder(OpRegistry& r) {
  constexpr char kReshuffle[] = "reshuffle_each_iteration: bool = true";
  const char* kShuffled =
      "The elements in random order, drawn by the seeds: each time any of the next buffer_size elements (-2: of all). "
      "Each iterator has another order, unless reshuffle_each_iteration is false. Seeds of 0: drawn anew.";
  const char* kRepeated = "The elements `count` times (-1: for ever), each time in another random order; see "
                          "ShuffleDataset.";
  const char *kSize = "buffer_size: int64", *kSeed = "seed: int64", *kSeed2 = "seed2: int64", *kCount = "count: int64",
             *kGenerator = "seed_generator: resource";
  AddDataset(r, "ShuffleDataset", {kInput, kSize, kSeed, kSeed2}).Attr(kReshuffle).Doc(kShuffled);
  AddDataset(r, "ShuffleDatasetV3", {kInput, kSize, kSeed, kSeed2, kGenerator}).Attr(kReshuffle).Stateful().Reads({4})
      .Doc(std::string(kShuffled) + " The generator is a dummy.");
  AddDataset(r, "ShuffleAndRepeatDataset", {kInput, kSize, kSeed, kSeed2, kCount}).Attr(kReshuffle).Doc(kRepeated);
  AddDataset(r, "ShuffleAndRepeatDatasetV2", {kInput, kSize, kSeed, kSeed2, kCount, kGenerator}).Attr(kReshuffle)
      .Stateful().Reads({5}).Doc(std::string(kRepeated) + " The generator is a dummy.");
  AddDataset(r, "CacheDataset", {kInput, "filename: string"})
      .Doc("The elements, which are computed once and kept in memory; no file may be named.");
  AddDataset(r, "CacheDatasetV2", {kInput, "filename: string", "cache: resource"}).Stateful().Reads({2})
      .Doc("As CacheDataset. The cache is a dummy.");
  for (const char* dummy : {"DummySeedGenerator", "DummyIterationCounter", "DummyMemoryCache"}) {
    r.Add(dummy).Output("handle: resource").MakesObject()
        .Doc("A handle for datasets that keep for themselves what others share by it.")
        .Shape(DataStateShape).NoGradient("its output is a handle");
  }
}

// Those that say how the elements are computed.
void AddPassing(OpRegistry& r) {
  auto add = [&](const char* name, std::initializer_list<const char*> inputs, const char* doc) -> OpDef& {
    OpDef& op = r.Add(name);
    for (const char* input : inputs) op.Input(input);
    return op.Output("handle: variant").Attr("output_types: list(type) >= 1").Attr("output_shapes: list(shape) >= 1")
        .Doc(doc).Shape(DatasetShape).NoFlops().NoGradient(kNotOfFloats);
  };
  add("OptimizeDataset", {kInput, "optimizations: string"}, "The input; how it is rewritten changes no element.")
      .Attr("optimization_configs: list(string) = []");
  add("OptimizeDatasetV2",
      {kInput, "optimizations_enabled: string", "optimizations_disabled: string", "optimizations_default: string"},
      "The input; how it is rewritten changes no element.")
      .Attr("optimization_configs: list(string) = []");
  add("ModelDataset", {kInput}, "The input; how it is tuned changes no element.")
      .Attr("algorithm: int = 0").Attr("cpu_budget: int = 0").Attr("ram_budget: int = 0");
  add("FinalizeDataset", {kInput}, "The input, of which nothing else is made.").Attr("has_captured_ref: bool = false");
  for (std::string old : {"", "Experimental"}) {
    add((old + "NonSerializableDataset").c_str(), {kInput}, "The input, unchanged.");
    add((old + "MaxIntraOpParallelismDataset").c_str(), {kInput, "max_intra_op_parallelism: int64"},
        "The input; how many threads compute it changes no element.");
    add((old + "PrivateThreadPoolDataset").c_str(), {kInput, "num_threads: int64"},
        "The input; which threads compute it changes no element.");
    add((old + "IgnoreErrorsDataset").c_str(), {kInput}, "The elements of the input, but those that are errors.")
        .Attr("log_warning: bool = false");
  }
  add("AssertCardinalityDataset", {kInput, "cardinality: int64"},
      "The elements of the input; an error where there are more or fewer than `cardinality` (-1: infinitely many).");
  AddDataset(r, "OptionsDataset", {kInput}).Attr("serialized_options: string")
      .Doc("The input; its options change no element.");
  AddDataset(r, "PrefetchDataset", {kInput, "buffer_size: int64"})
      .Attr("slack_period: int = 0").Attr("legacy_autotune: bool = true").Attr("buffer_size_min: int = 0")
      .Doc("The input. That its elements are computed beforehand would change none; here they are when they are asked "
           "for.");
}

}  // namespace

void RegisterSelectionOps(OpRegistry& r) {
  AddDataset(r, "TakeDataset", {kInput, "count: int64"}).Doc("The first `count` elements; all if that is negative.");
  AddDataset(r, "SkipDataset", {kInput, "count: int64"})
      .Doc("The elements but for the first `count`; none if that is negative.");
  AddDataset(r, "RepeatDataset", {kInput, "count: int64"})
      .Doc("The elements `count` times; for ever if that is negative.");
  AddDataset(r, "ShardDataset", {kInput, "num_shards: int64", "index: int64"}).Attr("require_non_empty: bool = false")
      .Doc("The elements number index, index + num_shards, …");
  AddDataset(r, "ConcatenateDataset", {kInput, "another_dataset: variant"})
      .Doc("The elements of a dataset, then those of the other one.");
  AddDataset(r, "ZipDataset", {"input_datasets: N * variant"}).Attr("N: int >= 1")
      .Doc("Elements that have the components of one element of each dataset, as long as all have elements.");
  AddOrder(r);
  AddPassing(r);
}

}  // namespace weir
