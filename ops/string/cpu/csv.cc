// Kernel of DecodeCSV. RFC 4180 says what a record is; beyond it, a line's end is allowed in quotes alone.
#include <fmt/format.h>

#include <algorithm>

#include "weir/runtime/cpu/parse_number.h"
#include "weir/runtime/kernel.h"

namespace weir {

namespace {

struct CsvFormat {
  char delimiter = ',';
  bool quotes = true;
  std::string missing;  // stands for no value, beside the empty field
  std::vector<int64_t> selected;
};

// Takes a field off the front of a record at `at`, which then is behind the delimiter, or beyond the record's end.
Status TakeField(std::string_view record, const CsvFormat& f, size_t* at, std::string* field) {
  field->clear();
  if (f.quotes && *at < record.size() && record[*at] == '"') {
    for (size_t i = *at + 1; i < record.size(); ++i) {
      if (record[i] != '"') {
        *field += record[i];
      } else if (i + 1 == record.size() || record[i + 1] == f.delimiter) {
        *at = i + 2;
        return {};
      } else if (record[++i] == '"') {
        *field += '"';
      } else {
        return InvalidArgument("has a quote within a quoted field").Help("two quotes stand for one");
      }
    }
    return InvalidArgument("has a quoted field without an end");
  }
  const size_t end = std::min(record.find(f.delimiter, *at), record.size());
  field->assign(record, *at, end - *at);
  if (field->find_first_of(f.quotes ? "\"\r\n" : "\r\n") != std::string::npos)
    return InvalidArgument("has a quote or line's end in a field without quotes");
  *at = end + 1;
  return {};
}

// The field as an element of `type`; false when it spells none.
bool SetField(std::string* field, DType type, void* element) {
  switch (type) {
    case kFloat: return kernels::ParseNumber(*field, static_cast<float*>(element));
    case kDouble: return kernels::ParseNumber(*field, static_cast<double*>(element));
    case kInt32: return kernels::ParseNumber(*field, static_cast<int32_t*>(element));
    case kInt64: return kernels::ParseNumber(*field, static_cast<int64_t*>(element));
    default: return static_cast<std::string*>(element)->swap(*field), true;
  }
}

class CsvReader {
 public:
  CsvReader(CsvFormat format, std::vector<DType> types, std::vector<bool> required)
      : format_(std::move(format)), types_(std::move(types)), required_(std::move(required)) {}

  // Sets element i of all columns.
  Status ReadRecord(RunArgs& a, int64_t i) const {
    const std::string& record = a.in<std::string>(0)[i];
    std::string field;
    size_t column = 0, at = 0;
    int64_t number = 0;
    for (; !record.empty() && at <= record.size(); ++number) {
      if (!format_.selected.empty() && column == types_.size()) return {};  // nobody asks for the rest
      WEIR_RETURN_IF_ERROR(TakeField(record, format_, &at, &field));
      if (!format_.selected.empty() && number != format_.selected[column]) continue;
      if (column < types_.size()) WEIR_RETURN_IF_ERROR(SetColumn(a, i, column, &field));
      ++column;
    }
    if (column == types_.size()) return {};
    return InvalidArgument(fmt::format("wants {} fields, but there are {}", types_.size(), column));
  }

 private:
  Status SetColumn(RunArgs& a, int64_t i, size_t column, std::string* field) const {
    const DType type = types_[column];
    void* element = ElementAt(type, a.out<void>(static_cast<int>(column)), i);
    if (field->empty() || *field == format_.missing) {
      if (required_[column]) return InvalidArgument(fmt::format("lacks field {}, which has no default", column));
      CopyElements(type, a.in<void>(static_cast<int>(column) + 1), element, 1);
    } else if (!SetField(field, type, element)) {
      return InvalidArgument(fmt::format("has '{:.100}' as field {}, which is no {}", *field, column,
                                         DTypeName(type)));
    }
    return {};
  }

  CsvFormat format_;
  std::vector<DType> types_;
  std::vector<bool> required_;
};

Result<CsvFormat> ReadCsvFormat(const PrepareContext& c) {
  const auto delimiter = c.attr<std::string>("field_delim");
  if (delimiter.size() != 1)
    return InvalidArgument(fmt::format("wants one character as field_delim, not '{:.100}'", delimiter));
  CsvFormat f{delimiter[0], c.attr<bool>("use_quote_delim"), c.attr<std::string>("na_value"),
              c.attr<AttrList>("select_cols").i};
  if (f.selected.empty()) return f;
  if (f.selected.size() != static_cast<size_t>(c.num_outputs()))
    return InvalidArgument(fmt::format("selects {} columns for {} outputs", f.selected.size(), c.num_outputs()));
  for (size_t k = 0; k < f.selected.size(); ++k) {
    if (f.selected[k] < 0 || (k > 0 && f.selected[k] <= f.selected[k - 1]))
      return InvalidArgument("has select_cols that do not grow from 0 or more");
  }
  return f;
}

Status PrepareDecodeCsv(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(CsvFormat format, ReadCsvFormat(c));
  std::vector<DType> types;
  std::vector<bool> required;
  for (int k = 0; k < c.num_outputs(); ++k) {
    const Shape& filling = c.input_shape(k + 1);
    if (filling.rank() > 1 || filling.num_elements() > 1) {
      return InvalidArgument(
          fmt::format("wants a default of one element or none for each column, not {}", filling.ToString()));
    }
    types.push_back(c.output_dtype(k));
    required.push_back(filling.num_elements() == 0);
    c.set_output_shape(k, c.input_shape(0));
  }
  c.ParallelOver(c.input_shape(0).num_elements(), 80.0 * c.num_outputs());
  c.SetRun([reader = CsvReader(std::move(format), std::move(types), std::move(required))](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) {
      Status s = reader.ReadRecord(a, i);
      if (!s.ok()) return a.Fail(std::move(s).Detail(fmt::format("in record {}", i)));
    }
  });
  return {};
}

}  // namespace

void RegisterStringCsvKernels(KernelRegistry& r) { r.Add("DecodeCSV", PrepareDecodeCsv); }

}  // namespace weir
