// Datasets by functions: Map, Filter, TakeWhile, Scan, FlatMap, Interleave, and the forms of these that TensorFlow
// computes in parallel. Here all elements are computed by whoever asks for them, one after the other, so that the order
// is always the one that TensorFlow calls deterministic.
#include <fmt/format.h>

#include "weir/ops/data/cpu/batching.h"

namespace weir {

namespace {

constexpr int64_t kAutotune = -1;  // "as many as are good"

struct FunctionSpec {
  DatasetRef input;
  Captured function;
  bool every = false;           // a call that ends the sequence is an error
  Element state = {};           // of a scan: at first
  int64_t cycle = 1, block = 1; // of an interleave
};

class FunctionIterator : public IteratorOver<FunctionSpec> {
 public:
  FunctionIterator(std::shared_ptr<const Spec> spec, Place& place)
      : IteratorOver(std::move(spec), place), caller_(this->spec().function) {}
  static int64_t Cardinality(const Spec& spec) {
    const int64_t n = spec.input->Cardinality();
    return n == 0 ? 0 : kUnknownCardinality;
  }
  Status Begin() {
    WEIR_RETURN_IF_ERROR(caller_.Begin(place()));
    return IteratorOver::Begin();
  }

 protected:
  // Whether the function, a predicate, is true of the element.
  Result<bool> Holds(const Element& element, const RunLimits& limits) {
    WEIR_ASSIGN_OR_RETURN(const Element result, caller_.Call(element, limits));
    if (result[0].num_elements() == 1 && result[0].rank() == 0) return *result[0].data<bool>();
    return InvalidArgument(fmt::format("wants a predicate that gives a scalar, not {}", Describe(result)));
  }
  // What the function gives; none where it says by OutOfRange that the sequence ends.
  MaybeElement Applied(Element first, const Element& then, const RunLimits& limits) {
    Result<Element> result = caller_.Call(std::move(first), then, limits);
    if (result.ok()) return std::optional(std::move(*result));
    if (result.status().code() != Code::kOutOfRange) return result.status();
    if (!spec().every) return End();
    return InvalidArgument(fmt::format("calls a function that ends the sequence: {}", result.status().message()));
  }
  // The elements of the dataset that the function gives of the next element; null at the end.
  Result<IteratorPtr> NextDataset(const RunLimits& limits) {
    WEIR_ASSIGN_OR_RETURN(auto element, input_->Next(limits));
    if (!element) return IteratorPtr();
    WEIR_ASSIGN_OR_RETURN(const Element result, caller_.Call(std::move(*element), limits));
    WEIR_ASSIGN_OR_RETURN(const DatasetRef dataset, DatasetIn(result[0]));
    return dataset->Iterate(place().Child(1));
  }

  CapturedCaller caller_;
};

class MapIterator : public FunctionIterator {
 public:
  using FunctionIterator::FunctionIterator;
  static int64_t Cardinality(const Spec& spec) { return spec.input->Cardinality(); }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    WEIR_ASSIGN_OR_RETURN(auto element, input_->Next(limits));
    if (!element) return End();
    return Applied(std::move(*element), {}, limits);
  }
};

class FilterIterator : public FunctionIterator {
 public:
  using FunctionIterator::FunctionIterator;

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    while (true) {
      WEIR_ASSIGN_OR_RETURN(auto element, input_->Next(limits));
      if (!element) return End();
      WEIR_ASSIGN_OR_RETURN(const bool holds, Holds(*element, limits));
      if (holds) return element;
    }
  }
};

class TakeWhileIterator : public FunctionIterator {
 public:
  using FunctionIterator::FunctionIterator;

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    if (ended_) return End();
    WEIR_ASSIGN_OR_RETURN(auto element, input_->Next(limits));
    if (element) {
      WEIR_ASSIGN_OR_RETURN(const bool holds, Holds(*element, limits));
      if (holds) return element;
    }
    ended_ = true;
    return End();
  }

 private:
  bool ended_ = false;
};

// The function gives the next state and, behind it, the element.
class ScanIterator : public FunctionIterator {
 public:
  using FunctionIterator::FunctionIterator;
  static int64_t Cardinality(const Spec& spec) { return spec.input->Cardinality(); }
  Status Begin() {
    state_ = spec().state;
    return FunctionIterator::Begin();
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    WEIR_ASSIGN_OR_RETURN(const auto element, input_->Next(limits));
    if (!element) return End();
    WEIR_ASSIGN_OR_RETURN(auto result, Applied(state_, *element, limits));
    if (!result) return End();
    const auto behind = result->begin() + static_cast<std::ptrdiff_t>(state_.size());
    state_.assign(result->begin(), behind);
    result->erase(result->begin(), behind);
    return result;
  }

 private:
  Element state_;
};

class FlatMapIterator : public FunctionIterator {
 public:
  using FunctionIterator::FunctionIterator;

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    while (true) {
      if (!inner_) { WEIR_ASSIGN_OR_RETURN(inner_, NextDataset(limits)); }
      if (!inner_) return End();
      WEIR_ASSIGN_OR_RETURN(auto element, inner_->Next(limits));
      if (element) return element;
      inner_ = nullptr;
    }
  }

 private:
  IteratorPtr inner_;
};

// `cycle` datasets at once, `block` elements of each in turn. Where one ends, its place is filled when its turn comes.
class InterleaveIterator : public FunctionIterator {
 public:
  using FunctionIterator::FunctionIterator;

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    while (!ended_ || open_ > 0) {
      WEIR_RETURN_IF_ERROR(limits.Check());
      // Why not all places at first: there may be fewer datasets than the cycle is long.
      if (at_ == static_cast<int64_t>(inner_.size()) && !ended_) inner_.emplace_back();
      if (at_ == static_cast<int64_t>(inner_.size())) at_ = 0;
      IteratorPtr& inner = inner_[static_cast<size_t>(at_)];
      if (!inner && !ended_) {
        WEIR_ASSIGN_OR_RETURN(inner, NextDataset(limits));
        if (inner) ++open_;
        else ended_ = true;
        continue;
      }
      if (inner) {
        WEIR_ASSIGN_OR_RETURN(auto element, inner->Next(limits));
        if (element) {
          if (++given_ == spec().block) Advance();
          return element;
        }
        inner = nullptr, --open_;
      }
      Advance();
    }
    return End();
  }

 private:
  void Advance() {
    given_ = 0;
    if (++at_ == spec().cycle) at_ = 0;
  }

  std::vector<IteratorPtr> inner_;  // by place in the cycle, as far as it was gone through
  int64_t at_ = 0, given_ = 0, open_ = 0;
  bool ended_ = false;  // the input
};

// TensorFlow's oldest form: all places are filled at first, one whose dataset ends is filled at once, and where there
// is none to fill it, the block goes on in the next place.
class OldInterleaveIterator : public FunctionIterator {
 public:
  using FunctionIterator::FunctionIterator;

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    while (!ended_ && static_cast<int64_t>(inner_.size()) < spec().cycle) {
      WEIR_ASSIGN_OR_RETURN(IteratorPtr inner, FillIn(limits));
      if (inner) inner_.push_back(std::move(inner));
    }
    for (size_t empty = 0; empty < inner_.size();) {
      IteratorPtr& inner = inner_[at_];
      if (inner) {
        WEIR_ASSIGN_OR_RETURN(auto element, inner->Next(limits));
        if (element) {
          if (++given_ == spec().block) Advance();
          return element;
        }
        inner = nullptr;
        if (!ended_) { WEIR_ASSIGN_OR_RETURN(inner, FillIn(limits)); }
      }
      empty = inner ? 0 : empty + 1;
      const int64_t given = given_;
      Advance();
      if (empty > 0) given_ = given;
    }
    return End();
  }

 private:
  Result<IteratorPtr> FillIn(const RunLimits& limits) {
    WEIR_ASSIGN_OR_RETURN(IteratorPtr inner, NextDataset(limits));
    ended_ = !inner;
    return inner;
  }
  void Advance() {
    given_ = 0;
    at_ = (at_ + 1) % inner_.size();
  }

  std::vector<IteratorPtr> inner_;
  size_t at_ = 0;
  int64_t given_ = 0;
  bool ended_ = false;  // the input
};

// ---- kernels

// The inputs behind what the function has captured.
int Behind(const PrepareContext& c, int scalars) { return c.num_inputs() - scalars; }

std::vector<DType> OutputTypes(const PrepareContext& c) { return c.attr<AttrList>("output_types").type; }

// Of a dataset of class `It` whose function gives `results` and whose last inputs are `scalars` numbers, which `more`
// reads into the spec.
template <class It, class More>
Status SetFunctionDataset(PrepareContext& c, const std::vector<DType>& results, int scalars, More more) {
  WEIR_ASSIGN_OR_RETURN(auto function, FunctionGiving(c, results));
  const InputTypes others = TypesOfInputs(c, 1, Behind(c, scalars));
  return SetDatasetBy<It>(c, [=](const RunArgs& a) -> Result<FunctionSpec> {
    FunctionSpec spec;
    WEIR_ASSIGN_OR_RETURN(spec.input, DatasetIn(a, 0));
    WEIR_ASSIGN_OR_RETURN(spec.function, CapturedIn(a, function, others));
    WEIR_RETURN_IF_ERROR(more(a, spec));
    return spec;
  });
}

Status NothingMore(const RunArgs&, const FunctionSpec&) { return {}; }

// How many calls at once: any number is as good as one.
Status CheckParallel(const RunArgs& a, int i) {
  auto good = [](int64_t n) { return n > 0 || n == kAutotune; };
  return CountIn(a, i, "num_parallel_calls", "above 0, or -1", good).status();
}

template <bool kParallel>
Status PrepareMap(PrepareContext& c) {
  const int last = c.num_inputs() - 1;
  const bool every = c.attr<bool>("preserve_cardinality"), narrow = c.input_dtype(last) == kInt32;
  return SetFunctionDataset<MapIterator>(c, OutputTypes(c), kParallel, [=](const RunArgs& a, FunctionSpec& spec) {
    spec.every = every;
    if (!kParallel) return Status();
    if (!narrow) return CheckParallel(a, last);
    const int32_t n = ScalarIn<int32_t>(a, last);
    if (n > 0 || n == kAutotune) return Status();
    return InvalidArgument(fmt::format("wants a num_parallel_calls above 0, or -1, not {}", n));
  });
}

template <class It, bool kParallel = false>
Status PreparePredicate(PrepareContext& c) {
  const int last = c.num_inputs() - 1;
  return SetFunctionDataset<It>(c, {kBool}, kParallel, [last](const RunArgs& a, const FunctionSpec&) {
    return kParallel ? CheckParallel(a, last) : Status();
  });
}

Status PrepareFlatMap(PrepareContext& c) {
  return SetFunctionDataset<FlatMapIterator>(c, {kVariant}, 0, NothingMore);
}

// kScalars: cycle_length, block_length and what else there is; the last is the number of calls, if kCalls.
template <class It, int kScalars, bool kCalls>
Status PrepareInterleave(PrepareContext& c) {
  const int first = Behind(c, kScalars), last = c.num_inputs() - 1;
  return SetFunctionDataset<It>(c, {kVariant}, kScalars, [=](const RunArgs& a, FunctionSpec& spec) {
    constexpr int64_t kCycle = 8;  // where TensorFlow takes the number of processors
    constexpr int64_t kMost = 1 << 16;
    auto positive = [](int64_t n) { return n > 0; };
    auto cycle = CountIn(a, first, "cycle_length", "above 0 (and up to 65,536), or -1",
                         [](int64_t n) { return (n > 0 && n <= kMost) || n == kAutotune; });
    auto block = CountIn(a, first + 1, "block_length", "above 0", positive);
    if (!cycle.ok() || !block.ok()) return cycle.ok() ? block.status() : cycle.status();
    spec.cycle = *cycle > 0 ? *cycle : kCycle, spec.block = *block;
    if (!kCalls) return Status();
    return CountIn(a, last, "num_parallel_calls", "from 1 to cycle_length, or -1", [&](int64_t n) {
             return (n > 0 && (*cycle < 0 || n <= *cycle)) || n == kAutotune;
           }).status();
  });
}

Status PrepareScan(PrepareContext& c) {
  std::vector<DType> results = c.attr<AttrList>("Tstate").type;
  const auto states = static_cast<int>(results.size());
  for (DType t : OutputTypes(c)) results.push_back(t);
  WEIR_ASSIGN_OR_RETURN(auto function, FunctionGiving(c, results));
  const InputTypes state = TypesOfInputs(c, 1, 1 + states), others = TypesOfInputs(c, 1 + states, c.num_inputs());
  return SetDatasetBy<ScanIterator>(c, [=, every = c.attr<bool>("preserve_cardinality")](const RunArgs& a)
                                           -> Result<FunctionSpec> {
    FunctionSpec spec;
    WEIR_ASSIGN_OR_RETURN(spec.input, DatasetIn(a, 0));
    WEIR_ASSIGN_OR_RETURN(spec.function, CapturedIn(a, function, others));
    WEIR_ASSIGN_OR_RETURN(spec.state, CopyInputs(a, state));
    spec.every = every;
    return spec;
  });
}

Status PrepareMapAndBatch(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(auto function, FunctionGiving(c, OutputTypes(c)));
  const int first = Behind(c, 3);
  const InputTypes others = TypesOfInputs(c, 1, first);
  return SetDataset(c, [=, every = c.attr<bool>("preserve_cardinality")](const RunArgs& a) -> Result<DatasetRef> {
    FunctionSpec spec;
    WEIR_ASSIGN_OR_RETURN(spec.input, DatasetIn(a, 0));
    WEIR_ASSIGN_OR_RETURN(spec.function, CapturedIn(a, function, others));
    WEIR_ASSIGN_OR_RETURN(const int64_t size, BatchSizeIn(a, first));
    WEIR_RETURN_IF_ERROR(CheckParallel(a, first + 1));
    spec.every = every;
    return MakeBatchDataset(MakeDataset<MapIterator>(std::move(spec)), size, ScalarIn<bool>(a, first + 2));
  });
}

}  // namespace

void RegisterFunctionKernels(KernelRegistry& r) {
  r.Add("MapDataset", PrepareMap<false>);
  for (const char* op : {"ParallelMapDataset", "ParallelMapDatasetV2"}) r.Add(op, PrepareMap<true>);
  r.Add("FilterDataset", PreparePredicate<FilterIterator>);
  r.Add("ParallelFilterDataset", PreparePredicate<FilterIterator, true>);
  for (const char* op : {"TakeWhileDataset", "ExperimentalTakeWhileDataset"})
    r.Add(op, PreparePredicate<TakeWhileIterator>);
  for (const char* op : {"ScanDataset", "ExperimentalScanDataset"}) r.Add(op, PrepareScan);
  r.Add("FlatMapDataset", PrepareFlatMap);
  r.Add("InterleaveDataset", PrepareInterleave<InterleaveIterator, 2, false>);
  for (const char* op : {"ParallelInterleaveDataset", "ExperimentalParallelInterleaveDataset"})
    r.Add(op, PrepareInterleave<OldInterleaveIterator, 5, false>);
  r.Add("LegacyParallelInterleaveDatasetV2", PrepareInterleave<OldInterleaveIterator, 4, false>);
  for (const char* op : {"ParallelInterleaveDatasetV2", "ParallelInterleaveDatasetV3"})
    r.Add(op, PrepareInterleave<InterleaveIterator, 3, true>);
  r.Add("ParallelInterleaveDatasetV4", PrepareInterleave<InterleaveIterator, 5, true>);
  for (const char* op : {"MapAndBatchDataset", "ExperimentalMapAndBatchDataset"}) r.Add(op, PrepareMapAndBatch);
}

}  // namespace weir
