// Kernels that fill a HashTable: from tensors, or from the lines of a text file, one entry a line.
#include <fmt/format.h>

#include <limits>

#include "weir/ops/table/cpu/lookup_table.h"
#include "weir/runtime/cpu/parse_number.h"
#include "weir/graph/base/file.h"

namespace weir {

namespace {

Status PrepareInitialize(PrepareContext& c) {
  const Shape &keys = c.input_shape(1), &values = c.input_shape(2);
  if (keys.rank() != 1 || !(keys == values)) {
    return InvalidArgument(
        fmt::format("wants vectors of as many keys as values, not {} and {}", keys.ToString(), values.ToString()));
  }
  c.SetRun([n = keys[0], key = c.input_dtype(1), value = c.input_dtype(2)](RunArgs& a) {
    Result<LookupTable*> table = a.object(0).Get<LookupTable>();
    Status s = table.ok() ? (*table)->CheckTypes(key, value) : table.status();
    if (s.ok()) s = (*table)->Initialize(a.in<void>(1), a.in<void>(2), n);
    if (!s.ok()) a.Fail(std::move(s));
  });
  return {};
}

// ---- text files

constexpr int64_t kLineNumber = -1, kWholeLine = -2;

struct TextFile {
  std::string path;
  int64_t key_index = 0, value_index = 0, vocab_size = 0, offset = 0;
  char delimiter = '\t';
};

// Which part of a line an index means must be of a dtype that can hold it.
Status CheckIndex(int64_t index, DType dtype, const char* what) {
  if (index == kLineNumber && dtype != kInt64)
    return InvalidArgument(fmt::format("has lines' numbers for {}, which are int64, not {}", what, DTypeName(dtype)));
  if (index == kWholeLine && dtype != kString)
    return InvalidArgument(fmt::format("has whole lines for {}, which are strings, not {}", what, DTypeName(dtype)));
  if (index >= 0 && dtype == kBool) return InvalidArgument(fmt::format("cannot read bools from a file for {}", what));
  return {};
}

std::vector<std::string_view> ColumnsOf(std::string_view line, char delimiter) {
  std::vector<std::string_view> columns;
  for (size_t at = 0; at != line.npos;) {
    const size_t end = line.find(delimiter, at);
    columns.push_back(line.substr(at, end == line.npos ? line.npos : end - at));
    at = end == line.npos ? end : end + 1;
  }
  return columns;
}

// Element i of `to` becomes what `text` spells.
bool SetElement(const std::string& text, Tensor* to, int64_t i) {
  switch (to->dtype()) {
    case kString: return to->mutable_data<std::string>()[i] = text, true;
    case kInt32: return kernels::ParseNumber(text, to->mutable_data<int32_t>() + i);
    case kInt64: return kernels::ParseNumber(text, to->mutable_data<int64_t>() + i);
    case kFloat: return kernels::ParseNumber(text, to->mutable_data<float>() + i);
    case kDouble: return kernels::ParseNumber(text, to->mutable_data<double>() + i);
    default: return false;
  }
}

// The lines, at most `most`; of "\r\n" the first character is left out, too.
Result<std::vector<std::string>> LinesOf(const std::string& path, int64_t most) {
  WEIR_ASSIGN_OR_RETURN(std::string text, io::ReadFile(path));
  std::erase(text, '\r');
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size() && static_cast<int64_t>(lines.size()) < most;) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    if (lines.back().empty())
      return InvalidArgument(fmt::format("error[file]: '{}' has an empty line, {}", path, lines.size()));
    at = end + 1;
  }
  return lines;
}

Status ReadElement(const TextFile& f, const std::string& line, int64_t number, int64_t index, Tensor* to) {
  if (index == kLineNumber) {
    const uint64_t sum = static_cast<uint64_t>(f.offset) + static_cast<uint64_t>(number);  // which may wrap around
    to->mutable_data<int64_t>()[number] = static_cast<int64_t>(sum);
    return {};
  }
  if (index == kWholeLine) return SetElement(line, to, number), Status();
  const auto columns = ColumnsOf(line, f.delimiter);
  if (index >= static_cast<int64_t>(columns.size())) {
    return InvalidArgument(fmt::format("error[file]: '{}' has {} columns in line {}, and column {} is asked for",
                                       f.path, columns.size(), number + 1, index));
  }
  const std::string column(columns[static_cast<size_t>(index)]);
  if (SetElement(column, to, number)) return {};
  return InvalidArgument(fmt::format("error[file]: '{}' has '{:.100}' in line {}, which is no {}", f.path, column,
                                     number + 1, DTypeName(to->dtype())));
}

Status InitializeFrom(const TextFile& f, LookupTable& table) {
  const TableSpec& spec = table.spec();
  WEIR_RETURN_IF_ERROR(CheckIndex(f.key_index, spec.key_dtype, "keys"));
  WEIR_RETURN_IF_ERROR(CheckIndex(f.value_index, spec.value_dtype, "values"));
  const int64_t most = f.vocab_size < 0 ? std::numeric_limits<int64_t>::max() : f.vocab_size;
  WEIR_ASSIGN_OR_RETURN(const std::vector<std::string> lines, LinesOf(f.path, most));
  const auto n = static_cast<int64_t>(lines.size());
  if (n == 0) return OutOfRange(fmt::format("error[file]: '{}' has no line", f.path));
  if (f.vocab_size >= 0 && n < f.vocab_size) {
    return InvalidArgument(
        fmt::format("error[file]: '{}' has {} lines, and vocab_size is {}", f.path, n, f.vocab_size));
  }
  WEIR_ASSIGN_OR_RETURN(Tensor keys, Tensor::Allocate(spec.key_dtype, Shape({n})));
  WEIR_ASSIGN_OR_RETURN(Tensor values, Tensor::Allocate(spec.value_dtype, Shape({n})));
  for (int64_t i = 0; i < n; ++i) {
    const std::string& line = lines[static_cast<size_t>(i)];
    WEIR_RETURN_IF_ERROR(ReadElement(f, line, i, f.key_index, &keys));
    WEIR_RETURN_IF_ERROR(ReadElement(f, line, i, f.value_index, &values));
  }
  return table.Initialize(keys.raw(), values.raw(), n);
}

Status PrepareInitializeFromTextFile(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(c.RequireFileOps());
  if (c.input_dtype(1) != kString || c.input_shape(1).num_elements() != 1)
    return InvalidArgument(fmt::format("wants one filename, not {}", c.input_shape(1).ToString()));
  const auto delimiter = c.attr<std::string>("delimiter");
  if (delimiter.size() != 1) return InvalidArgument("wants a delimiter of one character");
  TextFile file{{}, c.attr<int64_t>("key_index"), c.attr<int64_t>("value_index"), c.attr<int64_t>("vocab_size"),
                c.attr<int64_t>("offset"), delimiter[0]};
  c.SetRun([file](RunArgs& a) {
    TextFile mine = file;
    mine.path = *a.in<std::string>(1);
    Result<LookupTable*> table = a.object(0).Get<LookupTable>();
    Status s = table.ok() ? InitializeFrom(mine, **table) : table.status();
    if (!s.ok()) a.Fail(std::move(s));
  });
  return {};
}

}  // namespace

void RegisterTableInitializeKernels(KernelRegistry& r) {
  r.Add("InitializeTableV2", PrepareInitialize);
  r.Add("InitializeTableFromTextFileV2", PrepareInitializeFromTextFile);
}

}  // namespace weir
