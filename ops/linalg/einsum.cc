// Einsum: sums of products by Einstein's notation, composed of Transpose, Reshape, Mul, Sum and (batched) MatMul.
//
// Each operand is first brought to distinct labels (repeated ones take the diagonal), then pairs are contracted until
// one is left: by a product of matrices where they share a label that nothing else needs, else by Mul. Axes of an
// ellipsis are labels of their own, counted from the end and always in front, where both kinds of products broadcast
// them.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "weir/graph/infer.h"
#include "weir/ops/array/array.h"
#include "weir/ops/call_scope.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/shape_helpers.h"

namespace weir::ops {

namespace {

// A letter, or -1 - i for axis i of the ellipsis, counted from its end.
using Label = int;
using Labels = std::vector<Label>;
constexpr Label kEllipsis = 0;  // before its axes are known

struct Operand {
  Output x;
  Labels labels;
};

bool Has(const Labels& labels, Label l) { return std::find(labels.begin(), labels.end(), l) != labels.end(); }
int AxisOf(const Labels& labels, Label l) {
  return static_cast<int>(std::find(labels.begin(), labels.end(), l) - labels.begin());
}
bool OfEllipsis(Label l) { return l < 0; }
std::string Text(Label l) { return OfEllipsis(l) ? "..." : std::string(1, static_cast<char>(l)); }

// ---- the equation

struct Equation {
  std::vector<Labels> inputs;
  Labels output;
};

Result<Labels> ParseTerm(std::string_view term) {
  Labels labels;
  for (size_t i = 0; i < term.size(); ++i) {
    if (std::isalpha(static_cast<unsigned char>(term[i]))) {
      labels.push_back(term[i]);
    } else if (term.substr(i, 3) == "..." && !Has(labels, kEllipsis)) {
      labels.push_back(kEllipsis);
      i += 2;
    } else {
      return InvalidArgument(fmt::format("has '{}' where a letter or one '...' is expected", term.substr(i)));
    }
  }
  return labels;
}

// What no '->' says: the ellipsis, then the labels that appear once, in alphabetical order.
Labels ImplicitOutput(const std::vector<Labels>& inputs) {
  std::map<Label, int> count;
  for (const Labels& labels : inputs) {
    for (Label l : labels) ++count[l];
  }
  Labels output;
  for (const auto& [l, n] : count) {
    if (n == 1 || l == kEllipsis) output.push_back(l);
  }
  return output;
}

Result<Equation> Parse(std::string text) {
  std::erase(text, ' ');
  Equation e;
  size_t arrow = text.find("->");
  std::string_view inputs = std::string_view(text).substr(0, arrow);
  for (;;) {
    size_t comma = inputs.find(',');
    WEIR_ASSIGN_OR_RETURN(Labels labels, ParseTerm(inputs.substr(0, comma)));
    e.inputs.push_back(std::move(labels));
    if (comma == inputs.npos) break;
    inputs.remove_prefix(comma + 1);
  }
  if (arrow == text.npos) {
    e.output = ImplicitOutput(e.inputs);
    return e;
  }
  WEIR_ASSIGN_OR_RETURN(e.output, ParseTerm(std::string_view(text).substr(arrow + 2)));
  for (Label l : e.output) {
    bool known =
        l == kEllipsis || std::any_of(e.inputs.begin(), e.inputs.end(), [&](const Labels& in) { return Has(in, l); });
    if (!known) return InvalidArgument(fmt::format("has '{}' in its output, but in no input", Text(l)));
    if (std::count(e.output.begin(), e.output.end(), l) > 1)
      return InvalidArgument(fmt::format("has '{}' twice in its output", Text(l)));
  }
  return e;
}

// The ellipsis as `n` axes.
Labels Expanded(const Labels& labels, int n) {
  Labels expanded;
  for (Label l : labels) {
    if (l != kEllipsis) expanded.push_back(l);
    else
      for (int i = n; i > 0; --i) expanded.push_back(-i);
  }
  return expanded;
}

// ---- sizes, known or as scalars of the graph

struct Size {
  Dim known = kUnknownDim;
  Output node;
};

Size SizeOfAxis(const Output& x, int axis) {
  const Dim d = x.shape().known_rank() ? x.shape()[axis] : kUnknownDim;
  if (Known(d)) return {d, {}};
  return {kUnknownDim, StridedSlice(ShapeOf(x), {axis}, {axis + 1}, {1}, {.shrink_axis_mask = 1})};
}

Output Node(Builder& b, const Size& s) {
  return s.node.valid() ? s.node : b.Constant(Tensor(static_cast<int32_t>(s.known)));
}

Size Product(Builder& b, const std::vector<Size>& sizes) {
  Size product{1, {}};
  for (const Size& s : sizes) {
    Dim known = Known(product.known) && Known(s.known) ? MulDims(product.known, s.known) : kUnknownDim;
    if (Known(known)) product = {known, {}};
    else product = {kUnknownDim, Multiply(Node(b, product), Node(b, s))};
  }
  return product;
}

Output ReshapeTo(const Output& x, const std::vector<Size>& sizes) {
  if (std::all_of(sizes.begin(), sizes.end(), [](const Size& s) { return Known(s.known); })) {
    std::vector<int64_t> known;
    for (const Size& s : sizes) known.push_back(s.known);
    return Reshape(x, known);
  }
  std::vector<Input> nodes;
  for (const Size& s : sizes) nodes.push_back(Node(*x.builder(), s));
  return Reshape(x, Stack(nodes));
}

// ---- one operand

Operand Ordered(const Operand& a, const Labels& labels) {
  std::vector<int32_t> perm;
  for (Label l : labels) perm.push_back(AxisOf(a.labels, l));
  bool same = std::is_sorted(perm.begin(), perm.end());
  return {same ? a.x : Transpose(a.x, perm), labels};
}

// The diagonal of the axes that `l` names, which become one in front.
Operand Diagonal(const Operand& a, Label l) {
  std::vector<int32_t> perm;
  Labels rest;
  for (size_t i = 0; i < a.labels.size(); ++i) {
    if (a.labels[i] == l && perm.size() < 2) perm.push_back(static_cast<int32_t>(i));
  }
  for (size_t i = 0; i < a.labels.size(); ++i) {
    if (int32_t(i) == perm[0] || int32_t(i) == perm[1]) continue;
    rest.push_back(a.labels[i]);
    perm.push_back(static_cast<int32_t>(i));
  }
  Output x = Transpose(a.x, perm);
  if (!x.valid()) return {};
  Builder& b = *x.builder();
  const Size n = SizeOfAxis(x, 0), m = SizeOfAxis(x, 1);
  if (Known(n.known) && Known(m.known) && n.known != m.known) {
    b.Fail(InvalidArgument(
        fmt::format("error[shape]: an einsum has label '{}' for sizes {} and {}", Text(l), n.known, m.known)));
    return {};
  }
  std::vector<Size> sizes = {Product(b, {n, n})};
  for (int axis = 2; axis < static_cast<int>(perm.size()); ++axis) sizes.push_back(SizeOfAxis(x, axis));
  Output flat = ReshapeTo(x, sizes);
  Output step = Known(n.known) ? b.Constant(Tensor::Vector<int32_t>({static_cast<int32_t>(n.known) + 1}))
                               : ExpandDims(n.node + 1, 0);
  rest.insert(rest.begin(), l);
  return {StridedSlice(flat, {0}, {0}, step, {.end_mask = 1}), rest};
}

Operand WithoutRepeats(Operand a) {
  for (size_t i = 0; i < a.labels.size();) {
    bool repeated = std::count(a.labels.begin(), a.labels.end(), a.labels[i]) > 1;
    if (repeated) a = Diagonal(a, a.labels[i]);
    if (!a.x.valid()) return a;
    i = repeated ? 0 : i + 1;
  }
  return a;
}

// The sum over the axes that are not among `needed`.
Operand SummedTo(const Operand& a, const Labels& needed) {
  std::vector<int32_t> axes;
  Labels kept;
  for (size_t i = 0; i < a.labels.size(); ++i) {
    if (Has(needed, a.labels[i])) kept.push_back(a.labels[i]);
    else axes.push_back(static_cast<int32_t>(i));
  }
  return {axes.empty() ? a.x : ReduceSum(a.x, axes), kept};
}

// ---- two operands

// Labels by what a product of matrices does with them; `ellipsis` of either operand, in their order.
struct Roles {
  Labels batch, left, right, summed;
};

Roles RolesOf(const Operand& a, const Operand& b, const Labels& needed) {
  Roles r;
  for (Label l : a.labels) {
    if (OfEllipsis(l)) continue;
    (!Has(b.labels, l) ? r.left : Has(needed, l) ? r.batch : r.summed).push_back(l);
  }
  for (Label l : b.labels) {
    if (!OfEllipsis(l) && !Has(a.labels, l)) r.right.push_back(l);
  }
  return r;
}

Labels EllipsisOf(const Operand& a) {
  Labels labels;
  for (Label l : a.labels) {
    if (OfEllipsis(l)) labels.push_back(l);
  }
  std::sort(labels.begin(), labels.end());
  return labels;
}

Labels Joined(std::initializer_list<Labels> parts) {
  Labels all;
  for (const Labels& p : parts) all.insert(all.end(), p.begin(), p.end());
  return all;
}

// Element by element: both with all labels, axes of size 1 for those that they lack.
Operand ByMul(const Operand& a, const Operand& b) {
  const Labels ea = EllipsisOf(a), eb = EllipsisOf(b);
  Labels all = ea.size() > eb.size() ? ea : eb;
  for (const Operand* o : {&a, &b}) {
    for (Label l : o->labels) {
      if (!OfEllipsis(l) && !Has(all, l)) all.push_back(l);
    }
  }
  auto aligned = [&](const Operand& o) {
    Labels mine;
    for (Label l : all) {
      if (Has(o.labels, l)) mine.push_back(l);
    }
    Output x = Ordered(o, mine).x;
    int placed = 0;
    for (Label l : all) {
      if (!Has(mine, l) && placed == 0) continue;  // broadcasting adds leading axes by itself
      if (!Has(mine, l)) x = ExpandDims(x, placed);
      ++placed;
    }
    return x;
  };
  return {Multiply(aligned(a), aligned(b)), all};
}

// One side of a product of matrices: [ellipsis…, batch…, rows, columns], rows and columns being the products of some
// labels.
Output AsMatrices(const Operand& a, const Labels& batch, const Labels& rows, const Labels& columns) {
  Operand o = Ordered(a, Joined({EllipsisOf(a), batch, rows, columns}));
  if (rows.size() == 1 && columns.size() == 1) return o.x;
  const size_t front = o.labels.size() - rows.size() - columns.size();
  std::vector<Size> sizes, merged[2];
  for (size_t i = 0; o.x.valid() && i < o.labels.size(); ++i) {
    Size s = SizeOfAxis(o.x, static_cast<int>(i));
    (i < front ? sizes : merged[i < front + rows.size() ? 0 : 1]).push_back(s);
  }
  if (!o.x.valid()) return {};
  for (const auto& group : merged) sizes.push_back(Product(*o.x.builder(), group));
  return ReshapeTo(o.x, sizes);
}

Operand ByMatMul(const Operand& a, const Operand& b, const Roles& r) {
  // Where the right operand has the summed labels last, the product transposes it as it reads.
  const Labels plain = Joined({EllipsisOf(b), r.batch, r.right, r.summed});
  const bool transposed = b.labels == plain && !r.right.empty();
  Output y = MatMul(AsMatrices(a, r.batch, r.left, r.summed),
                    transposed ? AsMatrices(b, r.batch, r.right, r.summed) : AsMatrices(b, r.batch, r.summed, r.right),
                    {.transpose_b = transposed});
  const Labels ea = EllipsisOf(a), eb = EllipsisOf(b);
  const Labels front = Joined({ea.size() > eb.size() ? ea : eb, r.batch}), all = Joined({front, r.left, r.right});
  if (!y.valid() || (r.left.size() == 1 && r.right.size() == 1)) return {y, all};
  std::vector<Size> sizes;
  for (size_t i = 0; i < front.size(); ++i) sizes.push_back(SizeOfAxis(y, static_cast<int>(i)));
  for (Label l : r.left) sizes.push_back(SizeOfAxis(a.x, AxisOf(a.labels, l)));
  for (Label l : r.right) sizes.push_back(SizeOfAxis(b.x, AxisOf(b.labels, l)));
  return {ReshapeTo(y, sizes), all};
}

Operand Contracted(const Operand& a, const Operand& b, const Labels& needed) {
  const Roles r = RolesOf(a, b, needed);
  return r.summed.empty() ? ByMul(a, b) : ByMatMul(a, b, r);
}

// ---- all of them

// How many products the contraction of a pair takes, or a negative number where sizes are not known.
double Cost(const Operand& a, const Operand& b) {
  double cost = 1;
  for (const Operand* o : {&a, &b}) {
    for (size_t i = 0; i < o->labels.size(); ++i) {
      if (o == &b && Has(a.labels, o->labels[i])) continue;
      const Dim d = o->x.shape().known_rank() ? o->x.shape()[static_cast<int>(i)] : kUnknownDim;
      if (!Known(d)) return -1;
      cost *= static_cast<double>(d);
    }
  }
  return cost;
}

// The pair to contract next: the cheapest, of equal ones (and where a size is not known) the first.
std::pair<size_t, size_t> NextPair(const std::vector<Operand>& operands) {
  std::pair<size_t, size_t> best = {0, 1};
  double least = Cost(operands[0], operands[1]);
  for (size_t j = 1; j < operands.size(); ++j) {
    for (size_t i = 0; i < j; ++i) {
      const double cost = Cost(operands[i], operands[j]);
      if (cost < 0) return {0, 1};
      if (cost < least) least = cost, best = {i, j};
    }
  }
  return best;
}

Labels NeededBeside(const std::vector<Operand>& operands, size_t i, size_t j, const Labels& output) {
  Labels needed = output;
  for (size_t k = 0; k < operands.size(); ++k) {
    if (k != i && k != j) needed.insert(needed.end(), operands[k].labels.begin(), operands[k].labels.end());
  }
  return needed;
}

Output Evaluate(std::vector<Operand> operands, const Labels& output) {
  for (size_t i = 0; i < operands.size(); ++i) operands[i] = WithoutRepeats(operands[i]);
  for (size_t i = 0; i < operands.size(); ++i)
    operands[i] = SummedTo(operands[i], NeededBeside(operands, i, i, output));
  while (operands.size() > 1) {
    for (const Operand& o : operands) {
      if (!o.x.valid()) return {};
    }
    auto [i, j] = NextPair(operands);
    const Labels needed = NeededBeside(operands, i, j, output);
    operands[i] = SummedTo(Contracted(operands[i], operands[j], needed), needed);
    operands.erase(operands.begin() + static_cast<long>(j));
  }
  return operands[0].x.valid() ? Ordered(operands[0], output).x : Output();
}

// Pairs inputs with their labels, the ellipsis replaced by the axes it stands for, of which there are at most `*most`.
Result<std::vector<Operand>> Bind(const Equation& e, const std::vector<Output>& inputs, int* most) {
  if (e.inputs.size() != inputs.size())
    return InvalidArgument(fmt::format("is for {} inputs, not {}", e.inputs.size(), inputs.size()));
  std::vector<Operand> operands;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const PartialShape& s = inputs[i].shape();
    const int letters = static_cast<int>(e.inputs[i].size()) - Has(e.inputs[i], kEllipsis);
    const bool ellipsis = Has(e.inputs[i], kEllipsis);
    if (ellipsis && !s.known_rank())
      return InvalidArgument(fmt::format("needs to know the rank of input {}, for which it has an ellipsis", i));
    if (s.known_rank() && (ellipsis ? s.rank() < letters : s.rank() != letters)) {
      return InvalidArgument(fmt::format("has {} labels for input {} of shape {}", letters, i, s.ToString()));
    }
    const int n = ellipsis ? s.rank() - letters : 0;
    *most = std::max(*most, n);
    operands.push_back({inputs[i], Expanded(e.inputs[i], n)});
  }
  return operands;
}

Status CheckSizes(const std::vector<Operand>& operands) {
  std::map<Label, Dim> sizes;
  for (const Operand& o : operands) {
    for (size_t i = 0; i < o.labels.size() && o.x.shape().known_rank(); ++i) {
      const Dim d = o.x.shape()[static_cast<int>(i)];
      if (!Known(d) || OfEllipsis(o.labels[i])) continue;
      auto [at, added] = sizes.emplace(o.labels[i], d);
      if (!added && at->second != d)
        return InvalidArgument(fmt::format("has label '{}' for sizes {} and {}", Text(o.labels[i]), at->second, d));
    }
  }
  return {};
}

// Literals take the dtype of the first Output.
std::vector<Output> AsOutputs(Builder& b, const InputList& inputs) {
  DType dtype = DType::kInvalid;
  for (const Input& in : inputs) {
    if (dtype == DType::kInvalid && !in.is_literal()) dtype = BaseType(in.dtype());
  }
  std::vector<Output> outputs;
  for (const Input& in : inputs) outputs.push_back(AsOutput(b, in, dtype));
  return outputs;
}

}  // namespace

Output Einsum(const std::string& equation, InputList inputs, const Name& name) {
  Builder* b = BuilderOf(inputs);
  if (!b || !b->status().ok()) return {};
  CallScope call(b, inputs[0], name.name, "einsum");
  auto evaluate = [&]() -> Result<Output> {
    WEIR_ASSIGN_OR_RETURN(Equation e, Parse(equation));
    int ellipsis = 0;
    WEIR_ASSIGN_OR_RETURN(std::vector<Operand> operands, Bind(e, AsOutputs(*b, inputs), &ellipsis));
    WEIR_RETURN_IF_ERROR(CheckSizes(operands));
    if (ellipsis > 0 && !Has(e.output, kEllipsis))
      return InvalidArgument("has an ellipsis in an input, but none in its output");
    Output y = Evaluate(std::move(operands), Expanded(e.output, ellipsis));
    return y.valid() ? Identity(y, {.name = b->scope()}) : y;
  };
  auto y = evaluate();
  if (y.ok()) return *y;
  b->Fail(InvalidArgument(fmt::format("error[graph]: einsum '{}' {}", equation, y.status().message()))
              .Detail(inputs[0].loc() ? "created at " + inputs[0].loc().ToString() : ""));
  return {};
}

}  // namespace weir::ops
