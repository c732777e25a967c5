// Pooling over images, dilation: the list of the family's topics.
#include "weir/graph/op_def.h"

namespace weir {

void RegisterMaxPoolOps(OpRegistry& r);   // max.cc
void RegisterAvgPoolOps(OpRegistry& r);   // avg.cc
void RegisterDilationOps(OpRegistry& r);  // dilation.cc

void RegisterPoolOps(OpRegistry& r) {
  RegisterMaxPoolOps(r);
  RegisterAvgPoolOps(r);
  RegisterDilationOps(r);
}

}  // namespace weir
