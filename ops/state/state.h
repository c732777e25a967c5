// Building functions on variables by handle: the raw ops. Most code uses Variable (ops/model/variables.h) instead.
#pragma once

#include "weir/graph/builder.h"

namespace weir::ops {

struct VarHandleOptions {
  std::string container = {}, shared_name = {};
  std::string name = {};
};
// A handle (a resource scalar) to a variable of this dtype and shape.
inline Output VarHandle(At g, DType dtype, PartialShape shape, const VarHandleOptions& o = {}) {
  return g.builder->Add(
      "VarHandleOp", {},
      {{"dtype", dtype}, {"shape", std::move(shape)}, {"container", o.container}, {"shared_name", o.shared_name}},
      {.name = o.name}, g.loc);
}
// The attribute `dtype` as the variable behind the handle has it; empty when that is not known.
AttrMap HandleDType(const Input& handle);

// The variable's value now. `dtype` is what the variable holds; to be told where the handle does not tell it.
inline Output ReadVariable(const Input& handle, DType dtype = DType::kInvalid, const Name& name = {}) {
  return Make("ReadVariableOp", {handle}, dtype == DType::kInvalid ? HandleDType(handle) : AttrMap{{"dtype", dtype}},
              name);
}
// Set, add to, subtract from the variable. The value has the variable's dtype and shape.
inline Operation AssignVariable(const Input& handle, const Input& value, const Name& name = {}) {
  return MakeNode("AssignVariableOp", {handle, value}, HandleDType(handle), name);
}
inline Operation AssignAddVariable(const Input& handle, const Input& value, const Name& name = {}) {
  return MakeNode("AssignAddVariableOp", {handle, value}, HandleDType(handle), name);
}
inline Operation AssignSubVariable(const Input& handle, const Input& value, const Name& name = {}) {
  return MakeNode("AssignSubVariableOp", {handle, value}, HandleDType(handle), name);
}
inline Output VarIsInitialized(const Input& handle, const Name& name = {}) {
  return Make("VarIsInitializedOp", {handle}, {}, name);
}
// The shape of the variable's value: an integer vector.
inline Output VariableShape(const Input& handle, DType out_type = kInt32, const Name& name = {}) {
  return Make("VariableShape", {handle}, {{"out_type", out_type}}, name);
}
// Rows of the variable: [indices.shape, variable.shape[1:]].
inline Output ResourceGather(const Input& handle, const Input& indices, DType dtype, int64_t batch_dims = 0,
                             const Name& name = {}) {
  return Make("ResourceGather", {handle, indices}, {{"dtype", dtype}, {"batch_dims", batch_dims}}, name);
}
// Rows of the variable changed: updates has the shape [indices.shape, variable.shape[1:]] or is a scalar.
inline Operation ResourceScatterAdd(const Input& handle, const Input& indices, const Input& updates,
                                    const Name& name = {}) {
  return MakeNode("ResourceScatterAdd", {handle, indices, updates}, HandleDType(handle), name);
}
inline Operation ResourceScatterSub(const Input& handle, const Input& indices, const Input& updates,
                                    const Name& name = {}) {
  return MakeNode("ResourceScatterSub", {handle, indices, updates}, HandleDType(handle), name);
}
inline Operation ResourceScatterMul(const Input& handle, const Input& indices, const Input& updates,
                                    const Name& name = {}) {
  return MakeNode("ResourceScatterMul", {handle, indices, updates}, HandleDType(handle), name);
}
inline Operation ResourceScatterMax(const Input& handle, const Input& indices, const Input& updates,
                                    const Name& name = {}) {
  return MakeNode("ResourceScatterMax", {handle, indices, updates}, HandleDType(handle), name);
}
inline Operation ResourceScatterUpdate(const Input& handle, const Input& indices, const Input& updates,
                                       const Name& name = {}) {
  return MakeNode("ResourceScatterUpdate", {handle, indices, updates}, HandleDType(handle), name);
}

}  // namespace weir::ops
