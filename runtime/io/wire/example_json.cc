// Examples as JSON: see example.h. Compiled into libweir_deps.so.
#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include "weir/proto/example.pb.h"
#include "weir/runtime/io/messages.h"

namespace weir::io {

// Straight to bytes, without a message between: features stay in the order that they have, as in TensorFlow.
Result<std::string> ExampleOfJson(std::string_view json) {
  namespace pbuf = google::protobuf;
  pbuf::LogSilencer silence;
  static auto* const types =
      pbuf::util::NewTypeResolverForDescriptorPool("type.googleapis.com", pbuf::DescriptorPool::generated_pool());
  static const std::string url = "type.googleapis.com/" + pb::Example::descriptor()->full_name();
  std::string bytes;
  const auto s = pbuf::util::JsonToBinaryString(types, url, {json.data(), json.size()}, &bytes, {});
  if (s.ok()) return bytes;
  const std::string why = s.ToString();
  return InvalidArgument(fmt::format("is given text that is no Example in JSON: {}", why.substr(0, why.find('\n'))));
}

}  // namespace weir::io
