// Checkpoints of TensorFlow's old V1 format: one sorted table that holds the elements of slices of tensors
// ("model.ckpt-100"), or several ("model.ckpt-100-00000-of-00002"). Read by BundleReader; written for graphs that do.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "weir/runtime/io/bundle.h"

namespace weir::io {

// A whole one. An entry's offset is the index of its message in `values`; entries of one whole slice have no slices.
struct V1Checkpoint {
  std::map<std::string, BundleEntry> entries, parts;  // parts by SliceKey
  std::vector<std::string> values;
};

// The files of a checkpoint by its prefix, or by the pattern "prefix-?????-of-00002", in order; none when there is no
// such checkpoint.
std::vector<std::string> V1Files(const std::string& path);
Result<V1Checkpoint> ReadV1Checkpoint(const std::vector<std::string>& files);
// Errors go on after the tensor's name.
Result<Tensor> V1Value(const std::string& bytes, DType dtype, const Shape& shape);

// As BundleWriter, but for one file in memory.
class V1Writer {
 public:
  Status Add(const std::string& name, const Tensor& t);
  Status AddSlice(const std::string& name, const Shape& full, const SliceSpec& slice, const Tensor& t);
  // Writes the file, atomically.
  Status Finish(const std::string& path);

 private:
  std::map<std::string, BundleEntry> entries_;
  std::map<std::string, std::string> values_;  // by SliceKey
};

}  // namespace weir::io
