// Kernels that change or read parts of variables by handle: AssignAdd, AssignSub, gather and scatter of rows. Whole
// reads and assignments are the executor's own; the reference forms have no kernels.
//
// Scatter cuts its work by columns: every part walks all rows in their order, so that duplicates add up the same way
// for any cut.
#include <fmt/format.h>

#include <algorithm>

#include "weir/ops/kernels.h"
#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/cpu/rows.h"
#include "weir/runtime/cpu/wide.h"

namespace weir {

namespace {

using kernels::CheckedRows;
using kernels::CheckRowsBefore;
using kernels::ElementsOf;

// f(T{}) for a type that adds, subtracts and multiplies as dtype `t` does. Integers wrap, so that unsigned types serve
// signed ones.
template <class F>
Status ForNumber(DType t, F&& f) {
  if (DispatchType(t, FloatTypes() + ComplexTypes(), f)) return {};
  if (!IsInteger(t)) return PrepareContext::NoKernelFor(t);
  return kernels::ForElement(t, [&](auto e) {
    if constexpr (std::is_integral_v<decltype(e)>) f(e);
  });
}

template <bool kSubtract, class T>
T Sum(T a, T b) { return kSubtract ? kernels::Minus(a, b) : kernels::Plus(a, b); }

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
  return ForNumber(c.input_dtype(1), [&](auto t) {
    using T = decltype(t);
    c.SetRun([](RunArgs& a) {
      auto [begin, end] = a.Range();
      T* var = a.var<T>(0);
      const T* value = a.in<T>(1);
      for (int64_t i = begin; i < end; ++i) var[i] = Sum<kSubtract>(var[i], value[i]);
    });
  });
}

struct Replace {
  template <class T>
  T operator()(const T&, const T& update) const { return update; }
};
template <bool kSubtract>
struct Accumulate {
  template <class T>
  T operator()(T var, T update) const { return Sum<kSubtract>(var, update); }
};

struct Multiply {
  template <class T>
  T operator()(T var, T update) const {
    // Why uint64_t: a product of promoted uint16 would overflow int.
    if constexpr (std::is_integral_v<T>) return T(uint64_t(var) * uint64_t(update));
    else if constexpr (sizeof(T) == 2) return T(float(var) * float(update));
    else return var * update;
  }
};

// NaN stays where it is, and is passed over where it comes.
struct Largest {
  template <class T>
  T operator()(T var, T update) const { return var < update ? update : var; }
};

// The shapes of a scatter: `rows` updates of `row` elements each, or one number for all.
struct ScatterPlan {
  int64_t rows = 0, row = 0;
  bool scalar = false;
};

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
  return ScatterPlan{indices.num_elements(), ElementsOf(var, 1, var.rank()), updates.rank() == 0};
}

// Parts of whole cache lines of columns.
void ParallelOverColumns(PrepareContext& c, const ScatterPlan& p, double ns) {
  constexpr int64_t kColumns = 16;
  c.ParallelOver(p.row, ns * double(p.rows), kColumns, kColumns);
}

template <class T, class Combine>
void SetScatter(PrepareContext& c, const ScatterPlan& p, Combine combine) {
  c.SetRun([=](RunArgs& a) {
    const int64_t* rows = CheckedRows(a);
    T* var = a.var<T>(0);
    const T* updates = a.in<T>(2);
    auto [begin, end] = a.Range();
    for (int64_t i = 0; i < p.rows; ++i) {
      T* to = var + rows[i] * p.row;
      const T* from = updates + (p.scalar ? 0 : i * p.row);
      for (int64_t j = begin; j < end; ++j) to[j] = combine(to[j], from[p.scalar ? 0 : j]);
    }
  });
}

template <class Combine>
Status PrepareScatterNumbers(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(ScatterPlan plan, PlanScatter(c));
  ParallelOverColumns(c, plan, 0.5);
  return ForNumber(c.input_dtype(2), [&](auto t) { SetScatter<decltype(t)>(c, plan, Combine()); });
}

Status PrepareScatterMax(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(ScatterPlan plan, PlanScatter(c));
  ParallelOverColumns(c, plan, 0.5);
  return c.ForType(RealTypes{}, c.input_dtype(2), [&](auto t) { SetScatter<decltype(t)>(c, plan, Largest()); });
}

Status PrepareScatterUpdate(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(ScatterPlan plan, PlanScatter(c));
  ParallelOverColumns(c, plan, kernels::MoveCost(c.input_dtype(2)));
  return kernels::ForElement(c.input_dtype(2), [&](auto t) { SetScatter<decltype(t)>(c, plan, Replace()); });
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
  r.Add("ResourceScatterAdd", PrepareScatterNumbers<Accumulate<false>>);
  r.Add("ResourceScatterSub", PrepareScatterNumbers<Accumulate<true>>);
  r.Add("ResourceScatterMul", PrepareScatterNumbers<Multiply>);
  r.Add("ResourceScatterMax", PrepareScatterMax);
  r.Add("ResourceScatterUpdate", PrepareScatterUpdate);
  r.Add("ResourceGather", PrepareResourceGather);
}

}  // namespace weir
