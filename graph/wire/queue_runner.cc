#include "weir/graph/wire/wire.h"

#include <google/protobuf/stubs/logging.h>

#include "weir/proto/model.pb.h"

namespace weir::wire {

Result<QueueRunnerInfo> ParseQueueRunner(std::string_view bytes) {
  pb::QueueRunnerDef def;
  google::protobuf::LogSilencer silence;
  if (!def.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || def.queue_name().empty())
    return DataLoss("error[file]: these bytes are no QueueRunnerDef");
  QueueRunnerInfo info{def.queue_name(),
                       {def.enqueue_op_name().begin(), def.enqueue_op_name().end()},
                       def.close_op_name(),
                       def.cancel_op_name()};
  // As TensorFlow takes those that older versions wrote, without any.
  if (def.queue_closed_exception_types_size() > 0) info.closed_errors.clear();
  for (int code : def.queue_closed_exception_types()) info.closed_errors.push_back(static_cast<Code>(code));
  return info;
}

Result<std::string> QueueRunnerBytes(const QueueRunnerInfo& info) {
  pb::QueueRunnerDef def;
  def.set_queue_name(info.queue);
  for (const std::string& name : info.enqueue) def.add_enqueue_op_name(name);
  def.set_close_op_name(info.close);
  def.set_cancel_op_name(info.cancel);
  for (Code code : info.closed_errors) def.add_queue_closed_exception_types(static_cast<int>(code));
  return def.SerializeAsString();
}

}  // namespace weir::wire
