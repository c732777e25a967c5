// Kernels of the training ops: drives the rules of rules.h over a variable, dense or by rows.
//
// The sparse forms check all row numbers first, then walk the rows in order (a row named twice is updated twice), cut
// by columns.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "weir/ops/kernels.h"
#include "weir/ops/train/cpu/rules.h"
#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/cpu/rows.h"

namespace weir {

namespace {

constexpr int kMaxScalars = 6;

// What a rule takes, by the names of the op's definition, beside the variables, which come first, the gradient and, of
// sparse forms, the indices.
struct Names {
  std::vector<std::string_view> scalars;
  const char* flag = "";  // a bool attribute
};

// Where an op's inputs are.
struct Layout {
  int vars = 1;
  std::vector<int> scalars;
  int grad = -1;
  int indices = -1;      // of sparse forms
  int global_step = -1;  // the scalar that is an int64, if any
};

Layout LayoutOf(const PrepareContext& c, int vars, const Names& names) {
  Layout l{.vars = vars, .grad = c.input("grad"), .indices = c.input("indices"), .global_step = c.input("global_step")};
  if (l.grad < 0) l.grad = c.input("delta");
  for (std::string_view name : names.scalars) l.scalars.push_back(c.input(name));
  return l;
}

// Pointers to elements of each variable, and of the gradient.
template <class F, int kVars>
struct Strip {
  F* vars[kVars];
  const F* grad;
};

// Why by value and not inlined: the compiler then sees that no store changes the rule or the pointers, and vectorises.
template <class Rule, class F, size_t... k>
[[gnu::noinline]] void Update(Rule rule, Strip<F, sizeof...(k)> s, int64_t n, std::index_sequence<k...>) {
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    F x[] = {s.vars[k][i]...};
    rule(x, s.grad[i]);
    ((s.vars[k][i] = x[k]), ...);
  }
}

// Which elements a part updates: [begin, end) of each named row; without names, of the whole variable.
struct Rows {
  const int64_t* names = nullptr;
  int64_t count = 1, row = 0, begin = 0, end = 0;
};

using UpdateFn = void (*)(const RunArgs& a, const Layout& l, bool flag, const Rows& rows);

// F has the layout of the dtype it computes with.
template <template <class> class RuleOf, class F>
void UpdateRows(const RunArgs& a, const Layout& l, bool flag, const Rows& rows) {
  using Rule = RuleOf<F>;
  F scalars[kMaxScalars] = {};
  for (size_t i = 0; i < l.scalars.size(); ++i) {
    int input = l.scalars[i];
    scalars[i] = input == l.global_step ? F(*a.in<int64_t>(input)) : *a.in<F>(input);
  }
  Rule rule(scalars, flag);
  for (int64_t i = 0; i < rows.count; ++i) {
    int64_t at = (rows.names ? rows.names[i] : i) * rows.row + rows.begin;
    Strip<F, Rule::kVars> strip;
    for (int k = 0; k < Rule::kVars; ++k) strip.vars[k] = a.var<F>(k) + at;
    strip.grad = a.in<F>(l.grad) + i * rows.row + rows.begin;
    Update(rule, strip, rows.end - rows.begin, std::make_index_sequence<Rule::kVars>());
  }
}

Status CheckShapes(const PrepareContext& c, const Layout& l) {
  const Shape &var = c.input_shape(0), &grad = c.input_shape(l.grad);
  for (int i = 1; i < l.vars; ++i) {
    if (!(c.input_shape(i) == var)) {
      return InvalidArgument(fmt::format("has a variable of shape {} and a slot (input {}) of shape {}", var.ToString(),
                                         i, c.input_shape(i).ToString()));
    }
  }
  for (int i : l.scalars) {
    if (c.input_shape(i).rank() != 0) {
      return InvalidArgument(fmt::format("needs a scalar as input {}, got {}", i, c.input_shape(i).ToString()));
    }
  }
  for (int i = 0; i < l.vars; ++i) {
    if (c.input_dtype(i) != c.input_dtype(l.grad)) {
      return InvalidArgument(fmt::format("cannot update a variable of dtype {} with a gradient of dtype {}",
                                         DTypeName(c.input_dtype(i)), DTypeName(c.input_dtype(l.grad))));
    }
  }
  Dims want = var.dims();
  if (l.indices >= 0) {
    const Shape& indices = c.input_shape(l.indices);
    if (var.rank() == 0) return InvalidArgument("needs a variable of at least one axis, got a scalar");
    if (indices.rank() != 1) {
      return InvalidArgument(fmt::format("needs a vector of indices, got shape {}", indices.ToString()));
    }
    want[0] = indices[0];
  }
  if (grad.dims() == want) return {};
  return InvalidArgument(
      fmt::format("cannot update a variable of shape {} with a gradient of shape {}", var.ToString(), grad.ToString()));
}

void SetDense(PrepareContext& c, const Layout& l, bool flag, UpdateFn update) {
  int64_t n = c.input_shape(0).num_elements();
  c.ParallelOver(n, 0.8 * l.vars);
  c.SetRun([=](RunArgs& a) {
    auto [begin, end] = a.Range();
    update(a, l, flag, {.begin = begin, .end = end});
  });
}

void SetSparse(PrepareContext& c, const Layout& l, bool flag, UpdateFn update) {
  const Shape& var = c.input_shape(0);
  int64_t n = c.input_shape(l.indices)[0], row = kernels::ElementsOf(var, 1, var.rank());
  constexpr int64_t kColumns = 16;  // a cache line of floats
  c.ParallelOver(row, 1.0 * l.vars * double(n), kColumns, kColumns);
  c.SetRun([=](RunArgs& a) {
    const int64_t* names = kernels::CheckedRows(a);
    auto [begin, end] = a.Range();
    update(a, l, flag, {names, n, row, begin, end});
  });
}

// Of one rule for float, double, half, bfloat16.
struct UpdateFns {
  UpdateFn f32, f64, f16, bf16;
};

Status Prepare(PrepareContext& c, int vars, const Names& names, const UpdateFns& fns) {
  const Layout l = LayoutOf(c, vars, names);
  const bool flag = c.attr<bool>(names.flag);
  WEIR_RETURN_IF_ERROR(CheckShapes(c, l));
  DType t = c.input_dtype(l.grad);
  UpdateFn update = t == kFloat      ? fns.f32
                    : t == kDouble   ? fns.f64
                    : t == kHalf     ? fns.f16
                    : t == kBfloat16 ? fns.bf16
                                     : nullptr;
  if (!update) return PrepareContext::NoKernelFor(t);
  if (l.indices < 0) {
    SetDense(c, l, flag, update);
    return {};
  }
  WEIR_RETURN_IF_ERROR(kernels::CheckRowsBefore(c, l.indices, c.input_shape(0)[0]));
  SetSparse(c, l, flag, update);
  return {};
}

template <template <class> class RuleOf>
void Register(KernelRegistry& r, std::string op, Names names) {
  UpdateFns fns = {UpdateRows<RuleOf, float>, UpdateRows<RuleOf, double>, UpdateRows<RuleOf, training::Rounded<Half>>,
                   UpdateRows<RuleOf, training::Rounded<BFloat16>>};
  r.Add(std::move(op), [=](PrepareContext& c) { return Prepare(c, RuleOf<float>::kVars, names, fns); }).ByName();
}

// The dense and the sparse form of an op.
template <template <class> class Dense, template <class> class Sparse = Dense>
void RegisterBoth(KernelRegistry& r, const std::string& op, const Names& names) {
  Register<Dense>(r, "ResourceApply" + op, names);
  Register<Sparse>(r, "ResourceSparseApply" + op, names);
}

template <class F>
using MomentumDense = training::Momentum<F, false>;
template <class F>
using MomentumSparse = training::Momentum<F, true>;
template <class F>
using RMSPropDense = training::RMSProp<F, false>;
template <class F>
using RMSPropSparse = training::RMSProp<F, true>;
template <class F>
using CenteredDense = training::CenteredRMSProp<F, false>;
template <class F>
using CenteredSparse = training::CenteredRMSProp<F, true>;
template <class F>
using FtrlDense = training::Ftrl<F, false, false>;
template <class F>
using FtrlSparse = training::Ftrl<F, true, false>;
template <class F>
using FtrlV2Dense = training::Ftrl<F, false, true>;
template <class F>
using FtrlV2Sparse = training::Ftrl<F, true, true>;

}  // namespace

void RegisterTrainKernels(KernelRegistry& r) {
  using namespace training;  // NOLINT: the rules
  Register<GradientDescent>(r, "ResourceApplyGradientDescent", {{"alpha"}});
  Register<Adam>(r, "ResourceApplyAdam",
                 {{"beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon"}, "use_nesterov"});
  RegisterBoth<MomentumDense, MomentumSparse>(r, "Momentum", {{"lr", "momentum"}, "use_nesterov"});
  RegisterBoth<RMSPropDense, RMSPropSparse>(r, "RMSProp", {{"lr", "rho", "momentum", "epsilon"}});
  RegisterBoth<CenteredDense, CenteredSparse>(r, "CenteredRMSProp", {{"lr", "rho", "momentum", "epsilon"}});
  RegisterBoth<Adagrad>(r, "Adagrad", {{"lr"}, "update_slots"});
  RegisterBoth<AdagradV2>(r, "AdagradV2", {{"lr", "epsilon"}, "update_slots"});
  RegisterBoth<Adadelta>(r, "Adadelta", {{"lr", "rho", "epsilon"}});
  RegisterBoth<AdagradDA>(r, "AdagradDA", {{"lr", "l1", "l2", "global_step"}});
  RegisterBoth<FtrlDense, FtrlSparse>(r, "Ftrl", {{"lr", "l1", "l2", "lr_power"}, "multiply_linear_by_lr"});
  RegisterBoth<FtrlV2Dense, FtrlV2Sparse>(r, "FtrlV2",
                                          {{"lr", "l1", "l2", "l2_shrinkage", "lr_power"}, "multiply_linear_by_lr"});
  RegisterBoth<ProximalGradientDescent>(r, "ProximalGradientDescent", {{"alpha", "l1", "l2"}});
  RegisterBoth<ProximalAdagrad>(r, "ProximalAdagrad", {{"lr", "l1", "l2"}});
}

}  // namespace weir
