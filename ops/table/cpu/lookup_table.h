// LookupTable: what stands behind the handle of a table. Keys and values lie in rows, side by side, in the order in
// which they came; an index tells the row of a key.
//
// One class serves all dtypes: rows are moved by their size, keys are found as integers or as strings (a key of several
// elements by their bytes). Thread-safe: an op sees the table as it is before or after another's change, never between.
#pragma once

#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weir/runtime/object_cell.h"

namespace weir {

enum class TableKind : uint8_t { kStatic, kMutable, kDense };

struct TableSpec {
  TableKind kind = TableKind::kStatic;
  DType key_dtype = DType::kInvalid, value_dtype = DType::kInvalid;
  Shape key_shape, value_shape;
  Tensor empty_key, deleted_key;  // of a dense one: keys that cannot be used

  Status Check() const;
  bool operator==(const TableSpec& o) const;
};

// Rows of as many elements each, of one dtype, plain or strings.
class TableRows {
 public:
  TableRows(DType dtype, int64_t width);
  int64_t size() const { return size_; }
  int64_t width() const { return width_; }
  void Append(const void* row);
  void Set(int64_t i, const void* row);
  void CopyTo(int64_t i, void* row) const;
  void CopyAllTo(void* rows) const;
  void RemoveLast();
  void Clear();
  // The i-th of rows that lie side by side.
  const void* RowOf(const void* rows, int64_t i) const;
  void* RowOf(void* rows, int64_t i) const;
  const void* row(int64_t i) const;

 private:
  DType dtype_;
  int64_t width_, size_ = 0;
  std::vector<char> bytes_;
  std::vector<std::string> texts_;
};

class LookupTable : public ResourceObject {
 public:
  explicit LookupTable(TableSpec spec);
  const TableSpec& spec() const { return spec_; }
  // Whether keys and values may be of these dtypes; kInvalid: none are given.
  Status CheckTypes(DType key, DType value) const;

  // Each takes n keys, and as many values, as rows. Errors: keys that cannot be used; what the kind of table does not
  // do (a static one is filled once, and read only then; the others need not be filled).
  // `defaults` are one row, or (`own_defaults`) one for each key.
  Status Find(const void* keys, int64_t n, const void* defaults, bool own_defaults, void* values) const;
  Status Insert(const void* keys, const void* values, int64_t n);
  Status Remove(const void* keys, int64_t n);
  Status Import(const void* keys, const void* values, int64_t n);  // in place of all
  Status Initialize(const void* keys, const void* values, int64_t n);
  int64_t size() const;
  // [n, …] each.
  Status Export(Tensor* keys, Tensor* values) const;

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };

  std::string_view TextOf(const void* key, std::string* scratch) const;
  int64_t NumberOf(const void* key) const;
  int64_t RowOfKey(const void* key) const;  // -1: none
  Status CheckKeys(const void* keys, int64_t n) const;
  bool Reserved(const void* key) const;
  void Put(const void* key, const void* value);
  void Take(const void* key);
  void SetRow(const void* key, int64_t row);
  void Clear();

  const TableSpec spec_;
  const bool numbers_;  // keys are found as such
  mutable std::shared_mutex mutex_;
  bool initialized_ = false;  // of a static one
  TableRows keys_, values_;
  std::unordered_map<int64_t, int64_t> rows_of_numbers_;
  std::unordered_map<std::string, int64_t, TextHash, std::equal_to<>> rows_of_texts_;
};

}  // namespace weir
