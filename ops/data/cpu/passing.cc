// Datasets that have the elements of another as they are: those that say how to compute them, which here changes
// nothing, and those that watch.
#include <fmt/format.h>

#include "weir/ops/data/cpu/dataset.h"

namespace weir {

namespace {

// The dataset itself. `number`: the input that is a count, of which `least` is the smallest.
template <int kNumber, int64_t kLeast>
Status PreparePass(PrepareContext& c) {
  return SetDataset(c, [](const RunArgs& a) -> Result<DatasetRef> {
    if (kNumber > 0 && ScalarIn<int64_t>(a, kNumber) < kLeast) {
      return InvalidArgument(fmt::format("wants a number of {} or more, not {}", kLeast,
                                         ScalarIn<int64_t>(a, kNumber)));
    }
    return DatasetIn(a, 0);
  });
}

struct AssertedSpec {
  DatasetRef input;
  int64_t cardinality;
};

class AssertedIterator : public IteratorOver<AssertedSpec> {
 public:
  using IteratorOver::IteratorOver;
  static int64_t Cardinality(const Spec& spec) { return spec.cardinality; }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    WEIR_ASSIGN_OR_RETURN(auto element, input_->Next(limits));
    if (element) ++given_;
    const int64_t want = spec().cardinality;
    const bool more = element && want >= 0 && given_ > want;
    const bool fewer = !element && !std::exchange(ended_, !element) && (want >= 0 || want == kInfiniteCardinality) &&
                       given_ != want;
    if (!more && !fewer) return element;
    return FailedPrecondition(fmt::format("expects {} elements of a dataset that has {} {}",
                                          want < 0 ? "infinitely many" : std::to_string(want),
                                          more ? "at least" : "only", given_));
  }

 private:
  int64_t given_ = 0;
  bool ended_ = false;
};

Status PrepareAsserted(PrepareContext& c) {
  return SetDatasetBy<AssertedIterator>(c, [](const RunArgs& a) -> Result<AssertedSpec> {
    WEIR_ASSIGN_OR_RETURN(DatasetRef input, DatasetIn(a, 0));
    return AssertedSpec{std::move(input), ScalarIn<int64_t>(a, 1)};
  });
}

struct PatientSpec {
  DatasetRef input;
};

// Leaves out elements that are errors.
class PatientIterator : public IteratorOver<PatientSpec> {
 public:
  using IteratorOver::IteratorOver;
  static int64_t Cardinality(const Spec& spec) {
    const int64_t n = spec.input->Cardinality();
    return n == 0 ? n : kUnknownCardinality;
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    while (true) {
      MaybeElement element = input_->Next(limits);
      if (element.ok()) return element;
      switch (element.status().code()) {
        case Code::kCancelled:
        case Code::kDeadlineExceeded:
        case Code::kResourceExhausted:
        case Code::kUnimplemented: return element;  // which would come again
        default: break;
      }
    }
  }
};

Status PreparePatient(PrepareContext& c) {
  return SetDatasetBy<PatientIterator>(c, [](const RunArgs& a) -> Result<PatientSpec> {
    WEIR_ASSIGN_OR_RETURN(DatasetRef input, DatasetIn(a, 0));
    return PatientSpec{std::move(input)};
  });
}

}  // namespace

void RegisterPassingKernels(KernelRegistry& r) {
  for (const char* op : {"OptimizeDataset", "OptimizeDatasetV2", "ModelDataset", "OptionsDataset", "FinalizeDataset",
                         "NonSerializableDataset", "ExperimentalNonSerializableDataset"}) {
    r.Add(op, PreparePass<0, 0>);
  }
  r.Add("PrefetchDataset", PreparePass<1, -1>);
  for (const char* op : {"MaxIntraOpParallelismDataset", "ExperimentalMaxIntraOpParallelismDataset",
                         "PrivateThreadPoolDataset", "ExperimentalPrivateThreadPoolDataset"}) {
    r.Add(op, PreparePass<1, 0>);
  }
  r.Add("AssertCardinalityDataset", PrepareAsserted);
  for (const char* op : {"IgnoreErrorsDataset", "ExperimentalIgnoreErrorsDataset"}) r.Add(op, PreparePatient);
}

}  // namespace weir
