// Connectionist temporal classification: the loss of logits whose labels have no places in time, and decoders of such
// logits (Graves et al., "Connectionist temporal classification", ICML 2006).
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/sequence/sequence.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

// The inputs [time,batch,classes] with the batch that input `lengths`, a vector, knows too.
Result<PartialShape> InputsOf(const ShapeContext& c, int lengths) {
  WEIR_ASSIGN_OR_RETURN(PartialShape inputs, c.WithRank(0, 3));
  WEIR_ASSIGN_OR_RETURN(const PartialShape length, c.WithRank(lengths, 1));
  auto batch = MergeDims(inputs[1], length[0]);
  if (!batch.ok()) {
    return InvalidArgument("needs a sequence_length for each of the batch, got " + c.Describe(lengths) + " for " +
                           c.Describe(0));
  }
  inputs[1] = *batch;
  return inputs;
}

Status CtcLossShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape inputs, InputsOf(c, 3));
  WEIR_ASSIGN_OR_RETURN(const PartialShape indices, c.WithRank(1, 2));
  WEIR_ASSIGN_OR_RETURN(const PartialShape values, c.WithRank(2, 1));
  if ((Known(indices[1]) && indices[1] != 2) || !MergeDims(indices[0], values[0]).ok()) {
    return InvalidArgument("needs a position of two numbers for each label, got " + c.Describe(1) + " and " +
                           c.Describe(2));
  }
  c.set_output(0, {inputs[1]});
  c.set_output(1, inputs);
  return {};
}

// The kernel has computed it; it has no derivative itself.
Status CtcLossGrad(GradContext& c) {
  if (c.has_grad(1)) return Unimplemented("CTCLoss has no derivative of its output 'gradient'");
  const Output by_inputs = ops::PreventGradient(c.output(1), "CTCLoss has no second derivative");
  c.set(0, ops::ExpandDims(c.grad(0), -1) * by_inputs);
  return {};
}

// The positions, labels and shapes of so many sparse tensors, and the probabilities.
Status DecodedShape(ShapeContext& c, int paths) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape inputs, InputsOf(c, 1));
  for (int k = 0; k < paths; ++k) {
    c.set_output(k, {kUnknownDim, 2});
    c.set_output(paths + k, {kUnknownDim});
    c.set_output(2 * paths + k, {2});
    c.set_output_value(2 * paths + k, {inputs[1], kUnknownDim});
  }
  c.set_output(3 * paths, {inputs[1], paths});
  return {};
}

Status GreedyShape(ShapeContext& c) { return DecodedShape(c, 1); }
Status BeamSearchShape(ShapeContext& c) { return DecodedShape(c, static_cast<int>(c.attr<int64_t>("top_paths"))); }

void AddLoss(OpRegistry& r, const char* op, const char* type, const std::string& blank) {
  OpDef& def = r.Add(op);
  def.Input(std::string("inputs: ") + type).Input("labels_indices: int64").Input("labels_values: int32");
  def.Input("sequence_length: int32");
  def.Output(std::string("loss: ") + type).Output(std::string("gradient: ") + type);
  def.Attr("preprocess_collapse_repeated: bool = false").Attr("ctc_merge_repeated: bool = true");
  def.Attr("ignore_longer_outputs_than_inputs: bool = false");
  if (type[0] == 'T') def.Attr("T: {float, double} = float");
  def.Doc("Connectionist temporal classification loss of logits [time,batch,classes], in which " + blank +
          ", for sparse labels [batch,…] in row-major order: [batch]; and its gradient by the logits. Infinite where "
          "the labels cannot come about.");
  def.Shape(CtcLossShape).Gradient(CtcLossGrad);
}

}  // namespace

void RegisterCtcOps(OpRegistry& r) {
  AddLoss(r, "CTCLoss", "T", "the last class is the blank");
  AddLoss(r, "CTCLossV2", "float", "class 0 is the blank");
  r.Add("CTCGreedyDecoder")
      .Input("inputs: T").Input("sequence_length: int32")
      .Output("decoded_indices: int64").Output("decoded_values: int64").Output("decoded_shape: int64")
      .Output("log_probability: T")
      .Attr("merge_repeated: bool = false").Attr("blank_index: int = -1").Attr("T: {float, double} = float")
      .Doc("Of logits [time,batch,classes] the largest class of each step, less blanks and, if merge_repeated, "
           "repetitions: a sparse tensor [batch,most]; and minus the sums of these logits, [batch,1].")
      .Shape(GreedyShape)
      .NoGradient("which class is the largest jumps where two become equal", false);
  r.Add("CTCBeamSearchDecoder")
      .Input("inputs: T").Input("sequence_length: int32")
      .Output("decoded_indices: top_paths * int64").Output("decoded_values: top_paths * int64")
      .Output("decoded_shape: top_paths * int64").Output("log_probability: T")
      .Attr("beam_width: int >= 1").Attr("top_paths: int >= 1").Attr("merge_repeated: bool = true")
      .Attr("T: {float, double} = float")
      .Doc("The top_paths likeliest labels of logits [time,batch,classes], of which the last class is the blank, that "
           "a search with beam_width candidates finds: sparse tensors [batch,most]; and their log-probabilities, "
           "[batch,top_paths].")
      .Shape(BeamSearchShape)
      .NoGradient("which labels are the likeliest jumps where two become equal", false);
}

// ---- building functions

namespace ops {

Output CtcLoss(Input inputs, const SparseParts& labels, Input sequence_length, const CtcLossOptions& o) {
  return Make("CTCLoss", {inputs, labels.indices, labels.values, sequence_length},
              {{"preprocess_collapse_repeated", o.preprocess_collapse_repeated},
               {"ctc_merge_repeated", o.ctc_merge_repeated},
               {"ignore_longer_outputs_than_inputs", o.ignore_longer_outputs_than_inputs}},
              {.name = o.name});
}

CtcDecoded CtcGreedyDecoder(Input inputs, Input sequence_length, const CtcGreedyOptions& o) {
  const OutputList r = MakeAll("CTCGreedyDecoder", {inputs, sequence_length},
                               {{"merge_repeated", o.merge_repeated}, {"blank_index", o.blank_index}},
                               {.name = o.name}, 4);
  return {{{r[0], r[1], r[2]}}, r[3]};
}

CtcDecoded CtcBeamSearchDecoder(Input inputs, Input sequence_length, const CtcBeamSearchOptions& o) {
  const OutputList r =
      MakeAll("CTCBeamSearchDecoder", {inputs, sequence_length},
              {{"beam_width", o.beam_width}, {"top_paths", o.top_paths}, {"merge_repeated", o.merge_repeated}},
              {.name = o.name});
  CtcDecoded decoded;
  const size_t paths = r.size() / 3;
  for (size_t k = 0; k < paths; ++k) decoded.decoded.push_back({r[k], r[paths + k], r[2 * paths + k]});
  decoded.log_probability = r[3 * paths];
  return decoded;
}

}  // namespace ops
}  // namespace weir
