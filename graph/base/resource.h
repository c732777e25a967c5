// Resource: what a handle refers to. Two handles of one kind, container and name are one resource of a session.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "weir/graph/base/dtype.h"
#include "weir/graph/base/shape.h"

namespace weir {

// A table is of keys and values, a queue of elements that are tensors each, a reader reads files, an iterator gives the
// elements of a dataset. A dataset is no resource but a value, of whose elements a variant's type tells in this form.
// kDataState: what datasets share from one iterator to the next (seeds, a cache).
enum class ResourceKind : uint8_t { kVariable, kTable, kQueue, kReader, kIterator, kDataset, kDataState };

struct Resource {
  ResourceKind kind = ResourceKind::kVariable;
  std::string container, name;
  // What it holds, as the node says that makes it: a table's key and value, a queue's or dataset's components (of
  // shapes that are not known where the node tells none). Empty for others: a variable's is known by its handle's type.
  std::vector<std::pair<DType, PartialShape>> parts = {};

  // Which resource it is, whatever is said of its parts.
  auto key() const { return std::tie(kind, container, name); }
  std::strong_ordering operator<=>(const Resource& o) const { return key() <=> o.key(); }
  bool operator==(const Resource& o) const { return key() == o.key(); }
};

}  // namespace weir
