// The rule by which building functions of random ops choose seeds (random.h).
#include "weir/ops/random/random.h"

namespace weir::ops {

namespace {

constexpr int64_t kMaxSeed = 2147483647;  // TensorFlow's seeds are below 2^31 - 1
constexpr int64_t kDefaultGraphSeed = 87654321;

// FNV-1a: a fixed function of the name, on every machine and in every release.
int64_t StableHash(std::string_view name) {
  uint64_t h = 0xcbf29ce484222325u;
  for (unsigned char c : name) h = (h ^ c) * 0x100000001b3u;
  return static_cast<int64_t>(h);
}

int64_t ModSeed(int64_t s) { return ((s % kMaxSeed) + kMaxSeed) % kMaxSeed; }

}  // namespace

std::pair<int64_t, int64_t> RandomSeeds(const Builder& b, std::string_view node_name, std::optional<int64_t> op_seed) {
  int64_t graph_seed = b.has_seed() && !b.seed_from_entropy() ? b.seed() : kDefaultGraphSeed;
  if (!op_seed) {
    if (b.seed_from_entropy()) return {0, 0};
    return {graph_seed, StableHash(node_name)};
  }
  std::pair<int64_t, int64_t> seeds(ModSeed(graph_seed), ModSeed(*op_seed));
  // Why: a pair of zeros would ask the kernel for entropy.
  if (seeds.first == 0 && seeds.second == 0) seeds.second = kMaxSeed;
  return seeds;
}

}  // namespace weir::ops
