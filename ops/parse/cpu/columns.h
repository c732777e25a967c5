// What the ops that parse Examples share: columns, each what is wanted of one key, and where its values lie in the
// serialized messages. Preparing finds, checks and counts them; a run copies them, the examples in any number of parts.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weir/runtime/io/feature_lists.h"
#include "weir/runtime/kernel.h"

namespace weir {

enum class ColumnForm : uint8_t { kSparse, kDense, kRagged };

// Values in a serialized message, those of one feature; the first of them is value `first` of the column.
struct Cell {
  io::ListKind kind = io::ListKind::kNone;
  size_t begin = 0, bytes = 0;
  int64_t count = 0, first = 0;
};

struct Column {
  std::string key;
  DType type = kFloat;
  ColumnForm form = ColumnForm::kSparse;
  bool is_list = false;        // of a feature list: a cell for each element of it, else one for each example
  int output = 0, stride = 1;  // the first of its outputs, and how far apart they are
  bool has_lengths = false;    // of a dense list
  DType split_type = kInt64;   // of a ragged one
  bool scalar_splits = false;  // of a single example a number, else none
  // ---- dense
  Dims row;                // the sizes of a cell; where `padded` of one element of it
  int64_t elements = 1;    // that many values
  bool padded = false;     // cells have any number of elements: filled up to the longest
  bool required = false;   // else a feature that is missing is the default, a list of no elements
  int default_input = -1;  // a list has none: zeros
  // ---- what was found
  std::vector<Cell> cells;
  std::vector<int64_t> starts = {0};  // of a list: the first cell of each example, and behind them their number
  bool seen = false;                  // in the example that is scanned
  int64_t values = 0, most_values = 0, most_steps = 0;
};

// The columns of one op, and what serialized examples have for them.
class ExampleTable {
 public:
  explicit ExampleTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Finds all values. `names`: of as many examples, or null. Errors name the example and the key.
  Status Scan(const Tensor& serialized, const std::string* names);
  Status SetOutputs(PrepareContext& c) const;
  // A run's work: the shapes of sparse columns and where splits begin; what the examples of the part give.
  void WriteShapes(RunArgs& a) const;
  void WriteExamples(RunArgs& a) const;

  int64_t examples() const { return examples_; }
  int64_t bytes() const { return bytes_; }

 private:
  Status IndexKeys();
  Status ScanExample(const std::string& bytes);
  Status AddList(Column* column, std::string_view list, const char* message);
  Status AddCell(Column* column, std::string_view feature, const char* message);
  Status EndExample(Column* column);
  std::string Where(const Column* list = nullptr) const;
  Status CheckCount(const Column& column, const Cell& cell) const;
  Status SetOutput(PrepareContext& c, const Column& column) const;
  // An example's cells, as numbers of the column's.
  std::pair<int64_t, int64_t> CellsOf(const Column& column, int64_t example) const;
  bool Copy(RunArgs& a, const Cell& cell, int64_t example, void* out) const;
  bool WriteSparse(RunArgs& a, const Column& column, int64_t example) const;
  bool WriteDense(RunArgs& a, const Column& column, int64_t example) const;
  bool WriteRagged(RunArgs& a, const Column& column, int64_t example) const;

  using Index = std::unordered_map<std::string_view, size_t>;
  std::vector<Column> columns_;
  Index features_, lists_;  // the columns' numbers by key
  bool batched_ = false;
  int64_t examples_ = 0, bytes_ = 0;
  int64_t example_ = 0;  // that is scanned
  const std::string* names_ = nullptr;
};

}  // namespace weir
