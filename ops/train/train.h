// Building functions of the training ops in their resource form: what optimizers (ops/model/optimizers.h) are made of.
//
// Variables and slots are handles (Variable::handle()) of equal dtype and shape; the other values are scalars of that
// dtype, gradients have the variable's shape. Sparse forms take rows of the gradient [n, …] and the rows' numbers
// `indices` [n], int32 or int64. `graphdef ops` tells each op's formula.
#pragma once

#include "weir/graph/builder.h"

namespace weir::ops {

inline Operation ResourceApplyGradientDescent(const Input& var, const Input& alpha, const Input& delta,
                                              const Name& name = {}) {
  return MakeNode("ResourceApplyGradientDescent", {var, alpha, delta}, {}, name);
}
inline Operation ResourceApplyMomentum(const Input& var, const Input& accum, const Input& lr, const Input& grad,
                                       const Input& momentum, bool use_nesterov = false, const Name& name = {}) {
  return MakeNode("ResourceApplyMomentum", {var, accum, lr, grad, momentum}, {{"use_nesterov", use_nesterov}}, name);
}
inline Operation ResourceSparseApplyMomentum(const Input& var, const Input& accum, const Input& lr, const Input& grad,
                                             const Input& indices, const Input& momentum, bool use_nesterov = false,
                                             const Name& name = {}) {
  return MakeNode("ResourceSparseApplyMomentum", {var, accum, lr, grad, indices, momentum},
                  {{"use_nesterov", use_nesterov}}, name);
}
inline Operation ResourceApplyAdam(const Input& var, const Input& m, const Input& v, const Input& beta1_power,
                                   const Input& beta2_power, const Input& lr, const Input& beta1, const Input& beta2,
                                   const Input& epsilon, const Input& grad, bool use_nesterov = false,
                                   const Name& name = {}) {
  return MakeNode("ResourceApplyAdam", {var, m, v, beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad},
                  {{"use_nesterov", use_nesterov}}, name);
}
inline Operation ResourceApplyRMSProp(const Input& var, const Input& ms, const Input& mom, const Input& lr,
                                      const Input& rho, const Input& momentum, const Input& epsilon,
                                      const Input& grad, const Name& name = {}) {
  return MakeNode("ResourceApplyRMSProp", {var, ms, mom, lr, rho, momentum, epsilon, grad}, {}, name);
}
inline Operation ResourceSparseApplyRMSProp(const Input& var, const Input& ms, const Input& mom, const Input& lr,
                                            const Input& rho, const Input& momentum, const Input& epsilon,
                                            const Input& grad, const Input& indices, const Name& name = {}) {
  return MakeNode("ResourceSparseApplyRMSProp", {var, ms, mom, lr, rho, momentum, epsilon, grad, indices}, {}, name);
}
inline Operation ResourceApplyCenteredRMSProp(const Input& var, const Input& mg, const Input& ms, const Input& mom,
                                              const Input& lr, const Input& rho, const Input& momentum,
                                              const Input& epsilon, const Input& grad, const Name& name = {}) {
  return MakeNode("ResourceApplyCenteredRMSProp", {var, mg, ms, mom, lr, rho, momentum, epsilon, grad}, {}, name);
}
inline Operation ResourceSparseApplyCenteredRMSProp(const Input& var, const Input& mg, const Input& ms,
                                                    const Input& mom, const Input& lr, const Input& rho,
                                                    const Input& momentum, const Input& epsilon, const Input& grad,
                                                    const Input& indices, const Name& name = {}) {
  return MakeNode("ResourceSparseApplyCenteredRMSProp", {var, mg, ms, mom, lr, rho, momentum, epsilon, grad,
                  indices}, {}, name);
}
inline Operation ResourceApplyAdagrad(const Input& var, const Input& accum, const Input& lr, const Input& grad,
                                      bool update_slots = true, const Name& name = {}) {
  return MakeNode("ResourceApplyAdagrad", {var, accum, lr, grad}, {{"update_slots", update_slots}}, name);
}
inline Operation ResourceSparseApplyAdagrad(const Input& var, const Input& accum, const Input& lr, const Input& grad,
                                            const Input& indices, bool update_slots = true, const Name& name = {}) {
  return MakeNode("ResourceSparseApplyAdagrad", {var, accum, lr, grad, indices},
                  {{"update_slots", update_slots}}, name);
}
inline Operation ResourceApplyAdagradV2(const Input& var, const Input& accum, const Input& lr, const Input& epsilon,
                                        const Input& grad, bool update_slots = true, const Name& name = {}) {
  return MakeNode("ResourceApplyAdagradV2", {var, accum, lr, epsilon, grad}, {{"update_slots", update_slots}}, name);
}
inline Operation ResourceSparseApplyAdagradV2(const Input& var, const Input& accum, const Input& lr,
                                              const Input& epsilon, const Input& grad, const Input& indices,
                                              bool update_slots = true, const Name& name = {}) {
  return MakeNode("ResourceSparseApplyAdagradV2", {var, accum, lr, epsilon, grad, indices},
                  {{"update_slots", update_slots}}, name);
}
inline Operation ResourceApplyAdadelta(const Input& var, const Input& accum, const Input& accum_update,
                                       const Input& lr, const Input& rho, const Input& epsilon, const Input& grad,
                                       const Name& name = {}) {
  return MakeNode("ResourceApplyAdadelta", {var, accum, accum_update, lr, rho, epsilon, grad}, {}, name);
}
inline Operation ResourceSparseApplyAdadelta(const Input& var, const Input& accum, const Input& accum_update,
                                             const Input& lr, const Input& rho, const Input& epsilon,
                                             const Input& grad, const Input& indices, const Name& name = {}) {
  return MakeNode("ResourceSparseApplyAdadelta", {var, accum, accum_update, lr, rho, epsilon, grad, indices},
                  {}, name);
}
inline Operation ResourceApplyAdagradDA(const Input& var, const Input& gradient_accumulator,
                                        const Input& gradient_squared_accumulator, const Input& grad, const Input& lr,
                                        const Input& l1, const Input& l2, const Input& global_step,
                                        const Name& name = {}) {
  return MakeNode("ResourceApplyAdagradDA", {var, gradient_accumulator, gradient_squared_accumulator, grad, lr,
                  l1, l2, global_step}, {}, name);
}
inline Operation ResourceSparseApplyAdagradDA(const Input& var, const Input& gradient_accumulator,
                                              const Input& gradient_squared_accumulator, const Input& grad,
                                              const Input& indices, const Input& lr, const Input& l1, const Input& l2,
                                              const Input& global_step, const Name& name = {}) {
  return MakeNode("ResourceSparseApplyAdagradDA", {var, gradient_accumulator, gradient_squared_accumulator,
                  grad, indices, lr, l1, l2, global_step}, {}, name);
}
inline Operation ResourceApplyFtrl(const Input& var, const Input& accum, const Input& linear, const Input& grad,
                                   const Input& lr, const Input& l1, const Input& l2, const Input& lr_power,
                                   bool multiply_linear_by_lr = false, const Name& name = {}) {
  return MakeNode("ResourceApplyFtrl", {var, accum, linear, grad, lr, l1, l2, lr_power},
                  {{"multiply_linear_by_lr", multiply_linear_by_lr}}, name);
}
inline Operation ResourceSparseApplyFtrl(const Input& var, const Input& accum, const Input& linear, const Input& grad,
                                         const Input& indices, const Input& lr, const Input& l1, const Input& l2,
                                         const Input& lr_power, bool multiply_linear_by_lr = false,
                                         const Name& name = {}) {
  return MakeNode("ResourceSparseApplyFtrl", {var, accum, linear, grad, indices, lr, l1, l2, lr_power},
                  {{"multiply_linear_by_lr", multiply_linear_by_lr}}, name);
}
inline Operation ResourceApplyFtrlV2(const Input& var, const Input& accum, const Input& linear, const Input& grad,
                                     const Input& lr, const Input& l1, const Input& l2, const Input& l2_shrinkage,
                                     const Input& lr_power, bool multiply_linear_by_lr = false,
                                     const Name& name = {}) {
  return MakeNode("ResourceApplyFtrlV2", {var, accum, linear, grad, lr, l1, l2, l2_shrinkage, lr_power},
                  {{"multiply_linear_by_lr", multiply_linear_by_lr}}, name);
}
inline Operation ResourceSparseApplyFtrlV2(const Input& var, const Input& accum, const Input& linear,
                                           const Input& grad, const Input& indices, const Input& lr, const Input& l1,
                                           const Input& l2, const Input& l2_shrinkage, const Input& lr_power,
                                           bool multiply_linear_by_lr = false, const Name& name = {}) {
  return MakeNode("ResourceSparseApplyFtrlV2", {var, accum, linear, grad, indices, lr, l1, l2, l2_shrinkage,
                  lr_power}, {{"multiply_linear_by_lr", multiply_linear_by_lr}}, name);
}
inline Operation ResourceApplyProximalGradientDescent(const Input& var, const Input& alpha, const Input& l1,
                                                      const Input& l2, const Input& delta, const Name& name = {}) {
  return MakeNode("ResourceApplyProximalGradientDescent", {var, alpha, l1, l2, delta}, {}, name);
}
inline Operation ResourceSparseApplyProximalGradientDescent(const Input& var, const Input& alpha, const Input& l1,
                                                            const Input& l2, const Input& grad, const Input& indices,
                                                            const Name& name = {}) {
  return MakeNode("ResourceSparseApplyProximalGradientDescent", {var, alpha, l1, l2, grad, indices}, {}, name);
}
inline Operation ResourceApplyProximalAdagrad(const Input& var, const Input& accum, const Input& lr, const Input& l1,
                                              const Input& l2, const Input& grad, const Name& name = {}) {
  return MakeNode("ResourceApplyProximalAdagrad", {var, accum, lr, l1, l2, grad}, {}, name);
}
inline Operation ResourceSparseApplyProximalAdagrad(const Input& var, const Input& accum, const Input& lr,
                                                    const Input& l1, const Input& l2, const Input& grad,
                                                    const Input& indices, const Name& name = {}) {
  return MakeNode("ResourceSparseApplyProximalAdagrad", {var, accum, lr, l1, l2, grad, indices}, {}, name);
}

}  // namespace weir::ops
