// Products of matrices: MatMul, BatchMatMul, BatchMatMulV2.
//
// A gradient by an operand is a product of the other operand and the output's gradient; which of them comes first and
// which is transposed follows from the flags (ProductGrads). Complex operands are conjugated for it, as BatchMatMul's
// flags do. Broadcast batch axes are summed back.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/linalg/batch.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

// Where the inner dimensions of the two operands stand, and whether they agree.
Status CheckInner(ShapeContext& c, const PartialShape& x, const PartialShape& y, bool tx, bool ty, const char* flag) {
  int rx = x.rank(), ry = y.rank();
  int ax = tx ? rx - 2 : rx - 1, ay = ty ? ry - 1 : ry - 2;
  if (MergeDims(x[ax], y[ay]).ok()) return {};
  Status s =
      InvalidArgument(fmt::format("cannot multiply {} by {}", c.Describe(0), c.Describe(1)))
          .Detail(fmt::format("inner dimensions differ: {} (axis {} of input '{}') and {} (axis {} of input '{}')",
                              x[ax], ax, c.InputName(0), y[ay], ay, c.InputName(1)));
  int other = ty ? ry - 2 : ry - 1;
  if (SameDim(x[ax], y[other])) return std::move(s).Help(fmt::format("{}={} would fit", flag, !ty));
  return s;
}

Status MatMulShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape a, c.WithRank(0, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape b, c.WithRank(1, 2));
  bool ta = c.attr<bool>("transpose_a"), tb = c.attr<bool>("transpose_b");
  WEIR_RETURN_IF_ERROR(CheckInner(c, a, b, ta, tb, "transpose_b"));
  c.set_output(0, PartialShape({a[ta ? 1 : 0], b[tb ? 0 : 1]}));
  return {};
}

Status BatchMatMulShape(ShapeContext& c, bool broadcast) {
  WEIR_ASSIGN_OR_RETURN(PartialShape x, c.WithRankAtLeast(0, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape y, c.WithRankAtLeast(1, 2));
  if (!x.known_rank() || !y.known_rank()) {
    // Where only equal batch axes are allowed, one operand's rank is the other's.
    int rank = broadcast ? -1 : std::max(x.rank(), y.rank());
    c.set_output(0, rank < 0 ? PartialShape::Unknown() : PartialShape::UnknownOfRank(rank));
    return {};
  }
  bool tx = c.attr<bool>("adj_x"), ty = c.attr<bool>("adj_y");
  WEIR_RETURN_IF_ERROR(CheckInner(c, x, y, tx, ty, "adj_y"));
  int rx = x.rank(), ry = y.rank();
  PartialShape bx = Subshape(x, 0, rx - 2), by = Subshape(y, 0, ry - 2);
  Result<PartialShape> batch = broadcast ? BroadcastShapes(bx, by) : MergeShapes(bx, by);
  if (!batch.ok()) {
    return InvalidArgument(fmt::format("cannot multiply {} by {}", c.Describe(0), c.Describe(1)))
        .Detail(fmt::format("the axes before the last two do not {}: {} and {}", broadcast ? "broadcast" : "agree",
                            bx.ToString(), by.ToString()));
  }
  c.set_output(0, Concatenate(*batch, PartialShape({x[tx ? rx - 1 : rx - 2], y[ty ? ry - 2 : ry - 1]})));
  return {};
}

struct Pair {
  Output x, y;
};

// Gradients of op_tx(x) · op_ty(y) by x and y, given the product's gradient g and a product function mul(a, b, ta, tb).
template <class Mul>
Pair ProductGrads(Output x, Output y, Output g, bool tx, bool ty, Mul mul) {
  Output gx = tx ? mul(y, g, ty, true) : mul(g, y, false, !ty);
  Output gy = ty ? mul(g, x, true, tx) : mul(x, g, !tx, false);
  return {gx, gy};
}

Status MatMulGrad(GradContext& c) {
  auto mul = [](Output a, Output b, bool ta, bool tb) {
    return Make("MatMul", {a, b}, {{"transpose_a", ta}, {"transpose_b", tb}});
  };
  Output a = ops::Conj(c.input(0)), b = ops::Conj(c.input(1));
  Pair g = ProductGrads(a, b, c.grad(), c.attr<bool>("transpose_a"), c.attr<bool>("transpose_b"), mul);
  c.set(0, g.x);
  c.set(1, g.y);
  return {};
}

Status BatchMatMulGrad(GradContext& c, const char* op) {
  auto mul = [op](Output a, Output b, bool ta, bool tb) { return Make(op, {a, b}, {{"adj_x", ta}, {"adj_y", tb}}); };
  Output x = c.input(0), y = c.input(1);
  Pair g = ProductGrads(x, y, c.grad(), c.attr<bool>("adj_x"), c.attr<bool>("adj_y"), mul);
  if (c.node().Is("BatchMatMulV2")) std::tie(g.x, g.y) = SumBatches(g.x, g.y, x, y);
  c.set(0, g.x);
  c.set(1, g.y);
  return {};
}

// A product and a sum for each element of the output and each of the inner axis.
int64_t ProductFlops(const ShapeContext& c, bool transposed) {
  const PartialShape& a = c.input(0);
  return SaturatedProduct({2, SizeOrOne(a, a.rank() - (transposed ? 2 : 1)), ElementsOrOne(c.output(0))});
}

}  // namespace

void RegisterMatMulOps(OpRegistry& r) {
  r.Add("MatMul")
      .Input("a: T").Input("b: T").Output("product: T")
      .Attr("transpose_a: bool = false").Attr("transpose_b: bool = false")
      .Attr("T: {bfloat16, half, float, double, int32, int64, uint8, uint16, uint32, uint64, complex64, complex128}")
      .Attr("grad_a: bool = false").Attr("grad_b: bool = false")
      .Doc("The product of the matrices a [m,k] and b [k,n], [m,n]: product[i,j] = Σ_p a[i,p]·b[p,j]. transpose_a and "
           "transpose_b take an operand transposed (a is then [k,m], b [n,k]), complex ones unconjugated. k = 0 gives "
           "zeros. grad_a and grad_b are notes of TensorFlow to itself and change nothing.")
      .Shape(MatMulShape)
      .Flops([](const ShapeContext& c) { return ProductFlops(c, c.attr<bool>("transpose_a")); })
      .Gradient(MatMulGrad);
  r.Add("BatchMatMul")
      .Input("x: T").Input("y: T").Output("output: T")
      .Attr("T: {bfloat16, half, float, double, int32, int64, complex64, complex128}")
      .Attr("adj_x: bool = false").Attr("adj_y: bool = false").Attr("grad_x: bool = false").Attr("grad_y: bool = false")
      .Doc("The products of the matrices in the last two axes of x […,m,k] and y […,k,n], […,m,n]; the axes in front "
           "must be equal. adj_x and adj_y take an operand's matrices transposed, complex ones conjugated, too.")
      .Shape([](ShapeContext& c) { return BatchMatMulShape(c, false); })
      .Flops([](const ShapeContext& c) { return ProductFlops(c, c.attr<bool>("adj_x")); })
      .Gradient([](GradContext& c) { return BatchMatMulGrad(c, "BatchMatMul"); });
  r.Add("BatchMatMulV2")
      .Input("x: T").Input("y: T").Output("output: T")
      .Attr("T: {bfloat16, half, float, double, int16, int32, int64, uint8, uint16, uint32, uint64, complex64, "
            "complex128}")
      .Attr("adj_x: bool = false").Attr("adj_y: bool = false").Attr("grad_x: bool = false").Attr("grad_y: bool = false")
      .Doc("The products of the matrices in the last two axes of x […,m,k] and y […,k,n], […,m,n]; the axes in front "
           "are broadcast against each other. adj_x and adj_y take an operand's matrices transposed, complex ones "
           "conjugated, too.")
      .Shape([](ShapeContext& c) { return BatchMatMulShape(c, true); })
      .Flops([](const ShapeContext& c) { return ProductFlops(c, c.attr<bool>("adj_x")); })
      .Gradient([](GradContext& c) { return BatchMatMulGrad(c, "BatchMatMulV2"); });
}

}  // namespace weir

namespace weir::ops {
namespace {

int RankOf(const Input& in) {
  if (!in.is_literal()) return in.output().shape().rank();
  Result<Tensor> t = in.literal().ToTensor(DType::kInvalid);
  return t.ok() ? t->rank() : -1;
}

// One operand: how it is asked for, and whether its op's flag is set for that.
struct Operand {
  Input x;
  bool transpose, adjoint;
  bool flag() const { return transpose || adjoint; }
};

// Conjugates a complex operand where the op's flag alone would not: MatMul's transposes only, BatchMatMulV2's takes the
// adjoint.
void Conjugate(Operand* o, bool batched, Builder* b, DType dtype) {
  if (!IsComplex(dtype) || !(batched ? o->transpose : o->adjoint)) return;
  const Loc loc = o->x.loc();
  o->x = Input(Conj(Input(AsOutput(*b, o->x, dtype), loc)), loc);
}

}  // namespace

Output MatMul(Input a, Input b, const MatMulOptions& o) {
  auto matrices = [](const Input& in) { int rank = RankOf(in); return rank < 0 || rank > 2; };
  const bool batched = matrices(a) || matrices(b);
  const Input& typed = a.is_literal() ? b : a;
  Operand x{a, o.transpose_a, o.adjoint_a}, y{b, o.transpose_b, o.adjoint_b};
  if (Builder* builder = typed.builder()) {
    if ((x.transpose && x.adjoint) || (y.transpose && y.adjoint)) {
      builder->Fail(InvalidArgument("error[attr]: a product's operand is to be transposed and to be its adjoint")
                        .Detail(typed.loc() ? "created at " + typed.loc().ToString() : "")
                        .Help("the adjoint is transposed already"));
      return {};
    }
    for (Operand* operand : {&x, &y}) Conjugate(operand, batched, builder, BaseType(typed.dtype()));
  }
  if (!batched) {
    return Make("MatMul", {x.x, y.x}, {{"transpose_a", x.flag()}, {"transpose_b", y.flag()}}, {.name = o.name});
  }
  return Make("BatchMatMulV2", {x.x, y.x}, {{"adj_x", x.flag()}, {"adj_y", y.flag()}},
              {.name = o.name.empty() ? "MatMul" : o.name});
}

}  // namespace weir::ops
