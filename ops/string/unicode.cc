// UnicodeTranscode: texts from one encoding to another.
#include "weir/graph/infer.h"
#include "weir/ops/string/reasons.h"

namespace weir {

void RegisterStringUnicodeOps(OpRegistry& r) {
  r.Add("UnicodeTranscode")
      .Input("input: string").Output("output: string")
      .Attr("input_encoding: string").Attr("output_encoding: {'UTF-8', 'UTF-16-BE', 'UTF-32-BE'}")
      .Attr("errors: {'strict', 'replace', 'ignore'} = 'replace'").Attr("replacement_char: int = 65533")
      .Attr("replace_control_characters: bool = false")
      .Doc("Each text in another encoding. Input encodings are UTF-8, UTF-16 and UTF-32 (with -BE or -LE, else as a "
           "mark at the beginning says), US-ASCII and ISO-8859-1. Bytes that are no character, and with "
           "replace_control_characters those below U+0020, are an error, replacement_char, or left out.")
      .Shape(UnchangedShape)
      .NoGradient(kStrings);
}

}  // namespace weir
