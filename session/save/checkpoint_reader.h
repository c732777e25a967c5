// CheckpointReader: what is in a checkpoint, without a graph.
//
//   CheckpointReader reader = CheckpointReader::Open("model").value();      // the latest of a folder, or a prefix
//   for (const CheckpointTensor& t : reader.List()) std::cout << t.name << " " << t.shape.ToString() << "\n";
//   Tensor kernel = reader.Read("dense/kernel").value();
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/graph/base/tensor.h"

namespace weir {

struct CheckpointTensor {
  std::string name;
  DType dtype = DType::kInvalid;
  Shape shape;    // of the whole tensor
  int parts = 1;  // of a partitioned variable: how many it was saved in
};

// Thread-safe. Copies share the open files.
class CheckpointReader {
 public:
  // `path` is a checkpoint's prefix, or a folder, whose latest sound checkpoint it is then. Errors: no checkpoint
  // there (with the prefix that was probably meant), damage.
  static Result<CheckpointReader> Open(const std::string& path);

  const std::string& prefix() const;
  // By name. Random states (`_weir/random/…`) are among them.
  std::vector<CheckpointTensor> List() const;
  bool Has(const std::string& name) const;
  // The whole tensor, its checksum checked. Errors: no such tensor (with the nearest names), damage, a dtype that
  // Weir does not compute with.
  Result<Tensor> Read(const std::string& name) const;

 private:
  class Impl;
  explicit CheckpointReader(std::shared_ptr<const Impl> impl);

  std::shared_ptr<const Impl> impl_;
};

}  // namespace weir
