// CacheDataset: the elements of another dataset, kept in memory from the first time that an iterator has gone through
// all of them, for those that come after it in its place (Repeat).
#include <fmt/format.h>

#include "weir/ops/data/cpu/dataset.h"

namespace weir {

namespace {

struct CacheSpec {
  DatasetRef input;
};

struct Cache {
  explicit Cache(const CacheSpec&) {}
  bool whole = false;
  std::vector<Element> elements;  // once it is whole
};

class CacheIterator : public IteratorOf<CacheSpec> {
 public:
  CacheIterator(std::shared_ptr<const Spec> spec, Place& place)
      : IteratorOf(std::move(spec), place), cache_(Shared<Cache>()) {}
  static int64_t Cardinality(const Spec& spec) { return spec.input->Cardinality(); }
  Status Begin() {
    if (cache_->whole) return {};
    WEIR_ASSIGN_OR_RETURN(input_, spec().input->Iterate(place().Child(0)));
    return {};
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    if (!input_) {
      if (next_ == cache_->elements.size()) return End();
      return std::optional(cache_->elements[next_++]);
    }
    WEIR_ASSIGN_OR_RETURN(auto element, input_->Next(limits));
    if (element) {
      seen_.push_back(*element);
      return element;
    }
    if (!cache_->whole) cache_->whole = true, cache_->elements = std::move(seen_);
    input_ = nullptr, next_ = cache_->elements.size();
    return End();
  }

 private:
  std::shared_ptr<Cache> cache_;
  size_t next_ = 0;
  IteratorPtr input_;
  std::vector<Element> seen_;
};

Status PrepareCache(PrepareContext& c) {
  return SetDatasetBy<CacheIterator>(c, [](const RunArgs& a) -> Result<CacheSpec> {
    WEIR_ASSIGN_OR_RETURN(DatasetRef input, DatasetIn(a, 0));
    const auto& file = ScalarIn<std::string>(a, 1);
    if (file.empty()) return CacheSpec{std::move(input)};
    return Unimplemented(fmt::format("would cache in the file '{}'", file)).Help("\"\" caches in memory");
  });
}

}  // namespace

void RegisterCacheKernels(KernelRegistry& r) {
  for (const char* op : {"CacheDataset", "CacheDatasetV2"}) r.Add(op, PrepareCache);
}

}  // namespace weir
