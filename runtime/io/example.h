// Examples: what TensorFlow's programs keep in TFRecord files, lists of values by name.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weir/graph/base/status.h"

namespace weir {

// Strings of bytes, floats or integers, or nothing said.
using Feature = std::variant<std::monostate, std::vector<std::string>, std::vector<float>, std::vector<int64_t>>;

struct Example {
  std::map<std::string, Feature> features;

  // A tf.train.Example message, the same bytes for the same features.
  Result<std::string> Serialize() const;
  // Error: `bytes` are no such message.
  static Result<Example> Parse(std::string_view bytes);
};

// Of a sequence: what is said once, and lists with a feature for each element.
struct SequenceExample {
  std::map<std::string, Feature> context;
  std::map<std::string, std::vector<Feature>> feature_lists;

  Result<std::string> Serialize() const;
  static Result<SequenceExample> Parse(std::string_view bytes);
};

namespace io {

// A serialized Example of one as JSON, in protobuf's mapping. Errors go on after a node's name: other texts.
Result<std::string> ExampleBytesOfJson(std::string_view json);

}  // namespace io

}  // namespace weir
