// Kernel of CppFunc and CppFuncStateless: a call of a C++ function.
//
// Where all shapes are known, Run calls it and copies its results. Where some are not, the step is prepared while
// running, and Prepare calls it: only the results tell the shapes.
#include <fmt/format.h>

#include <exception>

#include "weir/ops/kernels.h"

namespace weir {
namespace {

struct Types {
  std::vector<DType> dtypes;
  std::vector<std::optional<Shape>> shapes;  // where known
};

Result<std::vector<Tensor>> Guarded(const CppFunction& fn, const std::vector<Tensor>& inputs) {
  try {
    return fn(inputs);
  } catch (const std::exception& e) { return Internal(fmt::format("threw an exception: {}", e.what())); } catch (...) {
    return Internal("threw an exception");
  }
}

// The results, which must be what the op promised.
Result<std::vector<Tensor>> Called(const CppFunction& fn, const std::vector<Tensor>& inputs, const Types& promised) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Tensor> results, Guarded(fn, inputs));
  if (results.size() != promised.dtypes.size()) {
    return InvalidArgument(fmt::format("gave {} results, not {}", results.size(), promised.dtypes.size()));
  }
  for (size_t i = 0; i < results.size(); ++i) {
    const Tensor& t = results[i];
    const auto& shape = promised.shapes[i];
    if (t.valid() && t.dtype() == promised.dtypes[i] && (!shape || *shape == t.shape())) continue;
    return InvalidArgument(fmt::format("gave {} as result {}, not {}{}",
                                       t.valid() ? DTypeShortName(t.dtype()) + t.shape().ToString() : "nothing", i,
                                       DTypeShortName(promised.dtypes[i]), shape ? shape->ToString() : ""));
  }
  return results;
}

Status PrepareCppFunc(PrepareContext& c) {
  auto it = c.attrs().find("function");
  const CppFunctionRef* ref = it == c.attrs().end() ? nullptr : it->second.get<CppFunctionRef>();
  if (!ref || !ref->function || !*ref->function) return FailedPrecondition("has no C++ function to call");
  Types promised, given;
  bool known = true;
  for (int i = 0; i < c.num_outputs(); ++i) {
    promised.dtypes.push_back(c.output_dtype(i));
    promised.shapes.push_back(c.output_known(i) ? std::optional(c.output_shape(i)) : std::nullopt);
    known &= c.output_known(i);
  }
  if (known) {
    for (int i = 0; i < c.num_inputs(); ++i)
      given.dtypes.push_back(c.input_dtype(i)), given.shapes.push_back(c.input_shape(i));
    c.SetRun([fn = ref->function, given, promised](RunArgs& a) {
      std::vector<Tensor> inputs;
      for (size_t i = 0; i < given.dtypes.size(); ++i) {
        inputs.push_back(
            Tensor::Wrap(given.dtypes[i], *given.shapes[i], const_cast<char*>(a.in<char>(static_cast<int>(i)))));
      }
      auto results = Called(*fn, inputs, promised);
      if (!results.ok()) return a.Fail(results.status());
      for (size_t i = 0; i < results->size(); ++i) (*results)[i].CopyTo(a.out<void>(static_cast<int>(i)));
    });
    return {};
  }
  std::vector<Tensor> inputs;
  for (int i = 0; i < c.num_inputs(); ++i) inputs.push_back(*c.input_value(i));
  WEIR_ASSIGN_OR_RETURN(std::vector<Tensor> results, Called(*ref->function, inputs, promised));
  for (size_t i = 0; i < results.size(); ++i) c.set_output_shape(static_cast<int>(i), results[i].shape());
  c.SetRun([results](RunArgs& a) {
    for (size_t i = 0; i < results.size(); ++i) results[i].CopyTo(a.out<void>(static_cast<int>(i)));
  });
  return {};
}

}  // namespace

void RegisterCustomKernels(KernelRegistry& r) {
  r.Add("CppFunc", PrepareCppFunc).NeedsValueFrom(0);
  r.Add("CppFuncStateless", PrepareCppFunc).NeedsValueFrom(0);
}

}  // namespace weir
