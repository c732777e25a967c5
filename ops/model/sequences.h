// Functions along the first axis of tensors, as loops: tf.map_fn, tf.scan, tf.foldl, tf.foldr.
//
//   Output squares = MapFn([](const Outputs& v) { return Outputs{v[0] * v[0]}; }, {rows})[0];
//   Output sums = Scan([](const Outputs& sum, const Outputs& row) { return Outputs{sum[0] + row[0]}; }, {rows})[0];
//
// `elems` are tensors of one size along their first axis, of which the function gets the parts. All of it can be
// differentiated. After an error, as many invalid outputs are returned as results are known to come.
#pragma once

#include "weir/ops/model/control_flow.h"

namespace weir {

// What a step makes of what the steps before it have come to and of the next parts.
using FoldFn = std::function<Outputs(const Outputs& accumulated, const Outputs& parts)>;

struct MapOptions {
  std::vector<DType> dtypes = {};  // of the results; those of `elems` unless told
  std::string name = {};
};
// What `fn` gives for each part, stacked along a new first axis. Of no parts at all: results of shape [0, …], as far as
// the shape is known, else an error of the run.
Outputs MapFn(const BodyFn& fn, const InputList& elems, const MapOptions& o = {});

struct FoldOptions {
  InputList initializer = {};  // what is accumulated at first; the first parts themselves unless told
  bool reverse = false;        // from the last part to the first
  std::string name = {};
};
// What has been accumulated after each part, stacked along a new first axis (with `reverse`, of the last part last).
Outputs Scan(const FoldFn& fn, const InputList& elems, const FoldOptions& o = {});
// What has been accumulated in the end.
Outputs FoldL(const FoldFn& fn, const InputList& elems, const FoldOptions& o = {});
inline Outputs FoldR(const FoldFn& fn, const InputList& elems, FoldOptions o = {}) {
  o.reverse = true;
  return FoldL(fn, elems, o);
}

}  // namespace weir
