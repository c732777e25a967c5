// Limits of fused chains. Why so few: registers and expanded operands should stay in the first cache level and on the
// stack.
#pragma once

namespace weir {

inline constexpr int kFusedInputs = 8;
inline constexpr int kFusedOutputs = 8;
inline constexpr int kFusedRegisters = 8;

}  // namespace weir
