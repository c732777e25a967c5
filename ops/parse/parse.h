// Building functions of the ops that read values out of strings of bytes.
#pragma once

#include <map>

#include "weir/graph/builder.h"

namespace weir::ops {

// What is wanted of a feature of Examples, or of a feature list of SequenceExamples.
struct FeatureSpec {
  enum Form { kDense, kSparse, kRagged };
  std::string key;
  DType dtype = kFloat;  // float, int64 or string
  Form form = kDense;
  // Dense: the shape of a feature's values. The first size of an Example's may be unknown; shorter ones are filled up.
  PartialShape shape = {};
  // Dense: what stands for a feature that is missing, of that shape; without it that is an error. Where the shape's
  // first size is unknown one element, which is filled up with, and must be given. Lists have none.
  Tensor default_value = {};
  bool may_be_missing = false;  // dense lists: no error then, but a list without elements
};

// Dense: `values`, [batch, shape]. Sparse: values, indices and shape of a tensor [batch, most values]. Ragged:
// `values`, of which those of example i are from row_splits[i] to row_splits[i + 1] (int64).
// Of lists there is an axis more, for their elements, behind that of the batch. Dense ones are filled up with zeros,
// and `lengths` tells how long they are; ragged ones have row_splits in numbers of elements, whose values inner_splits
// part.
struct ParsedFeature {
  Output values, indices = {}, shape = {}, row_splits = {}, lengths = {}, inner_splits = {};
};
using ParsedFeatures = std::map<std::string, ParsedFeature>;

// Features of serialized tf.train.Examples, a vector of strings or a scalar, by key. Errors of the run: bytes that are
// no Example, values of another dtype or number, a dense feature that is missing.
ParsedFeatures ParseExample(Input serialized, const std::vector<FeatureSpec>& features, const Name& name = {});

struct ParsedSequence {
  ParsedFeatures context, lists;
};
// Features of the context and feature lists of serialized tf.train.SequenceExamples, likewise.
ParsedSequence ParseSequenceExample(Input serialized, const std::vector<FeatureSpec>& context,
                                    const std::vector<FeatureSpec>& lists, const Name& name = {});

// The tensor that a serialized TensorProto holds, of any shape; an error if it is not of this dtype.
inline Output ParseTensor(Input serialized, DType out_type, const Name& name = {}) {
  return Make("ParseTensor", {serialized}, {{"out_type", out_type}}, name);
}
// A tensor as a serialized TensorProto, a scalar string.
inline Output SerializeTensor(Input tensor, const Name& name = {}) {
  return Make("SerializeTensor", {tensor}, {}, name);
}

// Serialized Examples of Examples as JSON, strings of any shape; an error for other texts.
inline Output DecodeJSONExample(Input json_examples, const Name& name = {}) {
  return Make("DecodeJSONExample", {json_examples}, {}, name);
}

}  // namespace weir::ops
