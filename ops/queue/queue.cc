// Ops on queues, through which runs of a session hand elements to each other, and readers of files, which are fed by
// queues. One file a topic.
#include "weir/ops/registry.h"

namespace weir {

void RegisterQueueMakerOps(OpRegistry& r);    // makers.cc: FIFOQueue, RandomShuffleQueue, PaddingFIFOQueue …
void RegisterQueueElementOps(OpRegistry& r);  // elements.cc: QueueEnqueue, QueueDequeueMany, QueueClose …
void RegisterQueueReaderOps(OpRegistry& r);   // readers.cc: TFRecordReader, TextLineReader, ReaderRead …

void RegisterQueueOps(OpRegistry& r) {
  RegisterQueueMakerOps(r);
  RegisterQueueElementOps(r);
  RegisterQueueReaderOps(r);
}

}  // namespace weir
