// Ops that number texts by a hash: StringToHashBucket, StringToHashBucketFast, StringToHashBucketStrong.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/string/reasons.h"

namespace weir {

namespace {

// The kernel checks the same, but graphs are told while they are built.
Status StrongShape(ShapeContext& c) {
  const size_t numbers = c.attr<AttrList>("key").i.size();
  if (numbers != 2) return InvalidArgument(fmt::format("has a key of {} numbers", numbers)).Help("a key has two");
  return UnchangedShape(c);
}

}  // namespace

void RegisterStringHashOps(OpRegistry& r) {
  r.Add("StringToHashBucket")
      .Input("string_tensor: string").Output("output: int64").Attr("num_buckets: int >= 1")
      .Doc("A number in [0, num_buckets) for each text, by a hash (MurmurHash64A) that is what it was in the first "
           "TensorFlow; new graphs have StringToHashBucketFast.")
      .Shape(UnchangedShape)
      .NoGradient(kStrings);
  r.Add("StringToHashBucketFast")
      .Input("input: string").Output("output: int64").Attr("num_buckets: int >= 1")
      .Doc("A number in [0, num_buckets) for each text, by FarmHash's Fingerprint64. Who chooses the texts can make "
           "them meet in one bucket.")
      .Shape(UnchangedShape)
      .NoGradient(kStrings);
  r.Add("StringToHashBucketStrong")
      .Input("input: string").Output("output: int64").Attr("num_buckets: int >= 1").Attr("key: list(int)")
      .Doc("A number in [0, num_buckets) for each text, by SipHash with a key of two numbers: who does not know them "
           "cannot make texts meet in one bucket.")
      .Shape(StrongShape)
      .NoGradient(kStrings);
}

}  // namespace weir
