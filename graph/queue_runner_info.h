// What a MetaGraphDef's collection "queue_runners" holds: which ops fill which queue. Run by session/queue_runner.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/graph/base/status.h"

namespace weir {

struct QueueRunnerInfo {
  std::string queue;                      // the queue's node
  std::vector<std::string> enqueue;       // nodes; one that is named twice is run by two threads
  std::string close, cancel;              // nodes: close the queue, and close it at once; may be empty
  std::vector<Code> closed_errors = {Code::kOutOfRange};  // by which an enqueue op tells that there is no more
};

// From a QueueRunnerDef message and to one. Error (DataLoss): the bytes are none.
Result<QueueRunnerInfo> ParseQueueRunner(std::string_view bytes);
Result<std::string> QueueRunnerBytes(const QueueRunnerInfo& info);

}  // namespace weir
