#include "weir/ops/model/tables.h"

#include "weir/ops/control/control.h"
#include "weir/ops/model/variables.h"

namespace weir {

namespace {

constexpr char kInitializers[] = "table_initializer";

}  // namespace

Output Table::Lookup(Input keys, const Name& name) const {
  return ops::LookupTableFind(handle_, std::move(keys), default_value_, name);
}

StaticHashTable::StaticHashTable(At g, const Tensor& keys, const Tensor& values, Input default_value,
                                 const ops::TableOptions& o)
    : Table(ops::HashTableHandle(g, keys.dtype(), values.dtype(), o), std::move(default_value)),
      init_(ops::InitializeTable(handle_, keys, values)) {
  if (init_.valid()) OperationCollection(*g.builder, kInitializers).push_back(init_);
}

StaticHashTable::StaticHashTable(Output filename, DType key_dtype, DType value_dtype, Input default_value,
                                 const ops::TextFileOptions& file, const ops::TableOptions& o)
    : Table(filename.builder() ? ops::HashTableHandle(*filename.builder(), key_dtype, value_dtype, o) : Output(),
            std::move(default_value)),
      init_(ops::InitializeTableFromTextFile(handle_, filename, file)) {
  if (init_.valid()) OperationCollection(*init_.builder(), kInitializers).push_back(init_);
}

MutableHashTable::MutableHashTable(At g, DType key_dtype, DType value_dtype, Input default_value,
                                   const ops::TableOptions& o)
    : Table(ops::MutableHashTableHandle(g, key_dtype, value_dtype, o), std::move(default_value)) {}

Operation TablesInitializer(Builder& g, const std::string& name) {
  auto after = g.ControlDependencies(OperationCollection(g, kInitializers));
  return ops::NoOp(g, {.name = name});
}

}  // namespace weir
