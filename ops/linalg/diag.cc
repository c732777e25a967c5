// Diagonals of matrices: made into matrices, taken out, and set. k = 0 is the main one, positive ones are above it.
//
// The forms of TensorFlow's version 3 have a band [k0, k1] of diagonals, packed one below the other from the uppermost
// down; shorter ones are padded, on the left or on the right as `align` says. Version 2 pads on the right, version 1
// has the main diagonal only.
#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/linalg/batch.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

struct Band {
  int64_t lower = 0, upper = 0;
  int axes() const { return lower == upper ? 1 : 2; }  // of its diagonals
};

// The band that input i tells, or nullopt while unknown.
Result<std::optional<Band>> BandOf(const ShapeContext& c, int i) {
  if (c.num_inputs() <= i) return std::optional<Band>(Band{});  // version 1
  const PartialShape& s = c.input(i);
  if (s.known_rank() && (s.rank() > 1 || (s.rank() == 1 && Known(s[0]) && s[0] != 1 && s[0] != 2)))
    return InvalidArgument(fmt::format("wants one or two numbers of diagonals in {}, not {}", c.InputName(i),
                                       c.Describe(i)));
  std::optional<std::vector<int64_t>> k = KnownElements(c, i);
  if (!k || k->empty()) return std::optional<Band>();
  const Band b{k->front(), k->back()};
  if (b.lower > b.upper)
    return InvalidArgument(fmt::format("has a band from diagonal {} to {}", b.lower, b.upper))
        .Detail("the lower one comes first");
  return std::optional<Band>(b);
}

// d - by; unknown when d is, but d - 0 = d.
Dim Less(Dim d, int64_t by) { return by == 0 ? d : Known(d) ? d - by : kUnknownDim; }

// The axes of a band's diagonals in a matrix of this size.
Result<PartialShape> DiagonalsOf(const PartialShape& batch, const Band& b, Dim rows, Dim cols) {
  for (int64_t k : {b.lower, b.upper}) {
    const bool outside = (Known(rows) && k <= -rows) || (Known(cols) && k >= cols);
    if (k != 0 && outside)
      return InvalidArgument(fmt::format("has diagonal {} of matrices of {} x {}", k, rows, cols));
  }
  Dim length = kUnknownDim;
  const Dim below = Less(rows, -std::min<int64_t>(b.upper, 0)), right = Less(cols, std::max<int64_t>(b.lower, 0));
  if (Known(below) && Known(right)) length = std::min(below, right);
  else if (SameDim(below, right)) length = below;
  if (b.axes() == 1) return WithAxes(batch, {length});
  return WithAxes(batch, {b.upper - b.lower + 1, length});
}

// A size that input i tells: -1 leaves it open.
Result<std::optional<int64_t>> SizeInput(const ShapeContext& c, int i) {
  if (c.num_inputs() <= i) return std::optional<int64_t>(-1);
  WEIR_RETURN_IF_ERROR(RequireScalar(c, i));
  std::optional<std::vector<int64_t>> v = KnownElements(c, i);
  return v ? std::optional<int64_t>((*v)[0]) : std::nullopt;
}

Status MatrixDiagShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape d, c.WithRankAtLeast(0, 1));
  WEIR_ASSIGN_OR_RETURN(std::optional<Band> band, BandOf(c, 1));
  WEIR_ASSIGN_OR_RETURN(std::optional<int64_t> rows, SizeInput(c, 2));
  WEIR_ASSIGN_OR_RETURN(std::optional<int64_t> cols, SizeInput(c, 3));
  if (c.num_inputs() > 4) WEIR_RETURN_IF_ERROR(RequireScalar(c, 4));
  if (!band || !d.known_rank()) return {};
  const Band b = *band;
  const int rank = d.rank();
  if (rank < b.axes()) return InvalidArgument(fmt::format("wants a band of diagonals, not {}", c.Describe(0)));
  if (b.axes() == 2 && Known(d[rank - 2]) && d[rank - 2] != b.upper - b.lower + 1)
    return InvalidArgument(fmt::format("has {} diagonals for a band from {} to {}", d[rank - 2], b.lower, b.upper));
  const PartialShape batch = BatchOf(d, b.axes());
  const Dim least_rows = AddDims(d[rank - 1], -std::min<int64_t>(b.upper, 0)),
            least_cols = AddDims(d[rank - 1], std::max<int64_t>(b.lower, 0));
  if (!rows || !cols) {
    c.set_output(0, WithAxes(batch, {kUnknownDim, kUnknownDim}));
    return {};
  }
  auto most = [](Dim x, Dim y) { return Known(x) && Known(y) ? std::max(x, y) : SameDim(x, y) ? x : kUnknownDim; };
  const bool square = *rows == -1 && *cols == -1;
  const Dim m = square ? most(least_rows, least_cols) : *rows == -1 ? least_rows : *rows;
  const Dim n = square ? m : *cols == -1 ? least_cols : *cols;
  if (Known(m) && Known(n) && Known(least_rows) &&
      (m < least_rows || n < least_cols || (m != least_rows && n != least_cols))) {
    return InvalidArgument(fmt::format("cannot make matrices of {} x {} of diagonals {} to {} in {}", m, n, b.lower,
                                       b.upper, c.Describe(0)))
        .Detail(fmt::format("they take {} x {}, or one of the two larger", least_rows, least_cols));
  }
  c.set_output(0, WithAxes(batch, {m, n}));
  return {};
}

Status MatrixDiagPartShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRankAtLeast(0, 2));
  WEIR_ASSIGN_OR_RETURN(std::optional<Band> band, BandOf(c, 1));
  if (c.num_inputs() > 2) WEIR_RETURN_IF_ERROR(RequireScalar(c, 2));
  if (!band || !s.known_rank()) return {};
  WEIR_ASSIGN_OR_RETURN(PartialShape out, DiagonalsOf(BatchOf(s), *band, s[s.rank() - 2], s[s.rank() - 1]));
  c.set_output(0, std::move(out));
  return {};
}

Status MatrixSetDiagShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRankAtLeast(0, 2));
  WEIR_RETURN_IF_ERROR(c.WithRankAtLeast(1, 1).status());
  WEIR_ASSIGN_OR_RETURN(std::optional<Band> band, BandOf(c, 2));
  c.set_output(0, s);
  if (!band || !s.known_rank()) return {};
  WEIR_ASSIGN_OR_RETURN(PartialShape want, DiagonalsOf(BatchOf(s), *band, s[s.rank() - 2], s[s.rank() - 1]));
  if (!MergeShapes(want, c.input(1)).ok())
    return InvalidArgument(fmt::format("cannot set diagonals {} to {} of {} to {}", band->lower, band->upper,
                                       c.Describe(0), c.Describe(1)))
        .Detail("they are " + want.ToString());
  return {};
}

// ---- gradients: each by the op of the same version

// "MatrixDiagV3" has "V3".
std::string Version(const GradContext& c) {
  const std::string op = c.op();
  const size_t v = op.rfind('V');
  return v != op.npos && v + 2 == op.size() ? op.substr(v) : std::string();
}

// The op `base` of the node's version, with the node's input k as its band and, where it takes one, a padding of 0.
Output Counterpart(GradContext& c, const std::string& base, std::vector<Input> inputs, int k, bool padding) {
  const std::string version = Version(c);
  if (!version.empty()) {
    inputs.push_back(c.input(k));
    if (padding) inputs.push_back(0);
  }
  return Make(base + version, inputs, version == "V3" ? c.attrs({"align"}) : AttrMap());
}

Status MatrixDiagGrad(GradContext& c) {
  c.set(0, Counterpart(c, "MatrixDiagPart", {c.grad()}, 1, true));
  return {};
}

Status MatrixDiagPartGrad(GradContext& c) {
  c.set(0, Counterpart(c, "MatrixSetDiag", {Make("ZerosLike", {c.input(0)}), c.grad()}, 1, false));
  return {};
}

Status MatrixSetDiagGrad(GradContext& c) {
  c.set(0, Counterpart(c, "MatrixSetDiag", {c.grad(), Make("ZerosLike", {c.input(1)})}, 2, false));
  c.set(1, Counterpart(c, "MatrixDiagPart", {c.grad()}, 2, true));
  return {};
}

constexpr char kAlign[] = "align: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = 'RIGHT_LEFT'";
constexpr char kAligned[] = " align says on which side shorter diagonals lie, of those above the main one and, behind "
                            "the underscore, of those below; LEFT pads on the right.";
constexpr char kLeft[] = " Shorter diagonals lie on the left, padded on the right.";

OpDef& Declare(OpRegistry& r, const char* op, const std::string& doc, const char* version) {
  OpDef& def = r.Add(std::string(op) + version).Attr("T: type").NoFlops();
  const bool v3 = version[0] == 'V' && version[1] == '3';
  if (v3) def.Attr(kAlign);
  def.Doc(doc + (v3 ? kAligned : version[0] == 'V' ? kLeft : ""));
  return def;
}

void AddMatrixDiag(OpRegistry& r) {
  r.Add("MatrixDiag")
      .Input("diagonal: T").Output("output: T").Attr("T: type").NoFlops()
      .Doc("Matrices […,n,n] with `diagonal` […,n] as their main diagonal and zeros elsewhere.")
      .Shape(MatrixDiagShape).Gradient(MatrixDiagGrad);
  for (const char* version : {"V2", "V3"}) {
    Declare(r, "MatrixDiag",
            "Matrices with diagonals k[0] to k[1] (k[0], where k has one element) taken from `diagonal` […,length], "
            "or […,number,length] for several from the uppermost down, and padding_value elsewhere. num_rows and "
            "num_cols of -1 are the least that hold them; both: square.",
            version)
        .Input("diagonal: T").Input("k: int32").Input("num_rows: int32").Input("num_cols: int32")
        .Input("padding_value: T").Output("output: T").Shape(MatrixDiagShape).Gradient(MatrixDiagGrad);
  }
}

void AddMatrixDiagPart(OpRegistry& r) {
  r.Add("MatrixDiagPart")
      .Input("input: T").Output("diagonal: T").Attr("T: type").NoFlops()
      .Doc("The main diagonals […,min(m,n)] of matrices […,m,n].")
      .Shape(MatrixDiagPartShape).Gradient(MatrixDiagPartGrad);
  for (const char* version : {"V2", "V3"}) {
    Declare(r, "MatrixDiagPart",
            "Diagonals k[0] to k[1] of matrices […,m,n]: […,length] for one, […,number,length] for several from the "
            "uppermost down, shorter ones padded with padding_value.",
            version)
        .Input("input: T").Input("k: int32").Input("padding_value: T").Output("diagonal: T")
        .Shape(MatrixDiagPartShape).Gradient(MatrixDiagPartGrad);
  }
}

void AddMatrixSetDiag(OpRegistry& r) {
  r.Add("MatrixSetDiag")
      .Input("input: T").Input("diagonal: T").Output("output: T").Attr("T: type").NoFlops()
      .Doc("Matrices […,m,n] with `diagonal` […,min(m,n)] in the place of their main diagonal.")
      .Shape(MatrixSetDiagShape).Gradient(MatrixSetDiagGrad);
  for (const char* version : {"V2", "V3"}) {
    Declare(r, "MatrixSetDiag",
            "Matrices […,m,n] with diagonals k[0] to k[1] replaced by `diagonal`, which has the form that "
            "MatrixDiagPart gives; its padding is not looked at.",
            version)
        .Input("input: T").Input("diagonal: T").Input("k: int32").Output("output: T")
        .Shape(MatrixSetDiagShape).Gradient(MatrixSetDiagGrad);
  }
}

}  // namespace

void RegisterMatrixDiagOps(OpRegistry& r) {
  AddMatrixDiag(r);
  AddMatrixDiagPart(r);
  AddMatrixSetDiag(r);
}

namespace ops {

Output MatrixDiag(Input diagonal, const MatrixDiagOptions& o) {
  return Make("MatrixDiagV3", {diagonal, o.k, o.num_rows, o.num_cols, o.padding_value}, {{"align", o.align}},
              {.name = o.name});
}

Output MatrixDiagPart(Input input, const MatrixDiagPartOptions& o) {
  return Make("MatrixDiagPartV3", {input, o.k, o.padding_value}, {{"align", o.align}}, {.name = o.name});
}

Output MatrixSetDiag(Input input, Input diagonal, const MatrixSetDiagOptions& o) {
  return Make("MatrixSetDiagV3", {input, diagonal, o.k}, {{"align", o.align}}, {.name = o.name});
}

}  // namespace ops
}  // namespace weir
