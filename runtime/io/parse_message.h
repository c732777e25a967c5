// Parsing a protobuf message from bytes that may be none; for the code in libweir_deps.so alone.
#pragma once

#include <string_view>

#include "weir/graph/base/status.h"

namespace google::protobuf {
class MessageLite;
}

namespace weir::io {

// Error (DataLoss): the bytes are no message; `what` names its kind. Writes nothing on stderr.
Status ParseMessage(std::string_view bytes, const char* what, google::protobuf::MessageLite* message);

}  // namespace weir::io
