// Kernels that change or read parts of variables by handle: AssignAdd, AssignSub, gather and scatter of rows. Whole
// reads and assignments are the executor's own; the reference forms have no kernels.
#include <fmt/format.h>

#include <algorithm>

#include "weir/ops/kernels.h"
#include "weir/runtime/cpu/scatter.h"

namespace weir {

namespace {

using kernels::CheckedRows;
using kernels::CheckRowsBefore;
using kernels::ElementsOf;
using kernels::ScatterPlan;

// The variable (input 0) holds the dtype of the value that is to change it.
Status CheckDType(const PrepareContext& c, DType value) {
  if (c.input_dtype(0) == value) return {};
  return InvalidArgument(
      fmt::format("has dtype {} but its variable holds {}", DTypeName(value), DTypeName(c.input_dtype(0))));
}

template <bool kSubtract>
Status PrepareAssignSum(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckDType(c, c.input_dtype(1)));
  if (!(c.input_shape(0) == c.input_shape(1))) {
    return InvalidArgument(fmt::format("cannot combine a variable of shape {} with a value of shape {}",
                                       c.input_shape(0).ToString(), c.input_shape(1).ToString()));
  }
  int64_t n = c.input_shape(0).num_elements();
  c.ParallelOver(n, 0.4);
  return kernels::OfNumbers::ForType(c.input_dtype(1), [&](auto t) {
    using T = decltype(t);
    c.SetRun([](RunArgs& a) {
      auto [begin, end] = a.Range();
      T* var = a.var<T>(0);
      const T* value = a.in<T>(1);
      for (int64_t i = begin; i < end; ++i) var[i] = kernels::Accumulate<kSubtract>()(var[i], value[i]);
    });
  });
}

Status PrepareCountUpTo(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckDType(c, c.output_dtype(0)));
  if (c.input_shape(0).rank() != 0)
    return InvalidArgument(fmt::format("counts by a scalar variable, not one of {}", c.input_shape(0).ToString()));
  return c.ForType(Types<int32_t, int64_t>{}, c.output_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([limit = c.attr<int64_t>("limit")](RunArgs& a) {
      T& count = *a.var<T>(0);
      if (count >= limit) return a.Fail(OutOfRange(fmt::format("has reached its limit, {}", limit)));
      *a.out<T>(0) = count++;
    });
  });
}

Result<ScatterPlan> PlanScatter(PrepareContext& c) {
  const Shape &var = c.input_shape(0), &indices = c.input_shape(1), &updates = c.input_shape(2);
  WEIR_RETURN_IF_ERROR(CheckDType(c, c.input_dtype(2)));
  if (var.rank() == 0) return InvalidArgument("needs a variable of at least one axis, got a scalar");
  Dims want = indices.dims();
  want.insert(want.end(), var.dims().begin() + 1, var.dims().end());
  if (updates.rank() != 0 && updates.dims() != want) {
    return InvalidArgument(
        fmt::format("cannot scatter updates of shape {} at indices of shape {} into a variable of shape {}",
                    updates.ToString(), indices.ToString(), var.ToString()));
  }
  WEIR_RETURN_IF_ERROR(CheckRowsBefore(c, 1, var[0]));
  return ScatterPlan{
      .rows = indices.num_elements(), .row = ElementsOf(var, 1, var.rank()), .scalar = updates.rank() == 0};
}

template <class Combine>
Status PrepareScatter(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(ScatterPlan plan, PlanScatter(c));
  return kernels::SetScatter<Combine>(c, plan);
}

template <class Combine>
Status PrepareScatterNd(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckDType(c, c.input_dtype(2)));
  WEIR_ASSIGN_OR_RETURN(ScatterPlan plan, kernels::PlanScatterNd(c, c.input_shape(0), 1));
  return kernels::SetScatter<Combine>(c, plan);
}

Status PrepareResourceGather(PrepareContext& c) {
  const Shape &var = c.input_shape(0), &indices = c.input_shape(1);
  int64_t batch_dims = c.attr<int64_t>("batch_dims");
  WEIR_RETURN_IF_ERROR(CheckDType(c, c.output_dtype(0)));
  if (batch_dims < 0 || batch_dims > indices.rank() || batch_dims >= var.rank() ||
      !std::equal(var.dims().begin(), var.dims().begin() + batch_dims, indices.dims().begin())) {
    return InvalidArgument(
        fmt::format("with batch_dims = {} cannot gather from a variable of shape {} at indices of shape {}", batch_dims,
                    var.ToString(), indices.ToString()));
  }
  int axis = static_cast<int>(batch_dims);
  int64_t limit = var[axis], row = ElementsOf(var, axis + 1, var.rank());
  int64_t n = indices.num_elements(), per_batch = std::max<int64_t>(ElementsOf(indices, axis, indices.rank()), 1);
  WEIR_RETURN_IF_ERROR(CheckRowsBefore(c, 1, limit));
  c.ParallelOver(n, 2 + double(row) * kernels::MoveCost(c.output_dtype(0)));
  return kernels::ForElement(c.output_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([=](RunArgs& a) {
      const int64_t* rows = CheckedRows(a);
      const T* var = a.var<T>(0);
      T* out = a.out<T>(0);
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        std::copy_n(var + (i / per_batch * limit + rows[i]) * row, row, out + i * row);
      }
    });
  });
}

}  // namespace

void RegisterStateKernels(KernelRegistry& r) {
  r.Add("AssignAddVariableOp", PrepareAssignSum<false>);
  r.Add("AssignSubVariableOp", PrepareAssignSum<true>);
  r.Add("ResourceCountUpTo", PrepareCountUpTo);
  r.Add("ResourceScatterAdd", PrepareScatter<kernels::Accumulate<false>>);
  r.Add("ResourceScatterSub", PrepareScatter<kernels::Accumulate<true>>);
  r.Add("ResourceScatterMul", PrepareScatter<kernels::Multiply>);
  r.Add("ResourceScatterMax", PrepareScatter<kernels::Extreme<true>>);
  r.Add("ResourceScatterUpdate", PrepareScatter<kernels::Replace>);
  r.Add("ResourceScatterNdAdd", PrepareScatterNd<kernels::Accumulate<false>>);
  r.Add("ResourceScatterNdSub", PrepareScatterNd<kernels::Accumulate<true>>);
  r.Add("ResourceScatterNdMax", PrepareScatterNd<kernels::Extreme<true>>);
  r.Add("ResourceScatterNdMin", PrepareScatterNd<kernels::Extreme<false>>);
  r.Add("ResourceScatterNdUpdate", PrepareScatterNd<kernels::Replace>);
  r.Add("DisableCopyOnRead", [](PrepareContext& c) { return c.Nothing(); });
  r.Add("ResourceGather", PrepareResourceGather);
}

}  // namespace weir
