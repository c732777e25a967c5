#include "weir/runtime/io/example.h"

#include "weir/runtime/io/messages.h"

namespace weir {

Result<std::string> Example::Serialize() const {
  WEIR_ASSIGN_OR_RETURN(const io::Messages* messages, io::GetMessages());
  return messages->example_bytes(*this);
}

Result<Example> Example::Parse(std::string_view bytes) {
  WEIR_ASSIGN_OR_RETURN(const io::Messages* messages, io::GetMessages());
  return messages->parse_example(bytes);
}

Result<std::string> SequenceExample::Serialize() const {
  WEIR_ASSIGN_OR_RETURN(const io::Messages* messages, io::GetMessages());
  return messages->sequence_example_bytes(*this);
}

Result<SequenceExample> SequenceExample::Parse(std::string_view bytes) {
  WEIR_ASSIGN_OR_RETURN(const io::Messages* messages, io::GetMessages());
  return messages->parse_sequence_example(bytes);
}

Result<std::string> io::ExampleBytesOfJson(std::string_view json) {
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  return messages->example_of_json(json);
}

}  // namespace weir
