// Writing what was found for columns: see columns.h.
#include <fmt/format.h>

#include <algorithm>

#include "weir/ops/parse/cpu/columns.h"

namespace weir {

namespace {

// `count` elements that are all equal to one.
void Fill(DType type, const void* value, void* out, int64_t count) {
  if (count == 0) return;
  CopyElements(type, value, out, 1);
  for (int64_t done = 1; done < count; done *= 2)
    CopyElements(type, out, ElementAt(type, out, done), std::min(done, count - done));
}

void FillZeros(DType type, void* out, int64_t count) {
  if (type == kString) std::fill_n(static_cast<std::string*>(out), count, std::string());
  else std::fill_n(static_cast<char*>(out), count * static_cast<int64_t>(SizeOf(type)), 0);
}

void SetSplit(RunArgs& a, int output, DType type, int64_t i, int64_t value) {
  if (type == kInt32) a.out<int32_t>(output)[i] = static_cast<int32_t>(value);
  else a.out<int64_t>(output)[i] = value;
}

}  // namespace

// ---- shapes

Status ExampleTable::SetOutput(PrepareContext& c, const Column& column) const {
  const int out = column.output, next = out + column.stride;
  const int64_t rank = (batched_ ? 2 : 1) + (column.is_list ? 1 : 0);
  const Dims of_each = batched_ ? Dims{examples_} : Dims{};
  if (column.form == ColumnForm::kSparse) {
    WEIR_RETURN_IF_ERROR(c.set_output_dims(out, {column.values, rank}));
    WEIR_RETURN_IF_ERROR(c.set_output_dims(next, {column.values}));
    return c.set_output_dims(next + column.stride, {rank});
  }
  if (column.form == ColumnForm::kDense) {
    Dims dims = of_each;
    if (column.is_list) dims.push_back(column.most_steps);
    dims.insert(dims.end(), column.row.begin(), column.row.end());
    if (column.padded) dims[of_each.size()] = column.elements > 0 ? column.most_values / column.elements : 0;
    WEIR_RETURN_IF_ERROR(c.set_output_dims(out, dims));
    return column.has_lengths ? c.set_output_dims(next, of_each) : Status();
  }
  // Of one example a list's ops give a number in place of splits, ParseExampleV2 nothing.
  const Dims splits = batched_ ? Dims{examples_ + 1} : column.scalar_splits ? Dims{} : Dims{0};
  WEIR_RETURN_IF_ERROR(c.set_output_dims(out, {column.values}));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(next, splits));
  if (!column.is_list) return {};
  return c.set_output_dims(next + column.stride, {static_cast<int64_t>(column.cells.size()) + 1});
}

Status ExampleTable::SetOutputs(PrepareContext& c) const {
  for (const Column& column : columns_) WEIR_RETURN_IF_ERROR(SetOutput(c, column));
  return {};
}

void ExampleTable::WriteShapes(RunArgs& a) const {
  for (const Column& column : columns_) {
    const int next = column.output + column.stride, last = next + column.stride;
    if (column.form == ColumnForm::kSparse) {
      int64_t* sizes = a.out<int64_t>(last);
      if (batched_) *sizes++ = examples_;
      if (column.is_list) *sizes++ = column.most_steps;
      *sizes = column.most_values;
    } else if (column.form == ColumnForm::kRagged) {
      if (batched_) SetSplit(a, next, column.split_type, 0, 0);
      if (column.is_list) SetSplit(a, last, column.split_type, 0, 0);
    }
  }
}

// ---- values

std::pair<int64_t, int64_t> ExampleTable::CellsOf(const Column& column, int64_t example) const {
  if (!column.is_list) return {example, example + 1};
  return {column.starts[static_cast<size_t>(example)], column.starts[static_cast<size_t>(example) + 1]};
}

bool ExampleTable::Copy(RunArgs& a, const Cell& cell, int64_t example, void* out) const {
  const std::string_view message = a.in<std::string>(0)[example];
  return io::CopyValues({cell.kind, message.substr(cell.begin, cell.bytes)}, out);
}

bool ExampleTable::WriteSparse(RunArgs& a, const Column& column, int64_t example) const {
  const auto [begin, end] = CellsOf(column, example);
  void* values = a.out<void>(column.output + column.stride);
  bool good = true;
  for (int64_t k = begin; good && k < end; ++k) {
    const Cell& cell = column.cells[static_cast<size_t>(k)];
    const int64_t rank = (batched_ ? 2 : 1) + (column.is_list ? 1 : 0);
    int64_t* position = a.out<int64_t>(column.output) + cell.first * rank;
    for (int64_t i = 0; i < cell.count; ++i) {
      if (batched_) *position++ = example;
      if (column.is_list) *position++ = k - begin;
      *position++ = i;
    }
    good = Copy(a, cell, example, ElementAt(column.type, values, cell.first));
  }
  return good;
}

bool ExampleTable::WriteDense(RunArgs& a, const Column& column, int64_t example) const {
  const auto [begin, end] = CellsOf(column, example);
  const int64_t width = column.padded ? column.most_values : column.elements;
  const int64_t cells = column.is_list ? column.most_steps : 1;
  void* out = ElementAt(column.type, a.out<void>(column.output), example * cells * width);
  bool good = true;
  for (int64_t k = begin; good && k < end; ++k) {
    const Cell& cell = column.cells[static_cast<size_t>(k)];
    good = Copy(a, cell, example, out);
    void* rest = ElementAt(column.type, out, cell.count);
    out = ElementAt(column.type, out, width);
    if (column.default_input < 0) continue;
    const void* value = a.in<void>(column.default_input);
    if (column.padded) Fill(column.type, value, rest, width - cell.count);
    else if (cell.kind == io::ListKind::kNone) CopyElements(column.type, value, rest, width);
  }
  if (column.is_list) FillZeros(column.type, out, (cells - (end - begin)) * width);
  if (column.has_lengths) a.out<int64_t>(column.output + column.stride)[example] = end - begin;
  return good;
}

bool ExampleTable::WriteRagged(RunArgs& a, const Column& column, int64_t example) const {
  const auto [begin, end] = CellsOf(column, example);
  const int splits = column.output + column.stride;
  bool good = true;
  int64_t values = 0;
  for (int64_t k = begin; good && k < end; ++k) {
    const Cell& cell = column.cells[static_cast<size_t>(k)];
    values = cell.first + cell.count;
    good = Copy(a, cell, example, ElementAt(column.type, a.out<void>(column.output), cell.first));
    if (column.is_list) SetSplit(a, splits + column.stride, column.split_type, k + 1, values);
  }
  if (batched_ || column.scalar_splits)
    SetSplit(a, splits, column.split_type, batched_ ? example + 1 : 0, column.is_list ? end : values);
  return good;
}

void ExampleTable::WriteExamples(RunArgs& a) const {
  for (int64_t i = a.begin; i < a.end; ++i) {
    for (const Column& column : columns_) {
      const bool good = column.form == ColumnForm::kSparse  ? WriteSparse(a, column, i)
                        : column.form == ColumnForm::kDense ? WriteDense(a, column, i)
                                                            : WriteRagged(a, column, i);
      if (!good)
        return a.Fail(InvalidArgument(fmt::format("cannot parse '{:.100}' in example {}: an integer has more than 64 "
                                                  "bits", column.key, i)));
    }
  }
}

}  // namespace weir
