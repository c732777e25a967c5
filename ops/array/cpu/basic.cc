// Kernels that hand a tensor through (views) and those that fill one: Fill, ZerosLike, OnesLike; CheckNumerics.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "weir/runtime/cpu/lists.h"
#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

Status PrepareSame(PrepareContext& c) { return SetViewDims(c, c.input_shape(0).dims()); }

Status PreparePlaceholderWithDefault(PrepareContext& c) {
  if (!c.attr<PartialShape>("shape").Admits(c.input_shape(0))) {
    return InvalidArgument(fmt::format("does not admit a default of shape {}", c.input_shape(0).ToString()));
  }
  return SetViewDims(c, c.input_shape(0).dims());
}

Status PrepareIdentityN(PrepareContext& c) {
  // Why not one SetMoves: the inputs may be of different types.
  struct Copy { int i; int64_t n; void (*run)(RunArgs&, int, int64_t); };
  std::vector<Copy> copies;
  for (int i = 0; i < c.num_inputs(); ++i) {
    c.set_output_shape(i, c.input_shape(i));
    WEIR_RETURN_IF_ERROR(ForElement(c.input_dtype(i), [&](auto type) {
      using T = decltype(type);
      copies.push_back({i, c.input_shape(i).num_elements(),
                        [](RunArgs& a, int k, int64_t n) { std::copy_n(a.in<T>(k), n, a.out<T>(k)); }});
    }));
  }
  c.SetRun([copies](RunArgs& a) {
    for (const Copy& copy : copies) copy.run(a, copy.i, copy.n);
  });
  return {};
}

Status PrepareFill(PrepareContext& c) {
  if (c.input_shape(1).num_elements() != 1)
    return InvalidArgument(fmt::format("wants a scalar value, not shape {}", c.input_shape(1).ToString()));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, c.ints(0)));
  int64_t n = c.output_shape(0).num_elements();
  c.ParallelOver(n, MoveCost(c.output_dtype(0)));
  return ForElement(c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([](RunArgs& a) {
      auto [begin, end] = a.Range();
      std::fill(a.out<T>(0) + begin, a.out<T>(0) + end, *a.in<T>(1));
    });
  });
}

// Fills the output, shaped like the input, with one value.
template <class T>
void SetFillLike(PrepareContext& c, T value) {
  c.set_output_shape(0, c.input_shape(0));
  int64_t n = c.output_shape(0).num_elements();
  c.ParallelOver(n, MoveCost(c.output_dtype(0)));
  c.SetRun([value](RunArgs& a) {
    auto [begin, end] = a.Range();
    std::fill(a.out<T>(0) + begin, a.out<T>(0) + end, value);
  });
}

// As many lists of as many items of zeros.
Status PrepareZeroLists(PrepareContext& c) {
  c.set_output_shape(0, c.input_shape(0));
  c.SetRun([n = c.input_shape(0).num_elements()](RunArgs& a) {
    for (int64_t i = 0; i < n; ++i) {
      auto zeros = ZerosLike(a.in<TensorList>(0)[i]);
      if (!zeros.ok()) return a.Fail(zeros.status());
      a.out<TensorList>(0)[i] = std::move(*zeros);
    }
  });
  return {};
}

Status PrepareZerosLike(PrepareContext& c) {
  if (c.input_dtype(0) == kVariant) return PrepareZeroLists(c);
  return ForElement(c.input_dtype(0), [&](auto type) { SetFillLike(c, decltype(type)()); });
}

Status PrepareOnesLike(PrepareContext& c) {
  return c.ForType(NumberAndBoolTypes(), c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    if constexpr (sizeof(T) == 2 && !std::is_integral_v<T>) {
      SetFillLike(c, T(1.0f).bits);  // by bits: one fill a size
    } else {
      SetFillLike(c, T(1));
    }
  });
}

Status PrepareEnsureShape(PrepareContext& c) {
  const auto shape = c.attr<PartialShape>("shape");
  if (!shape.Admits(c.input_shape(0))) {
    return InvalidArgument(
        fmt::format("is given {}, which is not of shape {}", c.input_shape(0).ToString(), shape.ToString()));
  }
  return SetViewDims(c, c.input_shape(0).dims());
}

Status PrepareCheckNumerics(PrepareContext& c) {
  c.set_output_shape(0, c.input_shape(0));
  c.ParallelOver(c.input_shape(0).num_elements(), 0.5);
  return c.ForType(FloatTypes(), c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([message = c.attr<std::string>("message")](RunArgs& a) {
      auto [begin, end] = a.Range();
      bool nan = false, inf = false;
      for (int64_t i = begin; i < end; ++i) {
        nan |= std::isnan(a.in<T>(0)[i]);
        inf |= std::isinf(a.in<T>(0)[i]);
      }
      if (nan || inf) {
        a.Fail(InvalidArgument(fmt::format("found a bad number: {} : Tensor had {} values", message,
                                           nan && inf ? "Inf and NaN"
                                           : nan      ? "NaN"
                                                      : "Inf")));
      }
      if (a.in<T>(0) != a.out<T>(0)) std::copy(a.in<T>(0) + begin, a.in<T>(0) + end, a.out<T>(0) + begin);
    });
  });
}

}  // namespace

void RegisterArrayBasicKernels(KernelRegistry& r) {
  for (const char* op : {"Identity", "Snapshot", "StopGradient", "PreventGradient"}) r.Add(op, PrepareSame).View(0, 0);
  r.Add("PlaceholderWithDefault", PreparePlaceholderWithDefault).View(0, 0);
  r.Add("IdentityN", PrepareIdentityN);
  r.Add("Fill", PrepareFill).NeedsValue({0});
  r.Add("EnsureShape", PrepareEnsureShape).View(0, 0);
  r.Add("ZerosLike", PrepareZerosLike);
  r.Add("OnesLike", PrepareOnesLike);
  r.Add("CheckNumerics", PrepareCheckNumerics).InPlace(0, 0);
}

}  // namespace weir
