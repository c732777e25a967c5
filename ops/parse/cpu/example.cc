// Kernels of the ops that parse Examples and SequenceExamples: which columns each op has. What is done with them is in
// columns.cc. All inputs but the defaults are needed to prepare, since they tell the outputs' shapes.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "weir/ops/parse/cpu/columns.h"

namespace weir {

namespace {

// Outputs that come together: for each key `parts` of them, the first parts of all keys before their second ones.
struct Group {
  ColumnForm form;
  bool is_list;
  int parts;
  const char *keys, *types;        // an attribute or an input, and a list of dtypes
  const char* more = nullptr;      // the attribute with dense columns' shapes or ragged columns' dtypes of splits
  const char* defaults = nullptr;  // of dense features
  bool pads = false;               // dense features may be of any length
  const char* number = nullptr;    // the attribute that tells how many keys there are, where the op has it
};

using enum ColumnForm;

constexpr Group Sparse(bool is_list, const char* keys, const char* types, const char* number) {
  return {kSparse, is_list, 3, keys, types, nullptr, nullptr, false, number};
}

constexpr Group kSparseFeatures = Sparse(false, "sparse_keys", "sparse_types", "num_sparse");
constexpr Group kSparseFeatures1 = Sparse(false, "sparse_keys", "sparse_types", "Nsparse");
constexpr Group kDenseFeatures = {kDense, false, 1, "dense_keys", "Tdense", "dense_shapes", "dense_defaults", true,
                                  "Ndense"};
constexpr Group kRaggedFeatures = {kRagged, false, 2, "ragged_keys", "ragged_value_types", "ragged_split_types"};
constexpr Group kSparseContext = Sparse(false, "context_sparse_keys", "context_sparse_types", "Ncontext_sparse");
constexpr Group kDenseContext = {kDense, false, 1, "context_dense_keys", "Tcontext_dense", "context_dense_shapes",
                                 "context_dense_defaults", false, "Ncontext_dense"};
constexpr Group kRaggedContext = {kRagged, false, 2, "context_ragged_keys", "context_ragged_value_types",
                                  "context_ragged_split_types"};
constexpr Group kSparseLists = Sparse(true, "feature_list_sparse_keys", "feature_list_sparse_types",
                                      "Nfeature_list_sparse");
constexpr Group kDenseLists = {kDense, true, 2, "feature_list_dense_keys", "feature_list_dense_types",
                               "feature_list_dense_shapes", nullptr, false, "Nfeature_list_dense"};
constexpr Group kDenseSingleLists = {kDense, true, 1, kDenseLists.keys, kDenseLists.types, kDenseLists.more, nullptr,
                                     false, kDenseLists.number};
constexpr Group kRaggedLists = {kRagged, true, 3, "feature_list_ragged_keys", "feature_list_ragged_value_types",
                                "feature_list_ragged_split_types"};

// An op, by its groups in the order of its outputs.
struct Parser {
  std::vector<Group> groups;
  int least_rank, most_rank;     // of the serialized messages
  const char* names;             // the input that names them, or null
  bool scalar_splits = false;    // the splits of a single message are a number, else there are none
};

// Keys are a list of strings, a vector, or a scalar each.
Result<std::vector<std::string>> KeysOf(const PrepareContext& c, const char* name, size_t count) {
  if (c.attrs().contains(name)) {
    auto keys = c.attr<AttrList>(name).s;
    if (keys.size() == count) return keys;
    return InvalidArgument(fmt::format("is given {} {} for {} dtypes", keys.size(), name, count));
  }
  std::vector<std::string> keys;
  const int first = c.input(name);
  if (first < 0) return keys;
  const bool vector = c.input_shape(first).rank() == 1;
  if (vector && c.input_shape(first)[0] != static_cast<int64_t>(count)) {
    return InvalidArgument(
        fmt::format("is given {} {} for {} dtypes", c.input_shape(first).ToString(), name, count));
  }
  for (size_t k = 0; k < count; ++k) {
    const int input = vector ? first : first + static_cast<int>(k);
    if (!vector && c.input_shape(input).rank() != 0)
      return InvalidArgument(fmt::format("wants scalars as {}, not {}", name, c.input_shape(input).ToString()));
    keys.push_back(c.input_value(input)->data<std::string>()[vector ? k : 0]);
  }
  return keys;
}

// The shape of a dense column, whose first size may be open where features have defaults that tell what to fill with.
Status SetRow(const PrepareContext& c, const PartialShape& shape, bool may_pad, Column* column) {
  Dims row = shape.dims();
  column->padded = may_pad && shape.known_rank() && shape.rank() > 0 && !Known(row[0]);
  auto one = Shape::Make(column->padded ? Dims(row.begin() + 1, row.end()) : row);
  if (!shape.known_rank() || !one.ok()) {
    return InvalidArgument(fmt::format("is given the shape {} of '{:.100}', whose {}sizes are not all known",
                                       shape.ToString(), column->key, may_pad ? "inner " : ""));
  }
  column->row = std::move(row);
  column->elements = one->num_elements();
  if (column->default_input < 0) return {};
  const Shape& filling = c.input_shape(column->default_input);
  column->required = !column->padded && filling.num_elements() == 0;
  if (column->padded ? filling.num_elements() == 1 : column->required || filling == *one) return {};
  return InvalidArgument(fmt::format("is given a default {} of '{:.100}', whose shape is {}", filling.ToString(),
                                     column->key, shape.ToString()))
      .Help(column->padded ? "the default is one element, which is filled up with"
                           : "the default has that shape, or no elements where the feature must be there");
}

// Whether the list of number k may be missing.
Result<bool> MayBeMissing(const PrepareContext& c, const std::string& key, size_t k, size_t count) {
  constexpr char kName[] = "feature_list_dense_missing_assumed_empty";
  auto among = [&](const auto& keys) { return std::find(keys.begin(), keys.end(), key) != keys.end(); };
  if (c.attrs().contains(kName)) return among(c.attr<AttrList>(kName).s);
  const Tensor& value = *c.input_value(c.input(kName));
  if (value.dtype() == kString) return among(value.span<std::string>());
  if (value.rank() == 1 && value.num_elements() == static_cast<int64_t>(count)) return value.data<bool>()[k];
  return InvalidArgument(fmt::format("is given {} {} for {} lists", value.shape().ToString(), kName, count));
}

Status AddColumns(const PrepareContext& c, const Group& group, int* output, std::vector<Column>* columns) {
  const std::vector<DType> types = c.attr<AttrList>(group.types).type;
  const AttrList more = group.more ? c.attr<AttrList>(group.more) : AttrList();
  if (group.number && c.attrs().contains(group.number) &&
      c.attr<int64_t>(group.number) != static_cast<int64_t>(types.size())) {
    return InvalidArgument(fmt::format("is given {} dtypes as {} where {} is {}", types.size(), group.types,
                                       group.number, c.attr<int64_t>(group.number)));
  }
  WEIR_ASSIGN_OR_RETURN(std::vector<std::string> keys, KeysOf(c, group.keys, types.size()));
  if (group.more && more.size() != types.size())
    return InvalidArgument(fmt::format("is given {} {} for {} dtypes", more.size(), group.more, types.size()));
  for (size_t k = 0; k < types.size(); ++k) {
    Column column;
    column.key = keys[k];
    column.type = types[k];
    column.form = group.form;
    column.is_list = group.is_list;
    column.output = *output + static_cast<int>(k);
    column.stride = static_cast<int>(types.size());
    if (group.form == kRagged) column.split_type = more.type[k];
    if (group.form == kDense) {
      if (group.defaults) column.default_input = c.input(group.defaults) + static_cast<int>(k);
      column.has_lengths = group.parts == 2;
      WEIR_RETURN_IF_ERROR(SetRow(c, more.shape[k], group.pads, &column));
      if (group.is_list) {
        WEIR_ASSIGN_OR_RETURN(bool may, MayBeMissing(c, column.key, k, types.size()));
        column.required = !may;
      }
    }
    columns->push_back(std::move(column));
  }
  *output += group.parts * static_cast<int>(types.size());
  return {};
}

Status CheckMessages(const PrepareContext& c, const Parser& parser) {
  const Shape& serialized = c.input_shape(0);
  if (serialized.rank() < parser.least_rank || serialized.rank() > parser.most_rank) {
    const char* what = parser.most_rank == 0 ? "a scalar" : parser.least_rank == 1 ? "a vector" : "a scalar or vector";
    return InvalidArgument(fmt::format("wants {} of messages, not {}", what, serialized.ToString()));
  }
  const Shape& names = parser.names ? c.input_shape(c.input(parser.names)) : serialized;
  if (names.num_elements() == 0 || names.num_elements() == serialized.num_elements()) return {};
  return InvalidArgument(fmt::format("is given {} names of {} messages", names.ToString(), serialized.ToString()));
}

Status Prepare(PrepareContext& c, const Parser& parser) {
  WEIR_RETURN_IF_ERROR(CheckMessages(c, parser));
  std::vector<Column> columns;
  int output = 0;
  for (const Group& group : parser.groups) WEIR_RETURN_IF_ERROR(AddColumns(c, group, &output, &columns));
  for (Column& column : columns) column.scalar_splits = parser.scalar_splits;
  auto table = std::make_shared<ExampleTable>(std::move(columns));
  const Tensor* names = parser.names ? c.input_value(c.input(parser.names)) : nullptr;
  const bool named = names && names->num_elements() > 0;
  WEIR_RETURN_IF_ERROR(table->Scan(*c.input_value(0), named ? names->data<std::string>() : nullptr));
  WEIR_RETURN_IF_ERROR(table->SetOutputs(c));
  c.Before(1, 100, [table](RunArgs& a) { table->WriteShapes(a); });
  const int64_t most = std::max<int64_t>(table->examples(), 1);
  c.ParallelOver(table->examples(), 50 + static_cast<double>(table->bytes() / most));
  c.SetRun([table](RunArgs& a) { table->WriteExamples(a); });
  return {};
}

KernelDef& Add(KernelRegistry& r, std::string op, Parser parser) {
  return r.Add(std::move(op), [parser = std::move(parser)](PrepareContext& c) { return Prepare(c, parser); }).ByName();
}

}  // namespace

void RegisterParseExampleKernels(KernelRegistry& r) {
  Add(r, "ParseExample", {{kSparseFeatures1, kDenseFeatures}, 1, 1, "names"}).NeedsValueFrom(0);
  Add(r, "ParseExampleV2", {{kSparseFeatures, kDenseFeatures, kRaggedFeatures}, 0, 1, "names"}).NeedsValueFrom(0);
  Add(r, "ParseSingleExample", {{kSparseFeatures, kDenseFeatures}, 0, 0, nullptr}).NeedsValue({0});
  Add(r, "ParseSequenceExample", {{kSparseContext, kDenseContext, kSparseLists, kDenseLists}, 0, 1, "debug_name"})
      .NeedsValue({0, 1});
  Add(r, "ParseSequenceExampleV2",
      {{kSparseContext, kDenseContext, kRaggedContext, kSparseLists, kDenseLists, kRaggedLists}, 0, 1, "debug_name",
       true})
      .NeedsValueFrom(0);
  Add(r, "ParseSingleSequenceExample",
      {{kSparseContext, kDenseContext, kSparseLists, kDenseSingleLists}, 0, 0, "debug_name"})
      .NeedsValueFrom(0);
}

}  // namespace weir
