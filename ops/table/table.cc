// Ops on tables, which map keys to values and live in the session. One file a topic.
#include "weir/ops/registry.h"

namespace weir {

void RegisterTableMakerOps(OpRegistry& r);       // makers.cc: HashTable, MutableHashTable, MutableDenseHashTable …
void RegisterTableLookupOps(OpRegistry& r);      // lookup.cc: LookupTableFind, LookupTableInsert, LookupTableExport …
void RegisterTableInitializeOps(OpRegistry& r);  // initialize.cc: InitializeTable, InitializeTableFromTextFile

void RegisterTableOps(OpRegistry& r) {
  RegisterTableMakerOps(r);
  RegisterTableLookupOps(r);
  RegisterTableInitializeOps(r);
}

}  // namespace weir
