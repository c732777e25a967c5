// Ops that read values out of strings of bytes: messages, tables, tensors. One file a topic.
#include "weir/ops/registry.h"

namespace weir {

void RegisterParseExampleOps(OpRegistry& r);   // example.cc: ParseExample and its second form, ParseSingleExample
void RegisterParseSequenceOps(OpRegistry& r);  // sequence_example.cc: ParseSequenceExample, its second form, …
void RegisterParseTensorOps(OpRegistry& r);    // tensor.cc: ParseTensor, SerializeTensor
void RegisterParseJsonOps(OpRegistry& r);      // json.cc: DecodeJSONExample

void RegisterParseOps(OpRegistry& r) {
  RegisterParseExampleOps(r);
  RegisterParseSequenceOps(r);
  RegisterParseTensorOps(r);
  RegisterParseJsonOps(r);
}

}  // namespace weir
