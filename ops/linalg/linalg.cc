// Linear algebra: the list of the family's topics (einsum.cc is composed of other ops).
#include "weir/graph/op_def.h"

namespace weir {

void RegisterMatMulOps(OpRegistry& r);  // matmul.cc

void RegisterLinalgOps(OpRegistry& r) { RegisterMatMulOps(r); }

}  // namespace weir
