// The training ops: each moves a variable and its slots by one gradient. One table gives the resource form (variables
// by handle, no output) and TensorFlow 1's reference form (which hands the variable on) of every op.
//
// They differ in their inputs only: variables, then scalars and the gradient in TensorFlow's order. Sparse forms take
// rows of the gradient and the numbers of the variable's rows.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "weir/graph/infer.h"
#include "weir/ops/registry.h"

namespace weir {

namespace {

struct TrainingOp {
  const char* name;       // after [Resource][Sparse]Apply
  bool sparse;
  const char* variables;  // inputs by name, separated by spaces
  const char* values;     // the others: scalars, the gradient ("grad", "delta"), "indices"
  const char* flag;       // an attribute more, or ""
  const char* doc;
};

constexpr char kNesterov[] = "use_nesterov: bool = false";
constexpr char kUpdateSlots[] = "update_slots: bool = true";
constexpr char kLinearByLr[] = "multiply_linear_by_lr: bool = false";

constexpr char kMomentumDoc[] =
    "accum = accum * momentum + grad; var -= lr * accum, or with use_nesterov var -= lr * (grad + momentum * accum).";
constexpr char kAdamDoc[] =
    "m += (grad - m) * (1 - beta1); v += (grad^2 - v) * (1 - beta2); "
    "var -= lr * sqrt(1 - beta2_power) / (1 - beta1_power) * m / (sqrt(v) + epsilon). "
    "With use_nesterov the step uses beta1 * m + (1 - beta1) * grad.";
constexpr char kRMSPropDoc[] =
    "ms += (grad^2 - ms) * (1 - rho); mom = mom * momentum + lr * grad / sqrt(ms + epsilon); var -= mom.";
constexpr char kCenteredDoc[] =
    "RMSProp by the variance: mg += (grad - mg) * (1 - rho); "
    "mom = mom * momentum + lr * grad / sqrt(ms - mg^2 + epsilon); var -= mom.";
constexpr char kAdagradDoc[] = "accum += grad^2 (if update_slots); var -= lr * grad / sqrt(accum).";
constexpr char kAdagradV2Doc[] = "accum += grad^2 (if update_slots); var -= lr * grad / (sqrt(accum) + epsilon).";
constexpr char kAdadeltaDoc[] =
    "accum = rho * accum + (1 - rho) * grad^2; u = sqrt(accum_update + epsilon) / sqrt(accum + epsilon) * grad; "
    "var -= lr * u; accum_update = rho * accum_update + (1 - rho) * u^2.";
constexpr char kAdagradDADoc[] =
    "Dual averaging: gradients g and their squares s are summed; "
    "var = -lr * shrink(g, l1 * global_step) / (l2 * global_step * lr + sqrt(s)).";
constexpr char kFtrlDoc[] =
    "Follow the regularised leader: p = -lr_power, a' = accum + grad^2, linear += grad - (a'^p - accum^p) / lr * var; "
    "var = -shrink(linear, l1) / (a'^p / lr + 2 * l2); accum = a'. "
    "With multiply_linear_by_lr, linear is kept times lr.";
constexpr char kFtrlV2Doc[] = "Ftrl where `linear` takes grad + 2 * l2_shrinkage * var instead of grad.";
constexpr char kProximalDoc[] = "v = var - alpha * grad; var = shrink(v, alpha * l1) / (1 + alpha * l2).";
constexpr char kProximalAdagradDoc[] =
    "accum += grad^2; r = lr / sqrt(accum); v = var - r * grad; var = shrink(v, r * l1) / (1 + r * l2).";

constexpr TrainingOp kTrainingOps[] = {
    {"GradientDescent", false, "var", "alpha delta", "", "var -= alpha * delta."},
    {"Momentum", false, "var accum", "lr grad momentum", kNesterov, kMomentumDoc},
    {"Momentum", true, "var accum", "lr grad indices momentum", kNesterov, kMomentumDoc},
    {"Adam", false, "var m v", "beta1_power beta2_power lr beta1 beta2 epsilon grad", kNesterov, kAdamDoc},
    {"RMSProp", false, "var ms mom", "lr rho momentum epsilon grad", "", kRMSPropDoc},
    {"RMSProp", true, "var ms mom", "lr rho momentum epsilon grad indices", "", kRMSPropDoc},
    {"CenteredRMSProp", false, "var mg ms mom", "lr rho momentum epsilon grad", "", kCenteredDoc},
    {"CenteredRMSProp", true, "var mg ms mom", "lr rho momentum epsilon grad indices", "", kCenteredDoc},
    {"Adagrad", false, "var accum", "lr grad", kUpdateSlots, kAdagradDoc},
    {"Adagrad", true, "var accum", "lr grad indices", kUpdateSlots, kAdagradDoc},
    {"AdagradV2", false, "var accum", "lr epsilon grad", kUpdateSlots, kAdagradV2Doc},
    {"AdagradV2", true, "var accum", "lr epsilon grad indices", kUpdateSlots, kAdagradV2Doc},
    {"Adadelta", false, "var accum accum_update", "lr rho epsilon grad", "", kAdadeltaDoc},
    {"Adadelta", true, "var accum accum_update", "lr rho epsilon grad indices", "", kAdadeltaDoc},
    {"AdagradDA", false, "var gradient_accumulator gradient_squared_accumulator", "grad lr l1 l2 global_step", "",
     kAdagradDADoc},
    {"AdagradDA", true, "var gradient_accumulator gradient_squared_accumulator", "grad indices lr l1 l2 global_step",
     "", kAdagradDADoc},
    {"Ftrl", false, "var accum linear", "grad lr l1 l2 lr_power", kLinearByLr, kFtrlDoc},
    {"Ftrl", true, "var accum linear", "grad indices lr l1 l2 lr_power", kLinearByLr, kFtrlDoc},
    {"FtrlV2", false, "var accum linear", "grad lr l1 l2 l2_shrinkage lr_power", kLinearByLr, kFtrlV2Doc},
    {"FtrlV2", true, "var accum linear", "grad indices lr l1 l2 l2_shrinkage lr_power", kLinearByLr, kFtrlV2Doc},
    {"ProximalGradientDescent", false, "var", "alpha l1 l2 delta", "", kProximalDoc},
    {"ProximalGradientDescent", true, "var", "alpha l1 l2 grad indices", "", kProximalDoc},
    {"ProximalAdagrad", false, "var accum", "lr l1 l2 grad", "", kProximalAdagradDoc},
    {"ProximalAdagrad", true, "var accum", "lr l1 l2 grad indices", "", kProximalAdagradDoc},
};

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    size_t end = text.find(' ');
    words.emplace_back(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
  return words;
}

bool IsGradient(const std::string& input) { return input == "grad" || input == "delta"; }

// Positions of the inputs that are no scalars.
struct Places {
  int vars = 0, grad = 0, indices = -1;
};

// The shape of the variable and all its slots, which must agree.
Result<PartialShape> VariableShape(const ShapeContext& c, const Places& p, bool resource) {
  PartialShape shape = PartialShape::Unknown();
  for (int i = 0; i < p.vars; ++i) {
    if (resource) WEIR_RETURN_IF_ERROR(c.WithRank(i, 0).status());
    DType held = c.handle_dtype(i), want = c.input_dtype(p.grad);
    if (resource && held != DType::kInvalid && held != want) {
      return InvalidArgument(fmt::format("has {}, a variable of dtype {}, but a gradient of dtype {}", c.InputName(i),
                                         DTypeName(held), DTypeName(want)));
    }
    const PartialShape& own = resource ? c.handle_shape(i) : c.input(i);
    auto merged = MergeShapes(shape, own);
    if (!merged.ok()) {
      return InvalidArgument(fmt::format("has '{}' of shape {}, unlike '{}' of shape {}", c.InputName(i),
                                         own.ToString(), c.InputName(0), shape.ToString()));
    }
    shape = *merged;
  }
  return shape;
}

// Checks the gradient (and indices) against the variable; returns the variable's shape, perhaps better known.
Result<PartialShape> CheckGradient(const ShapeContext& c, const Places& p, const PartialShape& var) {
  const PartialShape& grad = c.input(p.grad);
  PartialShape want = var;
  if (p.indices >= 0) {
    WEIR_ASSIGN_OR_RETURN(PartialShape indices, c.WithRank(p.indices, 1));
    if (var.known_rank() && var.rank() == 0) return InvalidArgument("updates rows, but its variable is a scalar");
    WEIR_RETURN_IF_ERROR(c.WithRankAtLeast(p.grad, 1).status());
    if (want.known_rank()) want[0] = indices[0];
  }
  auto merged = MergeShapes(want, grad);
  if (!merged.ok()) {
    return InvalidArgument(fmt::format("cannot update a variable of shape {} with the gradient {}", var.ToString(),
                                       c.Describe(p.grad)))
        .Detail(merged.status().message());
  }
  PartialShape shape = *merged;
  if (p.indices >= 0 && shape.known_rank()) shape[0] = var.known_rank() ? var[0] : kUnknownDim;
  return shape;
}

Status TrainingShape(ShapeContext& c, const Places& p, bool resource) {
  for (int i = p.vars; i < c.num_inputs(); ++i) {
    if (i != p.grad && i != p.indices) WEIR_RETURN_IF_ERROR(c.WithRank(i, 0).status());
  }
  WEIR_ASSIGN_OR_RETURN(PartialShape var, VariableShape(c, p, resource));
  WEIR_ASSIGN_OR_RETURN(PartialShape shape, CheckGradient(c, p, var));
  if (!resource) c.set_output(0, shape);
  return {};
}

void AddTrainingOp(OpRegistry& r, const TrainingOp& t, bool resource) {
  const std::string name = fmt::format("{}Apply{}", t.sparse ? "Sparse" : "", t.name), handle_form = "Resource" + name;
  OpDef& op = r.Add(resource ? handle_form : name);
  Places p;
  std::vector<int> vars;
  for (const std::string& input : Words(t.variables)) {
    op.Input(input + (resource ? ": resource" : ": Ref(T)"));
    vars.push_back(p.vars++);
  }
  int at = p.vars;
  for (const std::string& input : Words(t.values)) {
    op.Input(input + (input == "indices" ? ": Tindices" : input == "global_step" ? ": int64" : ": T"));
    if (IsGradient(input)) p.grad = at;
    if (input == "indices") p.indices = at;
    ++at;
  }
  if (!resource) op.Output("out: Ref(T)").HandleForm(handle_form);
  op.Attr("T: numbertype");
  if (t.sparse) op.Attr("Tindices: {int32, int64}");
  op.Attr("use_locking: bool = false");
  if (*t.flag) op.Attr(t.flag);
  std::string doc = t.doc;
  if (t.sparse) doc = "On the rows of the variable that `indices` names, in order, one row of grad each: " + doc;
  op.Doc(doc).Stateful().Reads(vars).Writes(vars).NoGradient("it changes a variable");
  op.Shape([p, resource](ShapeContext& c) { return TrainingShape(c, p, resource); });
}

}  // namespace

void RegisterTrainOps(OpRegistry& r) {
  for (const TrainingOp& t : kTrainingOps) {
    for (bool resource : {true, false}) AddTrainingOp(r, t, resource);
  }
}

}  // namespace weir
