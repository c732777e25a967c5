#include "weir/runtime/exec/op_call.h"

namespace weir {

Result<PrepareContext> PrepareOp(const KernelDef& kernel, const InferFn& infer, const AttrMap& attrs,
                                 const std::vector<DynamicInput>& inputs, const std::vector<DType>& outputs,
                                 const KernelServices& services, const RunLimits& limits,
                                 const std::vector<std::shared_ptr<const HeldFunction>>& functions) {
  std::vector<PartialShape> shapes(outputs.size(), PartialShape::Unknown());
  WEIR_RETURN_IF_ERROR(infer(inputs, &shapes));
  std::vector<PrepareContext::Operand> in, out;
  for (const DynamicInput& i : inputs) {
    in.push_back({i.dtype, i.shape, i.value, true});
    in.back().name = i.name, in.back().object = i.object;
  }
  for (size_t k = 0; k < outputs.size(); ++k) {
    auto shape = shapes[k].ToShape();
    out.push_back({outputs[k], shape ? *shape : Shape(), nullptr, shape.has_value()});
  }
  PrepareContext c(&attrs, std::move(in), std::move(out), &services);
  c.set_limits(limits);
  c.set_functions(functions);
  WEIR_RETURN_IF_ERROR(kernel.prepare()(c));
  for (int k = 0; k < c.num_outputs(); ++k) {
    if (!c.output_known(k)) return Internal("left an output's shape open");
  }
  return c;
}

Result<Tensor> OutputOf(const KernelDef& kernel, const std::vector<Tensor>& inputs, int k, DType dtype,
                        const Shape& shape) {
  const int view = kernel.ViewOf(k);
  return view < 0 ? Tensor::Allocate(dtype, shape) : inputs[view].Reshaped(shape);
}

}  // namespace weir
