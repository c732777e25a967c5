// Building functions of queues, through which runs of a session hand tensors to each other, and of readers of files.
//
//   Output queue = ops::FifoQueue(g, {kFloat, kInt32}, {.shapes = {{3}, {}}, .capacity = 100});
//   Operation put = ops::QueueEnqueue(queue, {x, label});       // run by one thread
//   OutputList batch = ops::QueueDequeueMany(queue, 32);        // [32, 3] and [32], run by another
//
// An element is a tuple of tensors, of the dtypes that the queue has and of its shapes, where it has any. Ops wait for
// room and for elements, as long as a run may take (RunConfig); ops of one kind take turns as they came. QueueRunner
// (session/queue_runner.h) runs an enqueue op in threads of its own.
#pragma once

#include <string>
#include <vector>

#include "weir/graph/builder.h"

namespace weir::ops {

struct QueueOptions {
  std::vector<PartialShape> shapes = {};  // of each component; none: any
  int64_t capacity = -1;                  // elements; -1: any number
  int64_t seed = 0, seed2 = 0;            // of a RandomShuffleQueue; both 0: drawn anew by each session
  std::string container = {}, shared_name = {};
  std::string name = {};
};

// ---- the handles of queues
Output FifoQueue(At g, std::vector<DType> component_types, const QueueOptions& o = {});
// Gives elements in random order, and none that would leave fewer than `min_after_dequeue`.
Output RandomShuffleQueue(At g, std::vector<DType> component_types, int64_t min_after_dequeue,
                          const QueueOptions& o = {});
// `shapes` may leave sizes open: of several elements at once they are padded with zeros to the largest.
Output PaddingFifoQueue(At g, std::vector<DType> component_types, const QueueOptions& o = {});
// Elements have an int64 scalar before their components, the priority: the smallest comes first. Needs shapes.
Output PriorityQueue(At g, std::vector<DType> component_types, const QueueOptions& o = {});

// ---- elements
Operation QueueEnqueue(Output queue, InputList components, const Name& name = {});
// As many elements as the components have rows.
Operation QueueEnqueueMany(Output queue, InputList components, const Name& name = {});
// A tensor for each component. Errors when run: OutOfRange of a queue that is closed and has too few.
OutputList QueueDequeue(Output queue, const Name& name = {});
OutputList QueueDequeueMany(Output queue, Input n, const Name& name = {});  // [n, …] each
OutputList QueueDequeueUpTo(Output queue, Input n, const Name& name = {});  // fewer of a queue that is closed
Operation QueueClose(Output queue, bool cancel_pending_enqueues = false, const Name& name = {});
Output QueueSize(Output queue, const Name& name = {});  // int32
Output QueueIsClosed(Output queue, const Name& name = {});

// ---- readers: of files whose names come from a queue of strings
struct ReaderOptions {
  std::string container = {}, shared_name = {};
  std::string name = {};
};
Output TfRecordReader(At g, const std::string& compression_type = "", const ReaderOptions& o = {});  // "", GZIP, ZLIB
Output TextLineReader(At g, int64_t skip_header_lines = 0, const ReaderOptions& o = {});
Output WholeFileReader(At g, const ReaderOptions& o = {});
// The next record, strings: its name ("file:line") and what it holds. The session must allow file ops.
struct RecordOutputs {
  Output key, value;
};
RecordOutputs ReaderRead(Output reader, Output queue, const Name& name = {});
// Up to `num_records` of one file.
RecordOutputs ReaderReadUpTo(Output reader, Output queue, Input num_records, const Name& name = {});

}  // namespace weir::ops
