// The messages of checkpoints and summaries, and Snappy: what of runtime/io is in libweir_deps.so (graph/base/deps.h),
// image files (codec/image_codecs.h) apart. Internal to runtime/io.
#pragma once

#include <string>
#include <string_view>

#include "weir/graph/base/deps.h"
#include "weir/runtime/io/bundle.h"
#include "weir/runtime/io/checkpoint_state.h"
#include "weir/runtime/io/example.h"
#include "weir/runtime/io/summary.h"

namespace weir::io {

struct BundleHeader {
  int num_shards = 0;
  bool little_endian = true;
  int min_consumer = 0;
};

struct Messages {
  // Errors complete "tensor 'x' …" and "…: its header …".
  Result<BundleEntry> (*parse_entry)(const std::string& bytes);
  std::string (*entry_bytes)(const BundleEntry& e);
  Result<BundleHeader> (*parse_header)(const std::string& bytes);
  std::string (*header_bytes)(int num_shards);
  // A V1 file's tensors, with the slices of them that it has, by name; and a slice's elements. Errors as above.
  Result<std::map<std::string, BundleEntry>> (*parse_v1_tensors)(const std::string& bytes);
  std::string (*v1_tensors_bytes)(const std::map<std::string, BundleEntry>& tensors);
  Result<Tensor> (*parse_v1_slice)(const std::string& bytes, DType dtype, const Shape& shape);
  std::string (*v1_slice_bytes)(const std::string& name, const SliceSpec& slice, const Tensor& t);
  // See BundleReader::ObjectNames.
  Result<std::map<std::string, std::string>> (*parse_object_names)(const std::string& bytes);
  // The text of a folder's `checkpoint` file. The error is the parser's.
  Result<CheckpointState> (*parse_state)(const std::string& text);
  Result<std::string> (*state_text)(const CheckpointState& state);
  Result<std::string> (*summary_bytes)(const std::vector<SummaryValue>& values);
  Result<std::string> (*merge_summaries)(std::span<const std::string> summaries);
  std::string (*tensor_bytes)(const Tensor& tensor);
  Result<Tensor> (*parse_tensor)(std::string_view bytes);
  std::string (*example_bytes)(const Example& example);
  Result<Example> (*parse_example)(std::string_view bytes);
  std::string (*sequence_example_bytes)(const SequenceExample& example);
  Result<SequenceExample> (*parse_sequence_example)(std::string_view bytes);
  Result<std::string> (*example_of_json)(std::string_view json);
  // False when `bytes` are malformed or would grow beyond `limit` bytes.
  bool (*uncompress)(std::string_view bytes, size_t limit, std::string* out);
};

Result<std::string> ExampleOfJson(std::string_view json);  // wire/example_json.cc

inline Result<const Messages*> GetMessages() { return deps::Get<Messages>("weir_io_messages"); }

}  // namespace weir::io
