// Tables as objects: a table that knows its initialiser, which joins the collection "table_initializer" as TensorFlow's
// does, so that loaders of the graph run it.
//
//   StaticHashTable ids(g, Tensor({"a", "b"}), Tensor(std::vector<int64_t>{1, 2}), int64_t{-1});
//   Output found = ids.Lookup(words);
//   session.Run(TablesInitializer(g));
//   session.Run(found, {{words, …}});
#pragma once

#include <string>

#include "weir/ops/table/table.h"

namespace weir {

// A table of keys and values: what all have.
class Table {
 public:
  Output handle() const { return handle_; }
  // The value of each key, the table's default value where it has none: [keys' shape, value shape].
  Output Lookup(Input keys, const Name& name = {}) const;
  Output Size(const Name& name = {}) const { return ops::LookupTableSize(handle_, name); }
  ops::TableEntries Export(const Name& name = {}) const { return ops::LookupTableExport(handle_, name); }

 protected:
  Table(Output handle, Input default_value) : handle_(std::move(handle)), default_value_(std::move(default_value)) {}

  Output handle_;
  Input default_value_;
};

// One that is filled once, by its initialiser.
class StaticHashTable : public Table {
 public:
  // Of vectors of keys and of values.
  StaticHashTable(At g, const Tensor& keys, const Tensor& values, Input default_value,
                  const ops::TableOptions& o = {});
  // Of a text file's lines (InitializeTableFromTextFile). An asset of a SavedModel is `filename`, a constant string.
  StaticHashTable(Output filename, DType key_dtype, DType value_dtype, Input default_value,
                  const ops::TextFileOptions& file = {}, const ops::TableOptions& o = {});
  Operation Init() const { return init_; }

 private:
  Operation init_;
};

// One that runs change. Checkpoints hold what its variables hold, not tables: Export into variables what is to be kept.
class MutableHashTable : public Table {
 public:
  MutableHashTable(At g, DType key_dtype, DType value_dtype, Input default_value, const ops::TableOptions& o = {});
  Operation Insert(Input keys, Input values, const Name& name = {}) const {
    return ops::LookupTableInsert(handle_, std::move(keys), std::move(values), name);
  }
  Operation Remove(Input keys, const Name& name = {}) const {
    return ops::LookupTableRemove(handle_, std::move(keys), name);
  }
  Operation Import(Input keys, Input values, const Name& name = {}) const {
    return ops::LookupTableImport(handle_, std::move(keys), std::move(values), name);
  }
};

// Runs all initialisers of the collection "table_initializer"; a NoOp where there are none.
Operation TablesInitializer(Builder& g, const std::string& name = "init_all_tables");

}  // namespace weir
