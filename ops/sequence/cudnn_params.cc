// CudnnRNN's weights: the vector of all, and the matrices and biases apart ("canonical").
#include <fmt/format.h>

#include "weir/graph/expand.h"
#include "weir/graph/infer.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/registry.h"
#include "weir/ops/sequence/cudnn.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

Result<CudnnRnn> CudnnRnn::Of(const Node& n) {
  CudnnRnn rnn;
  const auto mode = n.attr<std::string>("rnn_mode");
  rnn.cell = mode == "rnn_relu"   ? CudnnCell::kRelu
             : mode == "rnn_tanh" ? CudnnCell::kTanh
             : mode == "gru"      ? CudnnCell::kGru
                                  : CudnnCell::kLstm;
  rnn.gates = rnn.cell == CudnnCell::kLstm ? 4 : rnn.cell == CudnnCell::kGru ? 3 : 1;
  rnn.directions = n.attr<std::string>("direction") == "bidirectional" ? 2 : 1;
  const AttrValue* projection = n.def()->FindAttr("num_proj") ? n.FindAttr("num_proj") : nullptr;
  if (const int64_t* size = projection ? projection->get<int64_t>() : nullptr; size && *size != 0)
    return Unimplemented(fmt::format("has a projection (num_proj = {}), which Weir does not compute", *size));
  return rnn;
}

Status CudnnRnn::SetInputMode(const std::string& mode) {
  constexpr int64_t kMost = int64_t{1} << 24;  // so that no size below overflows
  for (int64_t size : {layers, units, inputs}) {
    if (size < 1 || size > kMost || layers > (1 << 12))
      return InvalidArgument(fmt::format("is of {} layers of {} units and {} inputs", layers, units, inputs));
  }
  skips = mode == "skip_input" || (mode == "auto_select" && inputs == units);
  if (skips && inputs != units) {
    return InvalidArgument(fmt::format("skips the input, of {} elements, which is to be as large as its units, {}",
                                       inputs, units));
  }
  return {};
}

int64_t CudnnRnn::matrices_of(int64_t part) const {
  int64_t begin = 0;
  for (int64_t p = 0; p < part; ++p) begin += matrix_elements(p);
  return begin;
}

Output CudnnPart(const Output& params, int64_t begin, int64_t count, const Dims& shape) {
  const Output flat = ops::Slice(params, Tensor::Vector(std::vector<int64_t>{begin}),
                                 Tensor::Vector(std::vector<int64_t>{count}));
  return ops::Reshape(flat, Tensor::Vector(std::vector<int64_t>(shape.begin(), shape.end())));
}

OpDef& AddCudnnAttrs(OpDef& op) {
  return op.Attr("T: {bfloat16, half, float, double}")
      .Attr("rnn_mode: {'rnn_relu', 'rnn_tanh', 'lstm', 'gru'} = 'lstm'")
      .Attr("input_mode: {'linear_input', 'skip_input', 'auto_select'} = 'linear_input'")
      .Attr("direction: {'unidirectional', 'bidirectional'} = 'unidirectional'")
      .Attr("dropout: float = 0.0").Attr("seed: int = 0").Attr("seed2: int = 0");
}

namespace {

// With the sizes that inputs 0 to 2 (num_layers, num_units, input_size) are.
Result<CudnnRnn> Sized(const ExpandContext& c) {
  WEIR_ASSIGN_OR_RETURN(CudnnRnn rnn, CudnnRnn::Of(c.node()));
  int64_t* const sizes[] = {&rnn.layers, &rnn.units, &rnn.inputs};
  for (int i = 0; i < 3; ++i) {
    const Tensor* value = ConstantValue(c.builder().graph(), c.node().input(i));
    if (!value || value->dtype() != kInt32 || value->num_elements() != 1) {
      return InvalidArgument(fmt::format("has a {} that is computed", c.node().def()->inputs()[i].name))
          .Help("it decides about shapes: make it a constant");
    }
    *sizes[i] = value->data<int32_t>()[0];
  }
  WEIR_RETURN_IF_ERROR(rnn.SetInputMode(c.attr<std::string>("input_mode")));
  return rnn;
}

Status SizesShape(ShapeContext& c) {
  for (int i = 0; i < 3; ++i) WEIR_RETURN_IF_ERROR(RequireScalar(c, i));
  return {};
}

Status ParamsSizeShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(SizesShape(c));
  c.set_output(0, {1});
  return {};
}

Status CanonicalShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(SizesShape(c));
  return c.WithRank(3, 1).status();
}

Status ParamsShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(SizesShape(c));
  c.set_output(0, {None});
  return {};
}

Status ExpandParamsSize(ExpandContext& c) {
  WEIR_ASSIGN_OR_RETURN(const CudnnRnn rnn, Sized(c));
  const Output size = c.builder().Constant(Tensor::Vector(std::vector<int64_t>{rnn.size()}));
  c.set(0, ops::Cast(size, c.node().type_attr("S")));
  return {};
}

Status CheckCounts(const CudnnRnn& rnn, int64_t matrices, int64_t biases) {
  const int64_t want = rnn.parts() * 2 * rnn.gates;
  if (matrices == want && biases == want) return {};
  return InvalidArgument(fmt::format("has {} matrices and {} biases, of {} layers in {} direction{}, which have {}",
                                     matrices, biases, rnn.layers, rnn.directions, rnn.directions == 1 ? "" : "s",
                                     want));
}

// How many weights are matrices: half of all, unless attributes say.
std::pair<int64_t, int64_t> Counts(const Node& n) {
  if (n.def()->FindAttr("num_params")) return {n.attr<int64_t>("num_params"), n.attr<int64_t>("num_params")};
  return {n.attr<int64_t>("num_params_weights"), n.attr<int64_t>("num_params_biases")};
}

Status ExpandToCanonical(ExpandContext& c) {
  WEIR_ASSIGN_OR_RETURN(const CudnnRnn rnn, Sized(c));
  const auto [matrices, biases] = Counts(c.node());
  WEIR_RETURN_IF_ERROR(CheckCounts(rnn, matrices, biases));
  int place = 0;
  for (int64_t part = 0; part < rnn.parts(); ++part) {
    int64_t at = rnn.matrices_of(part);
    for (int64_t k = 0; k < 2 * rnn.gates; ++k) {
      const int64_t of_input = rnn.has_input_matrices(part) ? rnn.inputs_of(part) : 0;
      const int64_t columns = k < rnn.gates ? of_input : rnn.units;
      c.set(place++, CudnnPart(c.input(3), at, rnn.units * columns, {rnn.units, columns}));
      at += rnn.units * columns;
    }
  }
  for (int64_t k = 0; k < biases; ++k)
    c.set(place++, CudnnPart(c.input(3), rnn.biases_of(0) + k * rnn.units, rnn.units, {rnn.units}));
  return c.builder().status();
}

Status ExpandToParams(ExpandContext& c) {
  WEIR_ASSIGN_OR_RETURN(const CudnnRnn rnn, Sized(c));
  const auto [matrices, biases] = Counts(c.node());
  WEIR_RETURN_IF_ERROR(CheckCounts(rnn, matrices, biases));
  InputList flat;
  for (int i = 3; i < c.num_inputs(); ++i) flat.push_back(ops::Reshape(c.input(i), {-1}));
  const Output all = ops::Concat(flat, 0);
  // The sizes of the weights are those of the layers.
  c.set(0, ops::Reshape(all, Tensor::Vector(std::vector<int64_t>{rnn.size()})));
  return c.builder().status();
}

}  // namespace

void RegisterCudnnParamsOps(OpRegistry& r) {
  auto add = [&](const std::string& op) -> OpDef& {
    return r.Add(op).Input("num_layers: int32").Input("num_units: int32").Input("input_size: int32");
  };
  AddCudnnAttrs(add("CudnnRNNParamsSize").Output("params_size: S").Attr("S: {int32, int64}"))
      .Attr("num_proj: int = 0")
      .Doc("How many weights a CudnnRNN has, [1]. The sizes are constants.")
      .Shape(ParamsSizeShape)
      .Composed(ExpandParamsSize);
  for (bool v2 : {false, true}) {
    const std::string suffix = v2 ? "V2" : "", m = v2 ? "num_params_weights" : "num_params",
                      b = v2 ? "num_params_biases" : "num_params";
    auto counted = [&](OpDef& op) -> OpDef& {
      op.Attr(m + ": int >= 1");
      if (v2) op.Attr(b + ": int >= 1").Attr("num_proj: int = 0");
      return op;
    };
    counted(AddCudnnAttrs(add("CudnnRNNParamsToCanonical" + suffix)
                              .Input("params: T").Output("weights: " + m + " * T").Output("biases: " + b + " * T")))
        .Doc("The weights of a CudnnRNN apart: of each layer and direction the matrices [units, inputs] of the gates "
             "and the recurrent ones [units, units], then all biases [units]. The sizes are constants.")
        .Shape(CanonicalShape)
        .Composed(ExpandToCanonical);
    counted(AddCudnnAttrs(add("CudnnRNNCanonicalToParams" + suffix)
                              .Input("weights: " + m + " * T").Input("biases: " + b + " * T").Output("params: T")))
        .Doc("The vector of all weights of a CudnnRNN from matrices and biases, as CudnnRNNParamsToCanonical gives "
             "them.")
        .Shape(ParamsShape)
        .Composed(ExpandToParams);
  }
}

}  // namespace weir
