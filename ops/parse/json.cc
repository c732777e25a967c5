// From Examples as JSON to Examples as messages: DecodeJSONExample.
#include "weir/ops/parse/feature_shapes.h"

namespace weir {

void RegisterParseJsonOps(OpRegistry& r) {
  r.Add("DecodeJSONExample")
      .Input("json_examples: string").Output("binary_examples: string")
      .Doc("Examples as JSON, in protobuf's mapping ({\"features\": {\"feature\": {\"x\": {\"int64List\": {\"value\": "
           "[1]}}}}}), as serialized Examples, which ParseExample takes. An error for other texts.")
      .Shape(UnchangedShape)
      .NoGradient(kParsed)
      .NoFlops();
}

}  // namespace weir
