#include "weir/runtime/form_store.h"

#include <algorithm>
#include <cstring>

namespace weir {

namespace {

// Eight bytes at a time: weights are large, and what hashes alike is compared.
uint64_t Hash(const Tensor& t) {
  const char* data = static_cast<const char*>(t.raw());
  uint64_t h = static_cast<uint64_t>(t.bytes());
  auto mix = [&h](uint64_t word) { h = (h ^ word) * 0x9e3779b97f4a7c15u, h ^= h >> 32; };
  size_t i = 0, n = static_cast<size_t>(t.bytes());
  for (; i + 8 <= n; i += 8) {
    uint64_t word;
    std::memcpy(&word, data + i, 8);
    mix(word);
  }
  uint64_t last = 0;
  if (i < n) std::memcpy(&last, data + i, n - i);
  mix(last);
  return h;
}

}  // namespace

Result<std::shared_ptr<Buffer>> FormStore::Of(const Tensor& constant, const Form& form) {
  const std::pair key(form.kind, Hash(constant));
  std::lock_guard lock(mutex_);
  std::erase_if(kept_, [](const auto& k) { return k.second.form.expired(); });
  auto [begin, end] = kept_.equal_range(key);
  for (auto it = begin; it != end; ++it) {
    const Tensor& have = it->second.constant;
    if (have.buffer() != constant.buffer() && !have.Identical(constant)) continue;
    if (auto made = it->second.form.lock()) return made;
  }
  WEIR_ASSIGN_OR_RETURN(std::shared_ptr<Buffer> made, Buffer::Allocate(form.bytes, "a constant's form"));
  form.make(constant.raw(), made->data());
  kept_.emplace(key, Kept{constant, made});
  return made;
}

int64_t FormStore::size() const {
  std::lock_guard lock(mutex_);
  return std::count_if(kept_.begin(), kept_.end(), [](const auto& k) { return !k.second.form.expired(); });
}

}  // namespace weir
