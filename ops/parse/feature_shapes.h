// What shape functions of the ops that parse Examples share: the shapes of outputs that come together, one for each
// dtype that an attribute lists.
#pragma once

#include "weir/graph/infer.h"

namespace weir {

inline constexpr char kParsed[] = "it reads bytes, which have no derivative";

// What one op's shape function has set so far. The messages are `each` (a scalar or a vector).
class FeatureShapes {
 public:
  FeatureShapes(ShapeContext& c, PartialShape each) : c_(c), each_(std::move(each)) {}

  // Positions, values and shapes of sparse tensors that have an axis for the values, and `steps` before it, more than
  // the messages.
  Status Sparse(const char* types, const char* number, int steps);
  // Dense tensors of the shapes that attribute `shapes` has; of lists with an axis for the steps before them.
  Status Dense(const char* types, const char* shapes, bool is_list);
  void Lengths(const char* types);  // of dense lists
  // Values and splits, of lists two each; those of one message are `single`.
  Status Ragged(const char* types, const char* split_types, bool is_list, const PartialShape& single);

 private:
  void Set(size_t count, const PartialShape& shape);
  Status SameCount(const char* a, size_t of_a, const char* b, size_t of_b) const;

  ShapeContext& c_;
  PartialShape each_;
  int next_ = 0;
};

// Input i has as many elements as there are dtypes in an attribute: a vector of keys.
Status CheckKeys(const ShapeContext& c, int i, const char* types);

}  // namespace weir
