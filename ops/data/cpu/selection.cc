// Datasets of some of the elements of others, or of several, or again: Take, Skip, Shard, Concatenate, Zip, Repeat.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "weir/ops/data/cpu/dataset.h"

namespace weir {

namespace {

struct CountedSpec {
  DatasetRef input;
  int64_t count;
};

template <class It>
Status PrepareCounted(PrepareContext& c) {
  return SetDatasetBy<It>(c, [](const RunArgs& a) -> Result<CountedSpec> {
    WEIR_ASSIGN_OR_RETURN(DatasetRef input, DatasetIn(a, 0));
    return CountedSpec{std::move(input), ScalarIn<int64_t>(a, 1)};
  });
}

// Up to `count` elements; all when that is negative.
class TakeIterator : public IteratorOver<CountedSpec> {
 public:
  using IteratorOver::IteratorOver;
  static int64_t Cardinality(const Spec& spec) {
    const int64_t n = spec.input->Cardinality();
    if (spec.count < 0 || n == kUnknownCardinality) return n;
    return n == kInfiniteCardinality ? spec.count : std::min(n, spec.count);
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    if (spec().count >= 0 && taken_ >= spec().count) return End();
    ++taken_;
    return input_->Next(limits);
  }

 private:
  int64_t taken_ = 0;
};

// All but the first `count`; none when that is negative.
class SkipIterator : public IteratorOver<CountedSpec> {
 public:
  using IteratorOver::IteratorOver;
  static int64_t Cardinality(const Spec& spec) {
    const int64_t n = spec.input->Cardinality();
    if (spec.count < 0) return 0;
    return n < 0 ? n : std::max(n - spec.count, int64_t{0});
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    if (spec().count < 0) return End();
    while (skipped_ < spec().count) {
      WEIR_ASSIGN_OR_RETURN(const auto element, input_->Next(limits));
      if (!element) return End();
      ++skipped_;
    }
    return input_->Next(limits);
  }

 private:
  int64_t skipped_ = 0;
};

// `count` times; for ever when that is negative, but not over what is empty.
class RepeatIterator : public IteratorOver<CountedSpec> {
 public:
  using IteratorOver::IteratorOver;
  static int64_t Cardinality(const Spec& spec) {
    const int64_t n = spec.input->Cardinality();
    int64_t all = 0;
    if (spec.count == 0 || n == 0) return 0;
    if (spec.count < 0) return n == kUnknownCardinality ? n : kInfiniteCardinality;
    if (n < 0) return n;
    return CheckedMul(n, spec.count, &all) ? all : kUnknownCardinality;
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    while (spec().count < 0 || round_ < spec().count) {
      if (!input_) WEIR_RETURN_IF_ERROR(Begin());
      WEIR_ASSIGN_OR_RETURN(auto element, input_->Next(limits));
      if (element) {
        empty_ = false;
        return element;
      }
      if (spec().count < 0 && empty_) return End();
      input_ = nullptr, empty_ = true, ++round_;
      WEIR_RETURN_IF_ERROR(limits.Check());
    }
    return End();
  }

 private:
  int64_t round_ = 0;
  bool empty_ = true;  // this round so far
};

struct ShardSpec {
  DatasetRef input;
  int64_t shards, index;
  bool require_non_empty;
};

class ShardIterator : public IteratorOver<ShardSpec> {
 public:
  using IteratorOver::IteratorOver;
  static int64_t Cardinality(const Spec& spec) {
    const int64_t n = spec.input->Cardinality();
    return n < 0 ? n : n / spec.shards + (spec.index < n % spec.shards);
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    while (true) {
      WEIR_ASSIGN_OR_RETURN(auto element, input_->Next(limits));
      if (!element) {
        const int64_t found = std::exchange(next_, spec().shards);  // so that it is an error once
        if (!spec().require_non_empty || found >= spec().shards) return element;
        return InvalidArgument(fmt::format("wants an element for each of {} shards, but there are {}", spec().shards,
                                           found));
      }
      if (next_++ % spec().shards == spec().index) return element;
    }
  }

 private:
  int64_t next_ = 0;
};

Status PrepareShard(PrepareContext& c) {
  return SetDatasetBy<ShardIterator>(c, [whole = c.attr<bool>("require_non_empty")](const RunArgs& a)
                                       -> Result<ShardSpec> {
    ShardSpec spec{nullptr, ScalarIn<int64_t>(a, 1), ScalarIn<int64_t>(a, 2), whole};
    WEIR_ASSIGN_OR_RETURN(spec.input, DatasetIn(a, 0));
    if (spec.shards > 0 && spec.index >= 0 && spec.index < spec.shards) return spec;
    return InvalidArgument(
        fmt::format("wants an index from 0 to below num_shards, not {} of {}", spec.index, spec.shards));
  });
}

struct SeveralSpec {
  std::vector<DatasetRef> input;
};

// One after the other.
class ConcatenateIterator : public IteratorOf<SeveralSpec> {
 public:
  using IteratorOf::IteratorOf;
  static int64_t Cardinality(const Spec& spec) {
    int64_t all = 0;
    for (const DatasetRef& d : spec.input) {
      const int64_t n = d->Cardinality();
      if (n == kInfiniteCardinality) return n;
      if (n < 0 || all < 0 || !CheckedAdd(all, n, &all)) all = kUnknownCardinality;
    }
    return all;
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    for (; at_ < spec().input.size(); ++at_, input_ = nullptr) {
      if (!input_) { WEIR_ASSIGN_OR_RETURN(input_, spec().input[at_]->Iterate(place().Child(at_))); }
      WEIR_ASSIGN_OR_RETURN(auto element, input_->Next(limits));
      if (element) return element;
    }
    return End();
  }

 private:
  size_t at_ = 0;
  IteratorPtr input_;
};

// Side by side, as long as all have elements.
class ZipIterator : public IteratorOf<SeveralSpec> {
 public:
  using IteratorOf::IteratorOf;
  static int64_t Cardinality(const Spec& spec) {
    int64_t least = kInfiniteCardinality;
    for (const DatasetRef& d : spec.input) {
      const int64_t n = d->Cardinality();
      if (n == kUnknownCardinality) return n;
      if (n >= 0) least = least < 0 ? n : std::min(least, n);
    }
    return least;
  }
  Status Begin() {
    for (const DatasetRef& d : spec().input) {
      WEIR_ASSIGN_OR_RETURN(IteratorPtr one, d->Iterate(place().Child(inputs_.size())));
      inputs_.push_back(std::move(one));
    }
    return {};
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    Element all;
    for (const IteratorPtr& input : inputs_) {
      WEIR_ASSIGN_OR_RETURN(auto element, input->Next(limits));
      ended_ |= !element;
      if (ended_) return End();
      all.insert(all.end(), element->begin(), element->end());
    }
    return std::optional(std::move(all));
  }

 private:
  std::vector<IteratorPtr> inputs_;
  bool ended_ = false;
};

template <class It>
Status PrepareSeveral(PrepareContext& c) {
  return SetDatasetBy<It>(c, [n = c.num_inputs()](const RunArgs& a) -> Result<SeveralSpec> {
    SeveralSpec spec;
    for (int i = 0; i < n; ++i) {
      WEIR_ASSIGN_OR_RETURN(DatasetRef one, DatasetIn(a, i));
      spec.input.push_back(std::move(one));
    }
    return spec;
  });
}

}  // namespace

void RegisterSelectionKernels(KernelRegistry& r) {
  r.Add("TakeDataset", PrepareCounted<TakeIterator>);
  r.Add("SkipDataset", PrepareCounted<SkipIterator>);
  r.Add("RepeatDataset", PrepareCounted<RepeatIterator>);
  r.Add("ShardDataset", PrepareShard);
  r.Add("ConcatenateDataset", PrepareSeveral<ConcatenateIterator>);
  r.Add("ZipDataset", PrepareSeveral<ZipIterator>);
}

}  // namespace weir
