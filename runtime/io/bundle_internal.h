// What reading, writing and merging checkpoints share. Internal to bundle*.cc.
#pragma once

#include "weir/runtime/io/bundle.h"

namespace weir::io {

inline constexpr int kMaxShards = 99999;

// The key under which a part of a partitioned tensor is kept. Sorts before all names, since it begins with a zero byte.
std::string SliceKey(const std::string& name, const SliceSpec& slice);
// The slice as keys have it: a full axis as such. Error: it lies outside `full`, or the tensor has another shape.
Result<SliceSpec> SliceToSave(const std::string& name, const Shape& full, const SliceSpec& slice, const Tensor& t);
Status CannotSave(const std::string& name, const std::string& why);
// The message without its mark, to go on after another.
std::string Unmarked(const Status& s);
// The index file of these entries, by key.
Result<std::string> IndexBytes(const std::map<std::string, BundleEntry>& entries, int num_shards);
// Copies a box of `extent` elements between two tensors of the same dtype.
void CopyBox(const Tensor& from, const std::vector<int64_t>& from_start, Tensor* to,
             const std::vector<int64_t>& to_start, const Shape& extent);

}  // namespace weir::io
