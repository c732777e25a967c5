// Labels and logits in each other's place, told by their dtypes.
#include "weir/ops/nn/swapped_labels.h"

#include <fmt/format.h>

#include <utility>

namespace weir {

bool AreSwapped(const Input& labels, const Input& logits, const char* function) {
  if (labels.is_literal() || logits.is_literal() || !labels.output().valid() || !logits.output().valid()) return false;
  DType l = BaseType(labels.output().dtype()), x = BaseType(logits.output().dtype());
  if (!IsInteger(x) || !IsFloating(l)) return false;
  Status s = InvalidArgument(
      fmt::format("error[dtype]: {} has logits '{}' of {} and labels '{}' of {}: they are swapped", function,
                  logits.output().name(), DTypeName(x), labels.output().name(), DTypeName(l)));
  if (logits.loc()) s = std::move(s).Detail("called at " + logits.loc().ToString());
  logits.builder()->Fail(std::move(s).Help(fmt::format("labels come first: {}(labels, logits)", function)));
  return true;
}

}  // namespace weir
