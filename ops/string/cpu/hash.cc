// Kernels of StringToHashBucket, StringToHashBucketFast, StringToHashBucketStrong.
#include <fmt/format.h>

#include "weir/ops/string/cpu/hashes.h"
#include "weir/ops/string/cpu/texts.h"

namespace weir {

namespace {

template <class Hash> Status SetBuckets(PrepareContext& c, Hash hash) {
  const auto buckets = static_cast<uint64_t>(c.attr<int64_t>("num_buckets"));
  return SetTextMap<int64_t>(c, [buckets, hash](const std::string& text, int64_t* bucket) {
    *bucket = static_cast<int64_t>(hash(text) % buckets);
    return Status();
  });
}

Status PrepareStrong(PrepareContext& c) {
  const std::vector<int64_t> key = c.attr<AttrList>("key").i;
  if (key.size() != 2) return InvalidArgument(fmt::format("has a key of {} numbers, not two", key.size()));
  const auto k0 = static_cast<uint64_t>(key[0]), k1 = static_cast<uint64_t>(key[1]);
  return SetBuckets(c, [k0, k1](const std::string& text) { return SipHash(k0, k1, text); });
}

}  // namespace

void RegisterStringHashKernels(KernelRegistry& r) {
  r.Add("StringToHashBucket", [](PrepareContext& c) { return SetBuckets(c, MurmurHash64A); });
  r.Add("StringToHashBucketFast", [](PrepareContext& c) { return SetBuckets(c, Fingerprint64); });
  r.Add("StringToHashBucketStrong", PrepareStrong);
}

}  // namespace weir
