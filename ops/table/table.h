// Building functions of tables, which map keys to values and live in the session from run to run, by the name of the
// table's node or a `shared_name`. Keys are int32, int64 or string; values those, float, double or bool. Tables as
// objects that know their initialisers: ops/model/tables.h.
//
//   Output table = ops::HashTableHandle(g, kString, kInt64);
//   Operation fill = ops::InitializeTable(table, {"a", "b"}, Tensor::Vector<int64_t>({1, 2}));
//   Output ids = ops::LookupTableFind(table, words, int64_t{-1});      // [n] strings -> [n] int64
//
// An op that is given keys or values of other dtypes than the table's, or of shapes that do not fit, is an error.
#pragma once

#include <string>

#include "weir/graph/builder.h"

namespace weir::ops {

struct TableOptions {
  std::string container = {}, shared_name = {};
  std::string name = {};
};

// ---- the handles of tables
// One that is filled once and then read.
Output HashTableHandle(At g, DType key_dtype, DType value_dtype, const TableOptions& o = {});
// One that runs change.
Output MutableHashTableHandle(At g, DType key_dtype, DType value_dtype, const TableOptions& o = {});
// The same of values that are vectors of a known length.
Output MutableHashTableOfTensorsHandle(At g, DType key_dtype, DType value_dtype, int64_t value_size,
                                       const TableOptions& o = {});
// The same of keys and values of any shape: that of the two keys, which cannot be used, and value_shape.
Output MutableDenseHashTableHandle(Output empty_key, Input deleted_key, DType value_dtype,
                                   const PartialShape& value_shape = PartialShape::Scalar(),
                                   const TableOptions& o = {});

// ---- reading and changing them
// keys [batch…, key shape] -> [batch…, value shape]; `default_value` is one value, or one for each key.
Output LookupTableFind(Output table, Input keys, Input default_value, const Name& name = {});
// Values [batch…, value shape] of keys [batch…, key shape]. Not of a HashTable.
Operation LookupTableInsert(Output table, Input keys, Input values, const Name& name = {});
Operation LookupTableRemove(Output table, Input keys, const Name& name = {});
Output LookupTableSize(Output table, const Name& name = {});  // int64
// All keys [n, key shape] and values [n, value shape].
struct TableEntries {
  Output keys, values;
};
TableEntries LookupTableExport(Output table, const Name& name = {});
Operation LookupTableImport(Output table, Input keys, Input values, const Name& name = {});

// ---- filling a HashTable
// Vectors of one length. A key that comes twice with two values is an error.
Operation InitializeTable(Output table, Input keys, Input values, const Name& name = {});

struct TextFileOptions {
  int64_t key_index = -2, value_index = -1;  // -2: the whole line; -1: its number; else a column
  int64_t vocab_size = -1;                   // lines; -1: all
  std::string delimiter = "\t";              // of columns, one character
  int64_t offset = 0;                        // the first line's number
  std::string name = {};
};
// From a file's lines: the session must allow file ops.
Operation InitializeTableFromTextFile(Output table, Input filename, const TextFileOptions& o = {});

}  // namespace weir::ops
