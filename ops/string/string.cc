// Ops that compute with strings. One file a topic. Those that only move them (Reshape, Gather, Pack …) take string
// tensors like any other.
#include "weir/ops/registry.h"

namespace weir {

void RegisterStringTextOps(OpRegistry& r);        // text.cc: StringJoin, AsString, StringToNumber
void RegisterStringRegexOps(OpRegistry& r);       // regex.cc: RegexFullMatch, RegexReplace
void RegisterStringSplitOps(OpRegistry& r);       // split.cc: StringSplit and its second form
void RegisterStringJoinOps(OpRegistry& r);        // join.cc: ReduceJoin, UnsortedSegmentJoin
void RegisterStringPartOps(OpRegistry& r);        // part.cc: Substr, StringLength, StringStrip
void RegisterStringHashOps(OpRegistry& r);        // hash.cc: StringToHashBucket and its other hashes
void RegisterStringBase64Ops(OpRegistry& r);      // base64.cc: EncodeBase64, DecodeBase64
void RegisterStringRawOps(OpRegistry& r);         // raw.cc: DecodeRaw, DecodePaddedRaw
void RegisterStringCompressedOps(OpRegistry& r);  // compressed.cc: DecodeCompressed
void RegisterStringCaseOps(OpRegistry& r);        // case.cc: StringLower, StringUpper
void RegisterStringCsvOps(OpRegistry& r);         // csv.cc: DecodeCSV
void RegisterStringUnicodeOps(OpRegistry& r);     // unicode.cc: UnicodeTranscode

void RegisterStringOps(OpRegistry& r) {
  RegisterStringTextOps(r);
  RegisterStringRegexOps(r);
  RegisterStringSplitOps(r);
  RegisterStringJoinOps(r);
  RegisterStringPartOps(r);
  RegisterStringHashOps(r);
  RegisterStringBase64Ops(r);
  RegisterStringRawOps(r);
  RegisterStringCompressedOps(r);
  RegisterStringCaseOps(r);
  RegisterStringCsvOps(r);
  RegisterStringUnicodeOps(r);
}

}  // namespace weir
