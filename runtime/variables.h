// VariableStore: the variables of a session, and the hidden state of its random ops. Shared by all plans.
//
// Concurrency: a run pins the buffer of every variable it reads, so it sees one whole value. A writer changes the buffer
// in place when nobody else holds it and otherwise writes to a fresh one and swaps; read-modify-write is exclusive.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "weir/graph/base/tensor.h"
#include "weir/runtime/kernel.h"

namespace weir {

struct VariableCell {
  std::string name;      // checkpoint name: the shared name, else the node's
  DType dtype = DType::kInvalid;
  PartialShape declared = PartialShape::Unknown();

  std::mutex mutex;      // guards value; held by a writer while it changes the buffer in place
  Tensor value;          // invalid until initialised
  std::mutex writing;    // held for the whole of a run that writes the variable
};
using VariableRef = std::shared_ptr<VariableCell>;

class VariableStore {
 public:
  // The variable of this container and name, made on first use. Error when it exists with another dtype.
  Result<VariableRef> FindOrCreate(std::string_view container, std::string_view name, DType dtype, const PartialShape& declared);
  VariableRef Find(std::string_view name) const;  // in any container; null when there is none
  std::vector<VariableRef> All() const;           // by name

  RandomState* random_state(std::string_view node_name);
  // node name -> {key, counter_lo, counter_hi} of the random ops that have run; for checkpoints.
  std::map<std::string, std::vector<uint64_t>> random_states() const;
  void set_random_state(std::string_view node_name, const std::vector<uint64_t>& state);

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, VariableRef, std::less<>> variables_;
  std::map<std::string, std::unique_ptr<RandomState>, std::less<>> random_;
};

}  // namespace weir
