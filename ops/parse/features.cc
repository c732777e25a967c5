// Building functions of the ops that parse Examples: what is wanted of features, in the ops' terms, and their outputs
// by key.
#include "weir/ops/parse/parse.h"

namespace weir::ops {

namespace {

struct Wanted {
  std::vector<std::string> sparse, dense, ragged;
  std::vector<DType> sparse_types, dense_types, ragged_types;
  std::vector<PartialShape> shapes;
  std::vector<Input> defaults;
  std::vector<bool> may_be_missing;
};

Wanted Sorted(const std::vector<FeatureSpec>& features) {
  Wanted w;
  for (const FeatureSpec& f : features) {
    const bool sparse = f.form == FeatureSpec::kSparse, ragged = f.form == FeatureSpec::kRagged;
    (sparse ? w.sparse : ragged ? w.ragged : w.dense).push_back(f.key);
    (sparse ? w.sparse_types : ragged ? w.ragged_types : w.dense_types).push_back(f.dtype);
    if (sparse || ragged) continue;
    w.shapes.push_back(f.shape);
    w.defaults.push_back(f.default_value.valid() ? f.default_value : Tensor::Zeros(f.dtype, {0}));
    w.may_be_missing.push_back(f.may_be_missing);
  }
  return w;
}

std::vector<DType> Splits(const Wanted& w) { return std::vector<DType>(w.ragged.size(), kInt64); }

// Takes outputs in the ops' order, for each key one, off a list.
class Outputs {
 public:
  explicit Outputs(const OutputList& all) : all_(all) {}
  void Take(const std::vector<std::string>& keys, Output ParsedFeature::*part, ParsedFeatures* to) {
    for (const std::string& key : keys) (*to)[key].*part = all_[next_++];
  }
  void TakeSparse(const Wanted& w, ParsedFeatures* to) {
    Take(w.sparse, &ParsedFeature::indices, to);
    Take(w.sparse, &ParsedFeature::values, to);
    Take(w.sparse, &ParsedFeature::shape, to);
  }
  void TakeRagged(const Wanted& w, ParsedFeatures* to) {
    Take(w.ragged, &ParsedFeature::values, to);
    Take(w.ragged, &ParsedFeature::row_splits, to);
  }

 private:
  const OutputList& all_;
  size_t next_ = 0;
};

}  // namespace

ParsedFeatures ParseExample(Input serialized, const std::vector<FeatureSpec>& features, const Name& name) {
  const Wanted w = Sorted(features);
  std::vector<Input> inputs = {serialized, Tensor::Zeros(kString, {0}), Tensor(w.sparse), Tensor(w.dense),
                               Tensor(w.ragged)};
  inputs.insert(inputs.end(), w.defaults.begin(), w.defaults.end());
  const OutputList all = MakeAll("ParseExampleV2", InputList(inputs),
                                 {{"num_sparse", static_cast<int64_t>(w.sparse.size())},
                                  {"sparse_types", w.sparse_types},
                                  {"Tdense", w.dense_types},
                                  {"dense_shapes", w.shapes},
                                  {"ragged_value_types", w.ragged_types},
                                  {"ragged_split_types", Splits(w)}},
                                 name);
  ParsedFeatures parsed;
  Outputs outputs(all);
  outputs.TakeSparse(w, &parsed);
  outputs.Take(w.dense, &ParsedFeature::values, &parsed);
  outputs.TakeRagged(w, &parsed);
  return parsed;
}

ParsedSequence ParseSequenceExample(Input serialized, const std::vector<FeatureSpec>& context,
                                    const std::vector<FeatureSpec>& lists, const Name& name) {
  const Wanted c = Sorted(context), l = Sorted(lists);
  Tensor missing = Tensor::Zeros(kBool, {static_cast<int64_t>(l.dense.size())});
  std::copy(l.may_be_missing.begin(), l.may_be_missing.end(), missing.mutable_data<bool>());
  std::vector<Input> inputs = {serialized,       Tensor::Zeros(kString, {0}), Tensor(c.sparse), Tensor(c.dense),
                               Tensor(c.ragged), Tensor(l.sparse),            Tensor(l.dense),  Tensor(l.ragged),
                               missing};
  inputs.insert(inputs.end(), c.defaults.begin(), c.defaults.end());
  const OutputList all = MakeAll("ParseSequenceExampleV2", InputList(inputs),
                                 {{"Ncontext_sparse", static_cast<int64_t>(c.sparse.size())},
                                  {"Nfeature_list_sparse", static_cast<int64_t>(l.sparse.size())},
                                  {"Nfeature_list_dense", static_cast<int64_t>(l.dense.size())},
                                  {"context_sparse_types", c.sparse_types},
                                  {"Tcontext_dense", c.dense_types},
                                  {"context_dense_shapes", c.shapes},
                                  {"context_ragged_value_types", c.ragged_types},
                                  {"context_ragged_split_types", Splits(c)},
                                  {"feature_list_sparse_types", l.sparse_types},
                                  {"feature_list_dense_types", l.dense_types},
                                  {"feature_list_dense_shapes", l.shapes},
                                  {"feature_list_ragged_value_types", l.ragged_types},
                                  {"feature_list_ragged_split_types", Splits(l)}},
                                 name);
  ParsedSequence parsed;
  Outputs outputs(all);
  outputs.TakeSparse(c, &parsed.context);
  outputs.Take(c.dense, &ParsedFeature::values, &parsed.context);
  outputs.TakeRagged(c, &parsed.context);
  outputs.TakeSparse(l, &parsed.lists);
  outputs.Take(l.dense, &ParsedFeature::values, &parsed.lists);
  outputs.Take(l.dense, &ParsedFeature::lengths, &parsed.lists);
  outputs.TakeRagged(l, &parsed.lists);
  outputs.Take(l.ragged, &ParsedFeature::inner_splits, &parsed.lists);
  return parsed;
}

}  // namespace weir::ops
