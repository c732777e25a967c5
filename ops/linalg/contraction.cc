// Einsum as an op: what imported graphs have. (The building function ops::Einsum, einsum.cc, is composed of other ops
// and takes any number of inputs.)
//
// The gradient by an operand is a contraction, too: of the output's gradient and the other operand, conjugated where
// complex. Labels that only this operand has were summed over; ones with these labels spread the gradient along them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/array/array.h"
#include "weir/ops/linalg/batch.h"
#include "weir/ops/math/math.h"

namespace weir {
namespace {

constexpr std::string_view kEllipsis = "...";

// The labels of an operand: letters before and behind an ellipsis, if it has one.
struct Term {
  std::string before, behind;
  bool ellipsis = false;
  int letters() const { return static_cast<int>(before.size() + behind.size()); }
  std::string all() const { return before + behind; }
};

struct Equation {
  std::vector<Term> inputs;
  Term output;
};

Result<Term> ParseTerm(std::string_view text) {
  Term t;
  const size_t at = text.find(kEllipsis);
  t.ellipsis = at != text.npos;
  t.before = text.substr(0, at);
  if (t.ellipsis) t.behind = text.substr(at + kEllipsis.size());
  for (unsigned char c : t.all()) {
    if (!std::isalpha(c)) return InvalidArgument(fmt::format("has '{}' in its equation, which is no label", char(c)));
  }
  return t;
}

Result<Equation> Parse(std::string text) {
  std::erase(text, ' ');
  const size_t arrow = text.find("->");
  if (arrow == text.npos || text.find("->", arrow + 2) != text.npos)
    return InvalidArgument(fmt::format("wants one '->' in its equation, not '{}'", text));
  Equation e;
  std::string_view inputs = std::string_view(text).substr(0, arrow);
  for (;;) {
    const size_t comma = inputs.find(',');
    WEIR_ASSIGN_OR_RETURN(Term t, ParseTerm(inputs.substr(0, comma)));
    e.inputs.push_back(std::move(t));
    if (comma == inputs.npos) break;
    inputs.remove_prefix(comma + 1);
  }
  WEIR_ASSIGN_OR_RETURN(e.output, ParseTerm(std::string_view(text).substr(arrow + 2)));
  return e;
}

// ---- shape

using Sizes = std::map<char, Dim>;

Status MergeLabels(const ShapeContext& c, int i, const Term& t, Sizes* sizes, PartialShape* batch) {
  const PartialShape& s = c.input(i);
  if (!s.known_rank()) {
    if (t.ellipsis) *batch = PartialShape::Unknown();
    for (char l : t.all()) sizes->emplace(l, kUnknownDim);
    return {};
  }
  const int axes = s.rank() - t.letters();
  if (axes < 0 || (axes > 0 && !t.ellipsis))
    return InvalidArgument(fmt::format("has {} labels for input {}", t.letters(), c.Describe(i)));
  auto merge = [&](char l, Dim d) -> Status {
    auto [at, added] = sizes->emplace(l, d);
    Result<Dim> merged = MergeDims(at->second, d);
    if (!merged.ok())
      return InvalidArgument(fmt::format("has label '{}' for sizes {} and {}", l, at->second, d));
    at->second = *merged;
    return {};
  };
  for (size_t k = 0; k < t.before.size(); ++k) WEIR_RETURN_IF_ERROR(merge(t.before[k], s[static_cast<int>(k)]));
  for (size_t k = 0; k < t.behind.size(); ++k)
    WEIR_RETURN_IF_ERROR(merge(t.behind[k], s[static_cast<int>(t.before.size() + static_cast<size_t>(axes) + k)]));
  if (!t.ellipsis || !batch->known_rank()) return {};
  const int first = static_cast<int>(t.before.size());
  WEIR_ASSIGN_OR_RETURN(*batch, BroadcastShapes(*batch, Subshape(s, first, first + axes)));
  return {};
}

Status EinsumShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Equation e, Parse(c.attr<std::string>("equation")));
  if (e.inputs.size() != static_cast<size_t>(c.num_inputs()))
    return InvalidArgument(fmt::format("has an equation for {} inputs, not {}", e.inputs.size(), c.num_inputs()));
  if (c.num_inputs() > 2) return InvalidArgument(fmt::format("takes one or two inputs, not {}", c.num_inputs()));
  Sizes sizes;
  PartialShape batch;
  for (int i = 0; i < c.num_inputs(); ++i)
    WEIR_RETURN_IF_ERROR(MergeLabels(c, i, e.inputs[static_cast<size_t>(i)], &sizes, &batch));
  if (!e.output.ellipsis && batch.known_rank() && batch.rank() > 0)
    return InvalidArgument("has an ellipsis in an input, but none in its output");
  Dims before, behind;
  for (char l : e.output.all()) {
    if (!sizes.count(l)) return InvalidArgument(fmt::format("has '{}' in its output, but in no input", l));
  }
  for (char l : e.output.before) before.push_back(sizes[l]);
  for (char l : e.output.behind) behind.push_back(sizes[l]);
  if (!e.output.ellipsis) batch = PartialShape();
  if (!batch.known_rank()) return {};
  c.set_output(0, Concatenate(Concatenate(PartialShape(before), batch), PartialShape(behind)));
  return {};
}

// ---- gradient

Output Contract(const std::string& equation, std::vector<Input> inputs) {
  return Make("Einsum", inputs, {{"equation", equation}});
}

// The equation's term of an operand, split by what of it the rest of the equation has.
struct Labels {
  std::string text;     // of the whole term
  std::string reduced;  // letters that only it has
  std::string left;     // the term without these
};

Labels LabelsOf(const std::string& term, const std::string& others) {
  Labels l{term, {}, {}};
  for (char c : term) {
    const bool own = c != '.' && others.find(c) == others.npos;
    if (!own) l.left += c;
    else if (l.reduced.find(c) == l.reduced.npos) l.reduced += c;
  }
  return l;
}

// The size of the axis that `label` names in x, as a vector of one element.
Output SizeOfLabel(Output shape, const std::string& term, char label) {
  const size_t dots = term.find(kEllipsis), at = term.find(label);
  // Behind an ellipsis counted from the end.
  const int64_t axis = dots != term.npos && at > dots ? int64_t(at) - int64_t(term.size()) : int64_t(at);
  return ops::StridedSlice(shape, {axis}, {axis + 1}, {1}, {.end_mask = axis == -1});
}

// `g`, which has the labels `l.left`, spread along the labels that were summed over.
Output Spread(Output g, Output x, const Labels& l) {
  if (l.reduced.empty()) return g;
  std::vector<Input> sizes;
  Output shape = ops::ShapeOf(x);
  for (char label : l.reduced) sizes.push_back(SizeOfLabel(shape, l.text, label));
  Output dims = sizes.size() == 1 ? sizes[0].output() : ops::Concat(sizes, 0);
  Output ones = Make("Fill", {dims, ops::Cast(x.builder()->Constant(Tensor(1.f)), x.dtype())});
  return Contract(l.left + "," + l.reduced + "->" + l.text, {g, ones});
}

// What the ellipsis stands for in a tensor of this shape.
Output BatchPart(Output shape, const std::string& term) {
  const int64_t begin = int64_t(term.find(kEllipsis)), behind = int64_t(term.size()) - begin - 3;
  return ops::StridedSlice(shape, {begin}, {-behind}, {1}, {.end_mask = behind == 0});
}

bool SameKnown(const PartialShape& x, const PartialShape& y) { return x.fully_known() && x == y; }

Status BinaryGrad(GradContext& c, std::string x, std::string y, const std::string& out) {
  Output a = c.input(0), b = c.input(1);
  const bool ellipsis = out.find(kEllipsis) != out.npos;
  for (std::string* term : {&x, &y}) {
    if (ellipsis && term->find(kEllipsis) == term->npos) *term += kEllipsis;
  }
  const Labels lx = LabelsOf(x, y + out), ly = LabelsOf(y, x + out);
  Output ga = Spread(Contract(out + "," + y + "->" + lx.left, {c.grad(), ops::Conj(b)}), a, lx);
  Output gb = Spread(Contract(out + "," + x + "->" + ly.left, {c.grad(), ops::Conj(a)}), b, ly);
  if (ellipsis && !(x == y && SameKnown(a.shape(), b.shape()))) {
    Output sa = ops::ShapeOf(a), sb = ops::ShapeOf(b);
    OutputList axes = MakeAll("BroadcastGradientArgs", {BatchPart(sa, x), BatchPart(sb, y)}, {}, {}, 2);
    auto summed = [](Output g, Output r, const std::string& term, Output shape) {
      return ops::Reshape(Make("Sum", {g, r + static_cast<int32_t>(term.find(kEllipsis))}), shape);
    };
    ga = summed(ga, axes[0], x, sa), gb = summed(gb, axes[1], y, sb);
  }
  c.set(0, ga);
  c.set(1, gb);
  return {};
}

Status EinsumGrad(GradContext& c) {
  std::string text = c.attr<std::string>("equation");
  std::erase(text, ' ');
  const size_t arrow = text.find("->"), comma = text.find(',');
  const std::string out = text.substr(arrow + 2);
  if (comma != text.npos) return BinaryGrad(c, text.substr(0, comma), text.substr(comma + 1, arrow - comma - 1), out);
  const Labels l = LabelsOf(text.substr(0, arrow), out);
  if (l.reduced.empty()) c.set(0, Contract(out + "->" + l.text, {c.grad()}));
  else c.set(0, Spread(out == l.left ? c.grad() : Contract(out + "->" + l.left, {c.grad()}), c.input(0), l));
  return {};
}

int64_t EinsumFlops(const ShapeContext& c) {
  Result<Equation> e = Parse(c.attr<std::string>("equation"));
  if (!e.ok()) return 0;
  int64_t flops = SaturatedProduct({c.num_inputs() == 2 ? 2 : 1, ElementsOrOne(c.output(0))});
  std::set<char> summed;
  for (const Term& t : e->inputs) {
    for (char l : t.all()) {
      if (e->output.all().find(l) == std::string::npos) summed.insert(l);
    }
  }
  for (char l : summed) {
    for (int i = 0; i < c.num_inputs(); ++i) {
      const Term& t = e->inputs[static_cast<size_t>(i)];
      const size_t at = t.before.find(l), back = t.behind.rfind(l);
      const int rank = c.input(i).rank();
      if (rank < 0 || (at == t.before.npos && back == t.behind.npos)) continue;
      const int axis = at != t.before.npos ? int(at) : rank - int(t.behind.size() - back);
      flops = SaturatedProduct({flops, SizeOrOne(c.input(i), axis)});
      break;
    }
  }
  return flops;
}

}  // namespace

void RegisterContractionOps(OpRegistry& r) {
  r.Add("Einsum")
      .Input("inputs: N * T").Output("output: T").Attr("equation: string").Attr("N: int >= 1").Attr("T: type")
      .Doc("Sums of products by Einstein's notation: 'ij,jk->ik' is a product of matrices, 'ii->i' the diagonal, "
           "'i->ii' a diagonal matrix. One or two inputs; letters name axes, those that the output lacks are summed "
           "over, '...' is any number of axes that broadcast.")
      .Shape(EinsumShape).Flops(EinsumFlops).Gradient(EinsumGrad);
}

}  // namespace weir
