// Kernels of ParseTensor and SerializeTensor.
#include <fmt/format.h>

#include "weir/runtime/io/summary.h"
#include "weir/runtime/kernel.h"

namespace weir {

namespace {

// Why the message is read in Prepare: only it tells the output's shape.
Status PrepareParseTensor(PrepareContext& c) {
  if (c.input_shape(0).rank() != 0)
    return InvalidArgument(fmt::format("wants one message, not {}", c.input_shape(0).ToString()));
  WEIR_ASSIGN_OR_RETURN(Tensor t, io::TensorOfBytes(*c.input_value(0)->data<std::string>()));
  if (t.dtype() != c.output_dtype(0)) {
    return InvalidArgument(fmt::format("wants a tensor of {}, but the message has one of {}",
                                       DTypeName(c.output_dtype(0)), DTypeName(t.dtype())));
  }
  if (!IsSupported(t.dtype()) || t.opaque()) return PrepareContext::NoKernelFor(t.dtype());
  c.set_output_shape(0, t.shape());
  c.SetRun([t](RunArgs& a) { t.CopyTo(a.out<void>(0)); });
  return {};
}

Status PrepareSerializeTensor(PrepareContext& c) {
  const DType type = c.input_dtype(0);
  if (!IsSupported(type)) return PrepareContext::NoKernelFor(type);
  c.set_output_shape(0, Shape());
  c.SetRun([type, shape = c.input_shape(0)](RunArgs& a) {
    auto bytes = io::TensorBytes(Tensor::Wrap(type, shape, const_cast<void*>(a.in<void>(0))));
    if (bytes.ok()) *a.out<std::string>(0) = std::move(*bytes);
    else a.Fail(bytes.status());
  });
  return {};
}

}  // namespace

void RegisterParseTensorKernels(KernelRegistry& r) {
  r.Add("ParseTensor", PrepareParseTensor).NeedsValue({0});
  r.Add("SerializeTensor", PrepareSerializeTensor);
}

}  // namespace weir
