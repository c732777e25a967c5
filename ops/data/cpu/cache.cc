// CacheDataset: the elements of another dataset, kept in memory from the first walk through all of them on.
#include <fmt/format.h>

#include <mutex>

#include "weir/ops/data/cpu/dataset.h"

namespace weir {

namespace {

// What a dataset's iterators share. Thread-safe.
class Cache {
 public:
  using Elements = std::shared_ptr<const std::vector<Element>>;
  Elements get() const {
    std::lock_guard lock(mutex_);
    return elements_;
  }
  // The first to have walked through all gives what the others get.
  void Offer(std::vector<Element> elements) {
    std::lock_guard lock(mutex_);
    if (!elements_) elements_ = std::make_shared<const std::vector<Element>>(std::move(elements));
  }

 private:
  mutable std::mutex mutex_;
  Elements elements_;
};

struct CacheSpec {
  DatasetRef input;
  std::shared_ptr<Cache> cache;
};

class CacheIterator : public IteratorOf<CacheSpec> {
 public:
  using IteratorOf::IteratorOf;
  static int64_t Cardinality(const Spec& spec) { return spec.input->Cardinality(); }
  Status Begin() {
    cached_ = spec().cache->get();
    if (!cached_) { WEIR_ASSIGN_OR_RETURN(input_, spec().input->Iterate(place().Child(0))); }
    return {};
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    if (cached_) {
      if (next_ == cached_->size()) return End();
      return std::optional((*cached_)[next_++]);
    }
    if (ended_) return End();
    WEIR_ASSIGN_OR_RETURN(auto element, input_->Next(limits));
    if (element) {
      seen_.push_back(*element);
      return element;
    }
    ended_ = true;
    spec().cache->Offer(std::move(seen_));
    return End();
  }

 private:
  Cache::Elements cached_;  // by another iterator
  size_t next_ = 0;
  IteratorPtr input_;
  std::vector<Element> seen_;
  bool ended_ = false;
};

Status PrepareCache(PrepareContext& c) {
  return SetDatasetBy<CacheIterator>(c, [](const RunArgs& a) -> Result<CacheSpec> {
    WEIR_ASSIGN_OR_RETURN(DatasetRef input, DatasetIn(a, 0));
    const auto& file = ScalarIn<std::string>(a, 1);
    if (file.empty()) return CacheSpec{std::move(input), std::make_shared<Cache>()};
    return Unimplemented(fmt::format("would cache in the file '{}'", file)).Help("\"\" caches in memory");
  });
}

}  // namespace

void RegisterCacheKernels(KernelRegistry& r) {
  for (const char* op : {"CacheDataset", "CacheDatasetV2"}) r.Add(op, PrepareCache);
}

}  // namespace weir
