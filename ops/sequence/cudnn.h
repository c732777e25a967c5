// What CudnnRNN's attributes say, and where its weights lie in `params`.
//
// One vector holds them all: of each layer, and of each direction in it, the matrices [units, inputs] of the gates and
// then the recurrent ones [units, units] of the gates; behind all matrices the biases [units], as many as matrices and
// in their order. LSTM: gates i, f, c, o. GRU: r, z, h. See the cuDNN API reference on cudnnGetRNNLinLayerMatrixParams.
#pragma once

#include "weir/graph/builder.h"

namespace weir {

enum class CudnnCell { kRelu, kTanh, kLstm, kGru };

struct CudnnRnn {
  CudnnCell cell = CudnnCell::kLstm;
  int64_t gates = 4, directions = 1, layers = 0, units = 0, inputs = 0;  // `inputs`: the size of layer 0's
  bool skips = false;  // layer 0 has no input matrices: its input goes to each gate as it is

  // Those that attributes tell: all but the sizes. Error: a projection (num_proj).
  static Result<CudnnRnn> Of(const Node& n);
  // Once the sizes are known: attribute input_mode.
  Status SetInputMode(const std::string& mode);

  int64_t parts() const { return layers * directions; }  // cells
  int64_t inputs_of(int64_t part) const { return part < directions ? inputs : units * directions; }
  bool has_input_matrices(int64_t part) const { return !skips || part >= directions; }
  int64_t matrix_elements(int64_t part) const {  // of all its gates
    return gates * units * ((has_input_matrices(part) ? inputs_of(part) : 0) + units);
  }
  int64_t matrices_of(int64_t part) const;  // where they begin
  int64_t biases_of(int64_t part) const { return matrices_of(parts()) + part * 2 * gates * units; }
  int64_t size() const { return biases_of(parts()); }
};

// `count` elements of a vector from `begin`, in another shape.
Output CudnnPart(const Output& params, int64_t begin, int64_t count, const Dims& shape);

// Adds the attributes that all these ops have.
OpDef& AddCudnnAttrs(OpDef& op);

}  // namespace weir
