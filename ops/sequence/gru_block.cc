// GRUBlockCell and GRUBlockCellGrad: a GRU's step in one op.
//
// Of the input x [batch,inputs] and the state h_prev [batch,units]:
//
//   r, u = sigmoid([x, h_prev] w_ru + b_ru)
//   c    = tanh([x, h_prev * r] w_c + b_c)
//   h    = u * h_prev + (1 - u) * c
#include "weir/graph/expand.h"
#include "weir/ops/array/array.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/registry.h"
#include "weir/ops/sequence/block_shapes.h"

namespace weir {

namespace {

constexpr int kRanks[] = {2, 2, 2, 2, 1, 1, 2};  // x, h_prev, w_ru, w_c, b_ru, b_c; the rest

Status ExpandCell(ExpandContext& c) {
  const std::vector<Output> in = InputsOfRanks(c, kRanks);
  const Output &x = in[0], &h_prev = in[1];
  const Output both = ops::BiasAdd(ops::MatMul(ops::Concat({x, h_prev}, 1), in[2]), in[4]);
  const OutputList gate = ops::Split(ops::Sigmoid(both), 2, 1);
  const Output &r = gate[0], &u = gate[1];
  const Output fresh = ops::Tanh(
      ops::BiasAdd(ops::MatMul(ops::Concat({x, h_prev * r}, 1), in[3]), in[5]));
  c.set(0, r), c.set(1, u), c.set(2, fresh), c.set(3, u * h_prev + (1.0 - u) * fresh);
  return c.builder().status();
}

Status ExpandCellGrad(ExpandContext& c) {
  const std::vector<Output> in = InputsOfRanks(c, kRanks);
  const Output &h_prev = in[1], &r = in[6], &u = in[7], &fresh = in[8], &d_h = in[9];
  // By the rows of [x, h] that a product was made of.
  const Output inputs = ops::ShapeOf(in[0])[-1];
  auto by_rows = [&](const Output& grad, const Output& w) { return ops::MatMul(grad, w, {.transpose_b = true}); };
  auto of_x = [&](const Output& xh) { return xh[{_, {_, inputs}}]; };
  auto of_h = [&](const Output& xh) { return xh[{_, {inputs, _}}]; };
  const Output d_u = d_h * (h_prev - fresh) * u * (1.0 - u);
  const Output d_fresh = d_h * (1.0 - u) * (1.0 - fresh * fresh);
  const Output by_fresh = by_rows(d_fresh, in[3]), d_hr = of_h(by_fresh);
  const Output d_ru = ops::Concat({d_hr * h_prev * r * (1.0 - r), d_u}, 1);
  const Output by_ru = by_rows(d_ru, in[2]);
  c.set(0, of_x(by_ru) + of_x(by_fresh));
  c.set(1, of_h(by_ru) + d_hr * r + d_h * u);
  c.set(2, d_fresh), c.set(3, d_ru);
  return c.builder().status();
}

// The state [batch,units]; the biases, which the gradient does not read, apart.
Result<PartialShape> StateOf(const ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape x, c.WithRank(0, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape state, c.WithRank(1, 2));
  WEIR_RETURN_IF_ERROR(RequireShape(c, 1, {x[0], state[1]}));
  if (!Known(state[0])) state[0] = x[0];
  const Dim units = state[1], rows = AddDims(x[1], units);
  WEIR_RETURN_IF_ERROR(RequireShape(c, 2, {rows, MulDims(units, 2)}));
  WEIR_RETURN_IF_ERROR(RequireShape(c, 3, {rows, units}));
  return state;
}

Status CellShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape state, StateOf(c));
  WEIR_RETURN_IF_ERROR(RequireShape(c, 4, {MulDims(state[1], 2)}));
  WEIR_RETURN_IF_ERROR(RequireShape(c, 5, {state[1]}));
  for (int k = 0; k < 4; ++k) c.set_output(k, state);
  return {};
}

Status CellGradShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape state, StateOf(c));
  for (int i = 6; i < 10; ++i) WEIR_RETURN_IF_ERROR(RequireShape(c, i, state));
  c.set_output(0, c.input(0)), c.set_output(1, state), c.set_output(2, state);
  c.set_output(3, {state[0], MulDims(state[1], 2)});
  return {};
}

OpDef& AddWeights(OpDef& op) {
  for (const char* input : {"x", "h_prev", "w_ru", "w_c", "b_ru", "b_c"}) op.Input(std::string(input) + ": T");
  return op;
}

}  // namespace

void RegisterGruBlockOps(OpRegistry& r) {
  AddWeights(r.Add("GRUBlockCell"))
      .Output("r: T").Output("u: T").Output("c: T").Output("h: T").Attr("T: {float}")
      .Doc("A step of a GRU: of x [batch,inputs] and the state h_prev [batch,units] with the weights w_ru "
           "[inputs + units,2 * units], w_c [inputs + units,units] and their biases b_ru, b_c. Gives the gates r and "
           "u, the fresh state c and the new one, h = u * h_prev + (1 - u) * c, [batch,units] each.")
      .Shape(CellShape)
      .Composed(ExpandCell);
  AddWeights(r.Add("GRUBlockCellGrad"))
      .Input("r: T").Input("u: T").Input("c: T").Input("d_h: T")
      .Output("d_x: T").Output("d_h_prev: T").Output("d_c_bar: T").Output("d_r_bar_u_bar: T").Attr("T: {float}")
      .Doc("Gradients of GRUBlockCell by x and h_prev, and by what is behind the functions of c [batch,units] and of r "
           "and u [batch,2 * units], from that by h and from what it gave.")
      .Shape(CellGradShape)
      .Composed(ExpandCellGrad);
}

}  // namespace weir
