// Shuffled datasets, in the order that TensorFlow's seeds give: a ring of elements, of which a random one goes out.
//
// A dataset has a generator of seeds, from which each of its iterators in a place draws two; where an iterator is not
// to have another order than the one before it, these are the dataset's own.
#include <fmt/format.h>

#include <deque>

#include "weir/ops/data/cpu/dataset.h"
#include "weir/runtime/philox.h"

namespace weir {

namespace {

struct Seeds {
  uint64_t first = 0, second = 0;
};

struct ShuffleSpec {
  DatasetRef input;
  int64_t buffer_size = 0;  // elements
  int64_t count = 1;        // how often all elements come; negative: for ever
  bool reshuffle = true;
  Seeds seeds = {};
};

// Words of the generator that two seeds make, which are taken as they are.
PhiloxWords WordsOf(Seeds s) { return PhiloxWords(Philox(s.first, 0, s.second)); }

class SeedGenerator {
 public:
  explicit SeedGenerator(const ShuffleSpec& spec)
      : seeds_(spec.seeds), reshuffle_(spec.reshuffle), words_(WordsOf(seeds_)) {}
  Seeds Next() {
    if (!reshuffle_) return seeds_;
    const uint64_t first = words_.Next();
    return {first, words_.Next()};
  }

 private:
  const Seeds seeds_;
  const bool reshuffle_;
  PhiloxWords words_;
};

class ShuffleIterator : public IteratorOf<ShuffleSpec> {
 public:
  ShuffleIterator(std::shared_ptr<const Spec> spec, Place& place)
      : IteratorOf(std::move(spec), place), seeds_(Shared<SeedGenerator>()), random_(WordsOf(seeds_->Next())) {}
  static int64_t Cardinality(const Spec& spec) {
    const int64_t n = spec.input->Cardinality();
    int64_t all = 0;
    if (n == 0 || spec.count == 0) return 0;
    if (spec.count < 0 || n < 0) return spec.count < 0 && n != kUnknownCardinality ? kInfiniteCardinality : n;
    return CheckedMul(n, spec.count, &all) ? all : kUnknownCardinality;
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    WEIR_RETURN_IF_ERROR(Fill(limits));
    while (rounds_.size() > 1 && rounds_.front() == 0) {
      rounds_.pop_front();
      random_ = WordsOf(seeds_->Next());
    }
    if (!rounds_.empty() && rounds_.front() == 0) rounds_.pop_front();
    if (rounds_.empty()) return End();
    // The one that goes leaves its place to the oldest of its round.
    const size_t i = random_.Next() % static_cast<uint64_t>(rounds_.front());
    Element taken = std::move(buffer_[i]);
    if (i > 0) buffer_[i] = std::move(buffer_[0]);
    buffer_.pop_front();
    --rounds_.front();
    return std::optional(std::move(taken));
  }

 private:
  // Reads until the buffer is full, or there is nothing more.
  Status Fill(const RunLimits& limits) {
    while (!ended_ && static_cast<int64_t>(buffer_.size()) < spec().buffer_size) {
      if (!input_) {
        ended_ = spec().count >= 0 && round_ >= spec().count;
        if (ended_) break;
        WEIR_ASSIGN_OR_RETURN(input_, spec().input->Iterate(place().Child(0)));
        rounds_.push_back(0);
        empty_ = true;
      }
      WEIR_ASSIGN_OR_RETURN(auto element, input_->Next(limits));
      if (element) {
        buffer_.push_back(std::move(*element));
        ++rounds_.back(), empty_ = false;
        continue;
      }
      input_ = nullptr, ++round_;
      ended_ = spec().count < 0 && empty_;  // of nothing for ever is nothing
    }
    return {};
  }

  std::shared_ptr<SeedGenerator> seeds_;
  PhiloxWords random_;
  IteratorPtr input_;
  std::deque<Element> buffer_;
  std::deque<int64_t> rounds_;  // of each round that has elements in the buffer, oldest first: how many
  int64_t round_ = 0;
  bool empty_ = true, ended_ = false;
};

Result<ShuffleSpec> SpecOf(const RunArgs& a, bool reshuffle, int64_t count) {
  ShuffleSpec spec{.input = nullptr, .count = count, .reshuffle = reshuffle};
  WEIR_ASSIGN_OR_RETURN(spec.input, DatasetIn(a, 0));
  WEIR_ASSIGN_OR_RETURN(spec.buffer_size, CountIn(a, 1, "buffer_size", "above 0, or -2 for all elements",
                                                  [](int64_t n) { return n > 0 || n == kUnknownCardinality; }));
  if (spec.buffer_size < 0) spec.buffer_size = INT64_MAX;
  spec.seeds = {static_cast<uint64_t>(ScalarIn<int64_t>(a, 2)), static_cast<uint64_t>(ScalarIn<int64_t>(a, 3))};
  if (spec.seeds.first == 0 && spec.seeds.second == 0) {  // drawn anew
    NodeState entropy;
    const Philox drawn = ReservePhilox(entropy, 0, 0, 0);
    spec.seeds = {drawn.key(), drawn.counter_hi()};
  }
  return spec;
}

Status PrepareShuffle(PrepareContext& c) {
  return SetDatasetBy<ShuffleIterator>(c, [reshuffle = c.attr<bool>("reshuffle_each_iteration")](const RunArgs& a) {
    return SpecOf(a, reshuffle, 1);
  });
}

Status PrepareShuffleAndRepeat(PrepareContext& c) {
  return SetDatasetBy<ShuffleIterator>(c, [reshuffle = c.attr<bool>("reshuffle_each_iteration")](const RunArgs& a) {
    return SpecOf(a, reshuffle, ScalarIn<int64_t>(a, 4));
  });
}

Status PrepareNothing(PrepareContext& c) { return c.Nothing(); }

}  // namespace

void RegisterShuffleKernels(KernelRegistry& r) {
  for (const char* op : {"ShuffleDataset", "ShuffleDatasetV3"}) r.Add(op, PrepareShuffle);
  for (const char* op : {"ShuffleAndRepeatDataset", "ShuffleAndRepeatDatasetV2"}) r.Add(op, PrepareShuffleAndRepeat);
  for (const char* op : {"DummySeedGenerator", "DummyIterationCounter", "DummyMemoryCache"}) r.Add(op, PrepareNothing);
}

}  // namespace weir
