// Building functions of softmax, cross-entropies, bias, top-k, L2Loss and FakeQuant. The activations are in
// math/math.h, normalisation in norm/norm.h, convolutions and pools in conv/conv.h and pool/pool.h, losses over few of
// many classes in model/losses.h. Float means half, bfloat16, float or double.
#pragma once

#include <string>

#include "weir/graph/builder.h"

namespace weir::ops {

// exp(x - max) / Σ exp(x - max) along `axis`, and its logarithm. Float logits of rank 1 at least. An axis that is not
// the last needs a known rank; it is transposed to the end and back.
Output Softmax(Input logits, int axis = -1, const Name& name = {});
Output LogSoftmax(Input logits, int axis = -1, const Name& name = {});

// The loss -Σ labels · log softmax(logits) along `axis`, which vanishes. Labels are probabilities of the logits' shape;
// gradients flow into both. As in Python, labels come first.
Output SoftmaxCrossEntropyWithLogits(Input labels, Input logits, int axis = -1, const Name& name = {});
// The same where labels [d0, …] are the int32 or int64 classes that are true, logits [d0, …, classes]. A label outside
// the classes is an error when run.
Output SparseSoftmaxCrossEntropyWithLogits(Input labels, Input logits, const Name& name = {});

struct BiasAddOptions {
  std::string data_format = "NHWC";  // channels are the last axis; "NCHW": axis 1
  std::string name = {};
};
// value + bias, a vector along the channel axis. Numbers, of rank 2 at least.
inline Output BiasAdd(Input value, Input bias, const BiasAddOptions& o = {}) {
  return Make("BiasAdd", {value, bias}, {{"data_format", o.data_format}}, {.name = o.name});
}

struct TopKOptions {
  bool sorted = true;             // in descending order; else in any
  DType index_type = kInt32;      // int16, int32, int64
  std::string name = {};
};
struct TopKResult {
  Output values, indices;
};
// The k largest elements along the last axis and where they stand; of equal ones the lower index comes first.
TopKResult TopK(Input input, Input k = 1, const TopKOptions& options = {});

// bool [batch]: whether predictions [batch, classes] (float) rank the class targets[i] among the k highest; ties count
// in.
inline Output InTopK(Input predictions, Input targets, Input k, const Name& name = {}) {
  return Make("InTopKV2", {predictions, targets, k}, {}, name);
}

// Σ t² / 2, a scalar. Float.
inline Output L2Loss(Input t, const Name& name = {}) { return Make("L2Loss", {t}, {}, name); }

struct FakeQuantOptions {
  int64_t num_bits = 8;       // 2 to 16
  bool narrow_range = false;  // one value less
  std::string name = {};
};
// Float inputs rounded as quantising them would: cut to [min, max], moved so that 0 is exact, to the nearest of the
// values that num_bits hold. The range is two scalars, or two vectors [channels] along the last axis. The gradient is
// that of cutting.
inline Output FakeQuant(Input inputs, Input min, Input max, const FakeQuantOptions& o = {}) {
  return Make("FakeQuantWithMinMaxVars", {inputs, min, max},
              {{"num_bits", o.num_bits}, {"narrow_range", o.narrow_range}}, {.name = o.name});
}
inline Output FakeQuantPerChannel(Input inputs, Input min, Input max, const FakeQuantOptions& o = {}) {
  return Make("FakeQuantWithMinMaxVarsPerChannel", {inputs, min, max},
              {{"num_bits", o.num_bits}, {"narrow_range", o.narrow_range}}, {.name = o.name});
}

}  // namespace weir::ops
