// ResourceStore: what lives in a session from run to run: a cell for each resource, and a state for each node that
// keeps one. Shared by all plans; thread-safe.
//
// Variables: a run pins the buffer of every variable it reads, so it sees one whole value. A writer changes the buffer
// in place when nobody else holds it and otherwise writes to a fresh one and swaps; read-modify-write is exclusive.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "weir/graph/base/resource.h"
#include "weir/graph/base/tensor.h"
#include "weir/runtime/kernel.h"

namespace weir {

struct ResourceCell {
  explicit ResourceCell(Resource r) : resource(std::move(r)) {}
  virtual ~ResourceCell() = default;
  const std::string& name() const { return resource.name; }

  const Resource resource;
};

struct VariableCell : ResourceCell {
  VariableCell(Resource r, DType dtype, PartialShape declared)
      : ResourceCell(std::move(r)), dtype(dtype), declared(std::move(declared)) {}

  const DType dtype;
  const PartialShape declared;

  // The value was changed; under the mutex.
  void Changed() { ++version; }

  std::mutex mutex;    // guards all but `writing`; held by a writer while it changes the buffer in place
  Tensor value;        // invalid until initialised
  uint64_t version = 0;
  // The one form that kernels have of the value, of which version. Whoever finds it old makes it anew, in another
  // buffer.
  std::string form_kind;
  uint64_t form_version = 0;
  std::shared_ptr<Buffer> form;
  std::mutex writing;  // held for the whole of a run that writes the variable
};
using VariableRef = std::shared_ptr<VariableCell>;

class ResourceStore {
 public:
  // The cell of a table, a queue or a reader, made on first use.
  std::shared_ptr<ObjectCell> Object(const Resource& which);
  // The variable, made on first use. Error when it exists with another dtype.
  Result<VariableRef> Variable(const Resource& which, DType dtype, const PartialShape& declared);
  // The one of this name, in whatever container; null when there is none. Error (AmbiguousName) when two containers
  // have one.
  Result<VariableRef> FindVariable(std::string_view name) const;
  static Status AmbiguousName(std::string_view name, std::string_view container, std::string_view other);
  std::vector<VariableRef> Variables() const;  // by container and name
  // Lets go of the forms of variables that no run uses.
  void DropForms();

  // The state of a node, by its name ("function:node" where it is in a function's body); made on first use.
  NodeState* StateOf(std::string_view node_name);
  // node name -> {key, counter_lo, counter_hi} of the random ops that have run; for checkpoints.
  std::map<std::string, std::vector<uint64_t>> RandomStates() const;
  void SetRandomState(std::string_view node_name, const std::vector<uint64_t>& state);

 private:
  mutable std::mutex mutex_;
  std::map<Resource, std::shared_ptr<ResourceCell>> cells_;  // of the type that the resource's kind says
  std::map<std::string, std::unique_ptr<NodeState>, std::less<>> states_;
};

}  // namespace weir
