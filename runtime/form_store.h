// FormStore: what kernels made of inputs that stay as they are from run to run (packed panels, widened filters), so
// that it is made once. By content: equal constants of several plans have one form. A form lives as long as a plan or a
// variable holds it, in memory that the budget counts.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "weir/graph/base/tensor.h"
#include "weir/runtime/kernel.h"

namespace weir {

class FormStore {
 public:
  // The form of the constant. Errors: the memory budget.
  Result<std::shared_ptr<Buffer>> Of(const Tensor& constant, const Form& form);
  // How many forms are alive; for tests.
  int64_t size() const;

 private:
  struct Kept {
    Tensor constant;
    std::weak_ptr<Buffer> form;
  };

  mutable std::mutex mutex_;
  std::multimap<std::pair<std::string, uint64_t>, Kept> kept_;  // by kind and content's hash
};

}  // namespace weir
