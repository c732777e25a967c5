// Kernel of DecodeJSONExample. The format is runtime/io's.
#include "weir/runtime/io/example.h"
#include "weir/runtime/kernel.h"

namespace weir {

namespace {

constexpr double kNsAText = 5000;  // about, of a few features

Status PrepareDecodeJson(PrepareContext& c) {
  c.set_output_shape(0, c.input_shape(0));
  c.ParallelOver(c.input_shape(0).num_elements(), kNsAText);
  c.SetRun([](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) {
      auto bytes = io::ExampleBytesOfJson(a.in<std::string>(0)[i]);
      if (!bytes.ok()) return a.Fail(bytes.status());
      a.out<std::string>(0)[i] = std::move(*bytes);
    }
  });
  return {};
}

}  // namespace

void RegisterParseJsonKernels(KernelRegistry& r) { r.Add("DecodeJSONExample", PrepareDecodeJson); }

}  // namespace weir
