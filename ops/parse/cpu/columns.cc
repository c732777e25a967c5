// Finding what serialized examples have for columns. Writing it: columns_write.cc.
#include "weir/ops/parse/cpu/columns.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

namespace {

io::ListKind KindOf(DType type) {
  return type == kString ? io::ListKind::kStrings : type == kFloat ? io::ListKind::kFloats : io::ListKind::kInts;
}

std::string NameOf(io::ListKind kind) {
  constexpr const char* kNames[] = {"nothing", "string", "float", "int64"};
  return kNames[static_cast<size_t>(kind)];
}

// Numbers the values of all cells, which know how many they have.
Status NumberValues(Column* column) {
  for (Cell& cell : column->cells) {
    cell.first = column->values;
    column->values += cell.count;
    column->most_values = std::max(column->most_values, cell.count);
  }
  for (size_t i = 0; i + 1 < column->starts.size(); ++i)
    column->most_steps = std::max(column->most_steps, column->starts[i + 1] - column->starts[i]);
  const bool fits = column->values <= INT32_MAX && column->cells.size() <= INT32_MAX;
  if (column->form != ColumnForm::kRagged || column->split_type == kInt64 || fits) return {};
  return InvalidArgument(
      fmt::format("has {} values of '{:.100}', too many for splits of int32", column->values, column->key));
}

}  // namespace

Status ExampleTable::IndexKeys() {
  for (size_t k = 0; k < columns_.size(); ++k) {
    Index& index = columns_[k].is_list ? lists_ : features_;
    if (!index.emplace(columns_[k].key, k).second)
      return InvalidArgument(fmt::format("is given the key '{:.100}' twice", columns_[k].key));
  }
  return {};
}

Status ExampleTable::Scan(const Tensor& serialized, const std::string* names) {
  WEIR_RETURN_IF_ERROR(IndexKeys());
  examples_ = serialized.num_elements();
  batched_ = serialized.rank() == 1;
  names_ = names;
  for (Column& column : columns_) {
    if (!column.is_list) column.cells.resize(static_cast<size_t>(examples_));
  }
  for (example_ = 0; example_ < examples_; ++example_) {
    const std::string& bytes = serialized.data<std::string>()[example_];
    WEIR_RETURN_IF_ERROR(ScanExample(bytes));
    bytes_ += static_cast<int64_t>(bytes.size());
  }
  for (Column& column : columns_) WEIR_RETURN_IF_ERROR(NumberValues(&column));
  names_ = nullptr;
  return {};
}

// Where something is wrong: at an element of a list, in an example.
std::string ExampleTable::Where(const Column* list) const {
  const std::string example = names_ ? fmt::format("in example {}, '{:.100}'", example_, names_[example_])
                                     : fmt::format("in example {}", example_);
  if (!list || !list->is_list) return example;
  return fmt::format("at element {} {}", static_cast<int64_t>(list->cells.size()) - list->starts.back(), example);
}

Status ExampleTable::CheckCount(const Column& column, const Cell& cell) const {
  if (column.form != ColumnForm::kDense) return {};
  const bool fits = column.padded ? column.elements > 0 && cell.count % column.elements == 0
                                  : cell.count == column.elements;
  if (fits) return {};
  return InvalidArgument(fmt::format("has {} {} values of '{:.100}' {}, {} {}", cell.count, DTypeName(column.type),
                                     column.key, Where(&column),
                                     column.padded ? "no multiple of" : "where its shape wants", column.elements));
}

// An Example's features and a SequenceExample's context are its field 1, the latter's feature lists are field 2.
Status ExampleTable::ScanExample(const std::string& bytes) {
  Status bad;
  const bool sound = io::ForEachField(bytes, [&](const io::MessageField& field) {
    if (field.type != io::WireType::kBytes || field.number > 2) return true;
    const bool list = field.number == 2;
    const Index& index = list ? lists_ : features_;
    return index.empty() || io::ForEachEntry(field.bytes, [&](std::string_view key, std::string_view value) {
      const auto at = index.find(key);
      if (at == index.end()) return true;
      Column* column = &columns_[at->second];
      bad = list ? AddList(column, value, bytes.data()) : AddCell(column, value, bytes.data());
      return bad.ok();
    });
  });
  WEIR_RETURN_IF_ERROR(bad);
  if (!sound) return InvalidArgument(fmt::format("cannot parse the {} bytes {}", bytes.size(), Where()));
  for (Column& column : columns_) WEIR_RETURN_IF_ERROR(EndExample(&column));
  return {};
}

// Of two lists of one key the last one counts, and so it is of features.
Status ExampleTable::AddList(Column* column, std::string_view list, const char* message) {
  column->cells.resize(static_cast<size_t>(column->starts.back()));
  column->seen = true;
  Status bad;
  const bool sound = io::ForEachField(list, [&](const io::MessageField& field) {
    if (field.number == 1 && field.type == io::WireType::kBytes) bad = AddCell(column, field.bytes, message);
    return bad.ok();
  });
  if (bad.ok() && !sound)
    return InvalidArgument(fmt::format("cannot parse the feature list '{:.100}' {}", column->key, Where()));
  return bad;
}

Status ExampleTable::AddCell(Column* column, std::string_view feature, const char* message) {
  io::ValueList list;
  int64_t count = -1;
  if (io::ReadFeature(feature, &list)) count = io::CountValues(list);
  if (count < 0)
    return InvalidArgument(fmt::format("cannot parse the feature '{:.100}' {}", column->key, Where(column)));
  if (list.kind != io::ListKind::kNone && list.kind != KindOf(column->type)) {
    return InvalidArgument(fmt::format("wants '{:.100}' as {}, but it is {} {}", column->key, DTypeName(column->type),
                                       NameOf(list.kind), Where(column)));
  }
  const size_t begin = list.bytes.empty() ? 0 : static_cast<size_t>(list.bytes.data() - message);
  const Cell cell{list.kind, begin, list.bytes.size(), count};
  if (!column->is_list) {
    column->seen = list.kind != io::ListKind::kNone;  // what says nothing is missing
    column->cells[static_cast<size_t>(example_)] = cell;
    return {};
  }
  WEIR_RETURN_IF_ERROR(CheckCount(*column, cell));
  column->cells.push_back(cell);
  return {};
}

// Whether the example has what the column must have of it.
Status ExampleTable::EndExample(Column* column) {
  const bool seen = std::exchange(column->seen, false);
  if (!seen && column->required) {
    return InvalidArgument(fmt::format("wants the {} '{:.100}' ({}), which is missing {}",
                                       column->is_list ? "feature list" : "feature", column->key,
                                       DTypeName(column->type), Where()))
        .Help(column->is_list ? "feature_list_dense_missing_assumed_empty names lists that may be missing"
                              : "a default that has elements stands for it");
  }
  if (column->is_list) {
    column->starts.push_back(static_cast<int64_t>(column->cells.size()));
    return {};
  }
  return seen ? CheckCount(*column, column->cells[static_cast<size_t>(example_)]) : Status();
}

}  // namespace weir
