// TensorBundle: checkpoints as TensorFlow writes and reads them (V2), `prefix`.index and `prefix`.data-00000-of-00001.
// Those of the old format (V1) are read, too.
//
// Reading checks everything before use: sizes before memory is taken, checksums before a tensor is given out. Writing
// is atomic and durable: files are written aside, flushed and renamed, data before index, and a checkpoint that is
// replaced loses its index first, so that at no moment an index speaks of other data.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weir/graph/base/tensor.h"
#include "weir/graph/base/file.h"

namespace weir::io {

// A part of a tensor: a box. A length of -1 reaches to the end.
struct SliceSpec {
  std::vector<int64_t> start, length;
  // "" (nothing), or a shape and a slice, "10 4 0,5:-" as SaveV2 and RestoreV2 take it. `full` is the whole shape.
  static Result<SliceSpec> Parse(const std::string& text, Shape* full);
  // The sizes of the box within a tensor of this shape. Error when it lies outside.
  Result<Shape> Within(const Shape& full) const;
};

// What an index says of a tensor.
struct BundleEntry {
  DType dtype = DType::kInvalid;
  Shape shape;
  int32_t shard = 0;
  int64_t offset = 0, size = 0;
  uint32_t crc = 0;               // masked
  std::vector<SliceSpec> slices;  // of a partitioned tensor: where its parts lie
};

std::string BundleIndexPath(const std::string& prefix);
std::string BundleDataPath(const std::string& prefix, int shard, int num_shards);

// Whether there are files of a checkpoint, V2 or V1.
bool CheckpointExists(const std::string& prefix);

// Thread-safe.
class BundleReader {
 public:
  // Errors tell the right prefix when the path is one of a checkpoint's files, its folder, or the folder's state file.
  static Result<BundleReader> Open(const std::string& prefix);

  // By name, in order.
  const std::map<std::string, BundleEntry>& entries() const { return entries_; }
  const BundleEntry* Find(const std::string& name) const;
  // Errors: no such tensor (with the nearest names), damage.
  Result<Tensor> Read(const std::string& name) const;
  Result<Tensor> ReadSlice(const std::string& name, const SliceSpec& slice) const;
  // Whether the bytes are as the checksum says.
  Status Verify(const std::string& name) const;
  Status VerifyAll() const;

  // Of TensorFlow 2's checkpoints: what TensorFlow 1 would call a variable -> the tensor that holds it. Empty for all
  // others.
  Result<std::map<std::string, std::string>> ObjectNames() const;

  const std::string& prefix() const { return prefix_; }
  bool is_v1() const { return shards_.empty(); }
  int num_shards() const { return static_cast<int>(shards_.size()); }
  int64_t data_bytes() const;  // of all tensors

 private:
  friend class BundleMerger;
  Status Fail(const std::string& name, const std::string& what) const;
  Status CheckBounds(const std::string& name, const BundleEntry& e) const;
  Result<Tensor> ReadWhole(const std::string& name, const BundleEntry& e) const;
  Result<Tensor> ReadStrings(const std::string& name, const BundleEntry& e) const;
  Result<Tensor> ReadParts(const std::string& name, const BundleEntry& e) const;

  std::string prefix_;
  std::map<std::string, BundleEntry> entries_, parts_;  // parts by their coded keys
  std::vector<std::shared_ptr<RandomAccessFile>> shards_;
  std::vector<std::string> values_;  // of V1: a message an entry
};

class BundleWriter {
 public:
  static Result<BundleWriter> Create(const std::string& prefix);

  // Takes disk space for the data; optional.
  Status Reserve(int64_t data_bytes) { return data_->Reserve(data_bytes); }
  Status Add(const std::string& name, const Tensor& t);
  // A part of a larger tensor of the shape `full`.
  Status AddSlice(const std::string& name, const Shape& full, const SliceSpec& slice, const Tensor& t);
  // Makes the checkpoint visible. Without it nothing is left behind.
  Status Finish();

 private:
  Result<BundleEntry> WriteData(const std::string& name, const Tensor& t);

  std::string prefix_;
  std::unique_ptr<AsideFile> data_;
  std::map<std::string, BundleEntry> entries_;  // by key
};

// Makes one checkpoint of several, whose data files become its shards. The sources are gone after it, or stay and are
// copied. Errors: two of them hold one tensor; a source that is to stay is the destination.
enum class MergedSources { kMoved, kCopied };
Status MergeBundles(const std::vector<std::string>& prefixes, const std::string& destination,
                    MergedSources sources = MergedSources::kMoved);

}  // namespace weir::io
