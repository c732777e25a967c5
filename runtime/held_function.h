// HeldFunction: a function that an op names and whose calls come later than the op's step, perhaps in other runs (the
// function of a dataset's map): compiled, with all that it needs, so that it outlives plan and run.
//
// Whoever calls it makes a caller of its own, whose memory is kept from call to call, and in which ops that keep a
// state (random ones) begin anew: two callers give the same numbers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/graph/base/tensor.h"
#include "weir/runtime/kernel.h"

namespace weir {

// For one thread at a time.
class FunctionCaller {
 public:
  virtual ~FunctionCaller() = default;
  // The results, which are the caller's own. Arguments are as many as the function has; of handles, which were bound
  // while compiling, invalid tensors. Errors: arguments that it was not compiled for; the run's.
  virtual Result<std::vector<Tensor>> Call(const std::vector<Tensor>& args, const RunLimits& limits) = 0;
};

// Immutable; shared by threads.
class HeldFunction {
 public:
  virtual ~HeldFunction() = default;
  virtual const std::string& name() const = 0;
  virtual const std::vector<DType>& args() const = 0;
  virtual const std::vector<DType>& results() const = 0;
  // Errors: an op of its body that Weir does not have, the memory budget.
  virtual Result<std::unique_ptr<FunctionCaller>> MakeCaller() const = 0;
};

}  // namespace weir
