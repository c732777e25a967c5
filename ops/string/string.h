// Building functions of the ops that compute with strings.
#pragma once

#include "weir/graph/builder.h"

namespace weir::ops {

// String tensors of one shape (or scalars) joined element by element.
inline Output StringJoin(InputList inputs, const std::string& separator = "", const Name& name = {}) {
  return Make("StringJoin", std::move(inputs), {{"separator", separator}}, name);
}

struct AsStringOptions {
  int64_t precision = -1;                       // digits after the point, floats only; -1: six
  bool scientific = false, shortest = false;    // as %e, as %g
  int64_t width = -1;                           // at least so many characters
  std::string fill = {};                        // "0", " ", "-" (to the left) or "+"
  std::string name = {};
};
// Each element as text. Numbers, bool, string.
inline Output AsString(Input input, const AsStringOptions& o = {}) {
  return Make("AsString", {input},
              {{"precision", o.precision},
               {"scientific", o.scientific},
               {"shortest", o.shortest},
               {"width", o.width},
               {"fill", o.fill}},
              {.name = o.name});
}

// The number that each string spells: float, double, int32, int64, uint32 or uint64. An error for one that spells none.
inline Output StringToNumber(Input string_tensor, DType out_type = kFloat, const Name& name = {}) {
  return Make("StringToNumber", {string_tensor}, {{"out_type", out_type}}, name);
}

// Whether all of each string is a match of `pattern`, a regular expression of RE2's syntax. Of the input's shape, bool.
inline Output RegexFullMatch(Input input, const std::string& pattern, const Name& name = {}) {
  return Make("StaticRegexFullMatch", {input}, {{"pattern", pattern}}, name);
}

// Each string with the matches of `pattern` (all, or the first) replaced by `rewrite`: \0 is the match, \1 to \9 its
// groups.
inline Output RegexReplace(Input input, const std::string& pattern, const std::string& rewrite,
                           bool replace_global = true, const Name& name = {}) {
  return Make("StaticRegexReplace", {input},
              {{"pattern", pattern}, {"rewrite", rewrite}, {"replace_global", replace_global}}, name);
}

// The parts of texts as those of a sparse matrix: part indices[i] = [text, number] is values[i]; int64, string, int64.
struct StringSplitOutputs {
  Output indices, values, shape;
};
// Each text of a vector split at each `sep`, where that is empty at white space; at the first `maxsplit` places if not
// negative.
StringSplitOutputs StringSplit(Input input, const std::string& sep = "", int64_t maxsplit = -1, const Name& name = {});

struct ReduceJoinOptions {
  bool keep_dims = false;
  std::string separator = {};
  std::string name = {};
};
// The strings along `axes` (int32) joined; the first axis named runs fastest.
inline Output ReduceJoin(Input inputs, Input axes, const ReduceJoinOptions& o = {}) {
  return Make("ReduceJoin", {inputs, axes}, {{"keep_dims", o.keep_dims}, {"separator", o.separator}},
              {.name = o.name});
}

// For each of num_segments the strings of that id, in [0, num_segments), joined. int32 or int64 ids.
inline Output UnsortedSegmentJoin(Input inputs, Input segment_ids, Input num_segments,
                                  const std::string& separator = "", const Name& name = {}) {
  return Make("UnsortedSegmentJoin", {inputs, segment_ids, num_segments}, {{"separator", separator}}, name);
}

// `len` bytes (unit "UTF8_CHAR": characters) of each text from `pos` on, which counts from the end if negative; pos and
// len of one shape that broadcasts with the input's, int32 or int64. An error for a position outside.
inline Output Substr(Input input, Input pos, Input len, const std::string& unit = "BYTE", const Name& name = {}) {
  return Make("Substr", {input, pos, len}, {{"unit", unit}}, name);
}

// How many bytes (unit "UTF8_CHAR": characters) each text has. Int32.
inline Output StringLength(Input input, const std::string& unit = "BYTE", const Name& name = {}) {
  return Make("StringLength", {input}, {{"unit", unit}}, name);
}

// Each text without white space around it.
inline Output StringStrip(Input input, const Name& name = {}) { return Make("StringStrip", {input}, {}, name); }

// A number in [0, num_buckets) for each text, int64: TensorFlow's, by which saved embeddings are found.
inline Output StringToHashBucketFast(Input input, int64_t num_buckets, const Name& name = {}) {
  return Make("StringToHashBucketFast", {input}, {{"num_buckets", num_buckets}}, name);
}
// The same by a hash that nobody can aim at a bucket without knowing the key, two numbers.
inline Output StringToHashBucketStrong(Input input, int64_t num_buckets, const std::vector<int64_t>& key,
                                       const Name& name = {}) {
  return Make("StringToHashBucketStrong", {input}, {{"num_buckets", num_buckets}, {"key", key}}, name);
}

// Strings in web-safe Base64, and back: an error for what spells no bytes.
inline Output EncodeBase64(Input input, bool pad = false, const Name& name = {}) {
  return Make("EncodeBase64", {input}, {{"pad", pad}}, name);
}
inline Output DecodeBase64(Input input, const Name& name = {}) { return Make("DecodeBase64", {input}, {}, name); }

// The bytes of strings of one length as numbers or bools along a new last axis.
inline Output DecodeRaw(Input bytes, DType out_type, bool little_endian = true, const Name& name = {}) {
  return Make("DecodeRaw", {bytes}, {{"out_type", out_type}, {"little_endian", little_endian}}, name);
}

// The same of the first `fixed_length` bytes (an int32 scalar, a multiple of a number's size), with zeros for those
// that a string lacks; no bools and no complex numbers.
inline Output DecodePaddedRaw(Input input_bytes, Input fixed_length, DType out_type, bool little_endian = true,
                              const Name& name = {}) {
  return Make("DecodePaddedRaw", {input_bytes, fixed_length},
              {{"out_type", out_type}, {"little_endian", little_endian}}, name);
}

// What compressed strings hold: "ZLIB", "GZIP", or "" for strings that are not compressed.
inline Output DecodeCompressed(Input bytes, const std::string& compression_type = "", const Name& name = {}) {
  return Make("DecodeCompressed", {bytes}, {{"compression_type", compression_type}}, name);
}

// Each text in lower or upper case: ASCII's letters; with encoding "utf-8" all that have one in Unicode.
inline Output StringLower(Input input, const std::string& encoding = "", const Name& name = {}) {
  return Make("StringLower", {input}, {{"encoding", encoding}}, name);
}
inline Output StringUpper(Input input, const std::string& encoding = "", const Name& name = {}) {
  return Make("StringUpper", {input}, {{"encoding", encoding}}, name);
}

struct UnicodeTranscodeOptions {
  std::string output_encoding = "UTF-8";  // or "UTF-16-BE", "UTF-32-BE"
  std::string errors = "replace";         // of bytes that are no character; or "strict" (an error), "ignore"
  int64_t replacement_char = 0xfffd;
  bool replace_control_characters = false;  // what is below U+0020 is no character either
  std::string name = {};
};
// Each text in another encoding. `input_encoding`: UTF-8, UTF-16, UTF-32 (also -BE, -LE), US-ASCII or ISO-8859-1.
inline Output UnicodeTranscode(Input input, const std::string& input_encoding, const UnicodeTranscodeOptions& o = {}) {
  return Make("UnicodeTranscode", {input},
              {{"input_encoding", input_encoding},
               {"output_encoding", o.output_encoding},
               {"errors", o.errors},
               {"replacement_char", o.replacement_char},
               {"replace_control_characters", o.replace_control_characters}},
              {.name = o.name});
}

struct DecodeCsvOptions {
  std::string field_delim = ",";  // one character
  bool use_quote_delim = true;    // fields may stand in double quotes
  std::string na_value = "";      // stands for a field that is missing, beside the empty one
  std::vector<int64_t> select_cols = {};  // the columns that are read, growing; none: all
  std::string name = {};
};
// The columns of comma-separated records, each a tensor of the records' shape. The defaults (scalars or vectors of at
// most one element: float, double, int32, int64 or string) tell the columns' dtypes and stand for fields that are
// missing; a column whose default has no element must have a field in each record.
std::vector<Output> DecodeCsv(Input records, const std::vector<Input>& record_defaults, const DecodeCsvOptions& o = {});

}  // namespace weir::ops
