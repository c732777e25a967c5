#include "weir/ops/table/cpu/lookup_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

namespace weir {

// ---- TableSpec

Status TableSpec::Check() const {
  const bool key = key_dtype == kInt32 || key_dtype == kInt64 || key_dtype == kString;
  if (!key) return PrepareContext::NoKernelFor(key_dtype);
  constexpr DType kValues[] = {kInt32, kInt64, kString, kFloat, kDouble, kBool};
  if (std::find(std::begin(kValues), std::end(kValues), value_dtype) == std::end(kValues))
    return PrepareContext::NoKernelFor(value_dtype);
  if (kind != TableKind::kDense) return {};
  if (EqualElements(key_dtype, empty_key.raw(), deleted_key.raw(), empty_key.num_elements())) {
    return InvalidArgument(fmt::format("wants two keys that differ for 'empty_key' and 'deleted_key', not {} twice",
                                       empty_key.ToString(10)));
  }
  return {};
}

bool TableSpec::operator==(const TableSpec& o) const {
  return kind == o.kind && key_dtype == o.key_dtype && value_dtype == o.value_dtype && key_shape == o.key_shape &&
         value_shape == o.value_shape;
}

// ---- TableRows

TableRows::TableRows(DType dtype, int64_t width) : dtype_(dtype), width_(width) {}

void TableRows::Append(const void* row) {
  ++size_;
  if (dtype_ == kString) texts_.resize(static_cast<size_t>(size_ * width_));
  else bytes_.resize(static_cast<size_t>(size_ * width_) * SizeOf(dtype_));
  Set(size_ - 1, row);
}

void TableRows::Set(int64_t i, const void* row) { CopyElements(dtype_, row, const_cast<void*>(this->row(i)), width_); }
void TableRows::CopyTo(int64_t i, void* row) const { CopyElements(dtype_, this->row(i), row, width_); }
void TableRows::CopyAllTo(void* rows) const { CopyElements(dtype_, row(0), rows, size_ * width_); }

void TableRows::RemoveLast() {
  --size_;
  if (dtype_ == kString) texts_.resize(static_cast<size_t>(size_ * width_));
  else bytes_.resize(static_cast<size_t>(size_ * width_) * SizeOf(dtype_));
}

void TableRows::Clear() { size_ = 0, bytes_.clear(), texts_.clear(); }

const void* TableRows::RowOf(const void* rows, int64_t i) const { return ElementAt(dtype_, rows, i * width_); }
void* TableRows::RowOf(void* rows, int64_t i) const { return ElementAt(dtype_, rows, i * width_); }
const void* TableRows::row(int64_t i) const {
  return RowOf(dtype_ == kString ? static_cast<const void*>(texts_.data()) : bytes_.data(), i);
}

// ---- LookupTable

LookupTable::LookupTable(TableSpec spec)
    : spec_(std::move(spec)), numbers_(spec_.key_dtype != kString && spec_.key_shape.rank() == 0),
      keys_(spec_.key_dtype, spec_.key_shape.num_elements()),
      values_(spec_.value_dtype, spec_.value_shape.num_elements()) {}

Status LookupTable::CheckTypes(DType key, DType value) const {
  if ((key == DType::kInvalid || key == spec_.key_dtype) && (value == DType::kInvalid || value == spec_.value_dtype))
    return {};
  return InvalidArgument(fmt::format("takes a table of {} to {}, not {} to {}", DTypeName(spec_.key_dtype),
                                     DTypeName(spec_.value_dtype), DTypeName(key), DTypeName(value)));
}

// ---- keys, under the mutex

int64_t LookupTable::NumberOf(const void* key) const {
  return spec_.key_dtype == kInt32 ? *static_cast<const int32_t*>(key) : *static_cast<const int64_t*>(key);
}

// A key of several elements by their bytes; strings with their lengths, since "ab", "c" is not "a", "bc".
std::string_view LookupTable::TextOf(const void* key, std::string* scratch) const {
  if (spec_.key_dtype != kString)
    return {static_cast<const char*>(key), static_cast<size_t>(keys_.width()) * SizeOf(spec_.key_dtype)};
  const auto* texts = static_cast<const std::string*>(key);
  if (spec_.key_shape.rank() == 0) return *texts;
  scratch->clear();
  for (int64_t i = 0; i < keys_.width(); ++i) *scratch += fmt::format("{}:", texts[i].size()) + texts[i];
  return *scratch;
}

int64_t LookupTable::RowOfKey(const void* key) const {
  if (numbers_) {
    auto it = rows_of_numbers_.find(NumberOf(key));
    return it == rows_of_numbers_.end() ? -1 : it->second;
  }
  std::string scratch;
  auto it = rows_of_texts_.find(TextOf(key, &scratch));
  return it == rows_of_texts_.end() ? -1 : it->second;
}

void LookupTable::SetRow(const void* key, int64_t row) {
  std::string scratch;
  if (numbers_) rows_of_numbers_[NumberOf(key)] = row;
  else rows_of_texts_[std::string(TextOf(key, &scratch))] = row;
}

bool LookupTable::Reserved(const void* key) const {
  if (spec_.kind != TableKind::kDense) return false;
  auto same = [&](const Tensor& t) { return EqualElements(spec_.key_dtype, key, t.raw(), keys_.width()); };
  return same(spec_.empty_key) || same(spec_.deleted_key);
}

Status LookupTable::CheckKeys(const void* keys, int64_t n) const {
  for (int64_t i = 0; i < n; ++i) {
    if (Reserved(keys_.RowOf(keys, i))) {
      return InvalidArgument(fmt::format("has the key that stands for an empty or deleted one in the table at place {}",
                                         i));
    }
  }
  return {};
}

void LookupTable::Put(const void* key, const void* value) {
  const int64_t row = RowOfKey(key);
  if (row >= 0) return values_.Set(row, value);
  SetRow(key, keys_.size());
  keys_.Append(key);
  values_.Append(value);
}

void LookupTable::Take(const void* key) {
  const int64_t row = RowOfKey(key), last = keys_.size() - 1;
  if (row < 0) return;
  std::string scratch;
  if (numbers_) rows_of_numbers_.erase(NumberOf(key));
  else rows_of_texts_.erase(rows_of_texts_.find(TextOf(key, &scratch)));
  if (row != last) {
    SetRow(keys_.row(last), row);
    keys_.Set(row, keys_.row(last));
    values_.Set(row, values_.row(last));
  }
  keys_.RemoveLast();
  values_.RemoveLast();
}

void LookupTable::Clear() {
  keys_.Clear(), values_.Clear();
  rows_of_numbers_.clear(), rows_of_texts_.clear();
}

// ---- what ops do

Status LookupTable::Find(const void* keys, int64_t n, const void* defaults, bool own_defaults, void* values) const {
  std::shared_lock lock(mutex_);
  if (spec_.kind == TableKind::kStatic && !initialized_) {
    return FailedPrecondition("looks into a table that is not initialised")
        .Help("run TablesInitializer (graphdef run --init), or the graph's own initialiser of tables, first");
  }
  WEIR_RETURN_IF_ERROR(CheckKeys(keys, n));
  for (int64_t i = 0; i < n; ++i) {
    void* value = values_.RowOf(values, i);
    const int64_t row = RowOfKey(keys_.RowOf(keys, i));
    if (row >= 0) values_.CopyTo(row, value);
    else CopyElements(spec_.value_dtype, values_.RowOf(defaults, own_defaults ? i : 0), value, values_.width());
  }
  return {};
}

Status LookupTable::Insert(const void* keys, const void* values, int64_t n) {
  std::unique_lock lock(mutex_);
  if (spec_.kind == TableKind::kStatic) return Unimplemented("cannot insert into a HashTable, which is filled once");
  WEIR_RETURN_IF_ERROR(CheckKeys(keys, n));
  for (int64_t i = 0; i < n; ++i) Put(keys_.RowOf(keys, i), values_.RowOf(values, i));
  return {};
}

Status LookupTable::Remove(const void* keys, int64_t n) {
  std::unique_lock lock(mutex_);
  if (spec_.kind == TableKind::kStatic) return Unimplemented("cannot remove from a HashTable, which is filled once");
  WEIR_RETURN_IF_ERROR(CheckKeys(keys, n));
  for (int64_t i = 0; i < n; ++i) Take(keys_.RowOf(keys, i));
  return {};
}

Status LookupTable::Import(const void* keys, const void* values, int64_t n) {
  if (spec_.kind == TableKind::kStatic) return Initialize(keys, values, n);
  std::unique_lock lock(mutex_);
  Clear();
  // TensorFlow saves a dense table with the keys that stand for none.
  for (int64_t i = 0; i < n; ++i) {
    if (!Reserved(keys_.RowOf(keys, i))) Put(keys_.RowOf(keys, i), values_.RowOf(values, i));
  }
  return {};
}

Status LookupTable::Initialize(const void* keys, const void* values, int64_t n) {
  std::unique_lock lock(mutex_);
  if (spec_.kind != TableKind::kStatic) return InvalidArgument("initialises a table that is no HashTable");
  if (n == 0) return InvalidArgument("initialises a table without any keys");
  if (initialized_) {
    if (n == keys_.size()) return {};
    return FailedPrecondition(
        fmt::format("initialises a table with {} keys that has been initialised with {}", n, keys_.size()));
  }
  for (int64_t i = 0; i < n; ++i) {
    const void *key = keys_.RowOf(keys, i), *value = values_.RowOf(values, i);
    const int64_t row = RowOfKey(key);
    if (row >= 0 && !EqualElements(spec_.value_dtype, values_.row(row), value, values_.width())) {
      Clear();
      return FailedPrecondition(fmt::format("has two values for the key at place {}", i));
    }
    Put(key, value);
  }
  initialized_ = true;
  return {};
}

int64_t LookupTable::size() const {
  std::shared_lock lock(mutex_);
  return keys_.size();
}

Status LookupTable::Export(Tensor* keys, Tensor* values) const {
  std::shared_lock lock(mutex_);
  if (spec_.kind == TableKind::kStatic && !initialized_)
    return Status(Code::kAborted, "exports a table that is not initialised");
  auto rows = [&](const TableRows& from, DType dtype, const Shape& shape) -> Result<Tensor> {
    Dims dims = {from.size()};
    // As TensorFlow has it of a dense table.
    if (spec_.kind == TableKind::kDense) dims.push_back(from.width());
    else dims.insert(dims.end(), shape.dims().begin(), shape.dims().end());
    WEIR_ASSIGN_OR_RETURN(const Shape all, Shape::Make(dims));
    WEIR_ASSIGN_OR_RETURN(Tensor t, Tensor::Allocate(dtype, all));
    if (t.num_elements() > 0) from.CopyAllTo(t.mutable_raw());
    return t;
  };
  WEIR_ASSIGN_OR_RETURN(*keys, rows(keys_, spec_.key_dtype, spec_.key_shape));
  WEIR_ASSIGN_OR_RETURN(*values, rows(values_, spec_.value_dtype, spec_.value_shape));
  return {};
}

}  // namespace weir
