// Kernels of iterators, and of what walks through a dataset at once. What an iterator gives comes while preparing,
// since only it knows the shapes; so does the walk.
#include <fmt/format.h>

#include "weir/ops/data/cpu/dataset.h"
#include "weir/runtime/cpu/lists.h"
#include "weir/runtime/object_cell.h"

namespace weir {

namespace {

// The way through a dataset from its beginning.
class Walk {
 public:
  static Result<std::unique_ptr<Walk>> Through(const DatasetValue& dataset) {
    auto walk = std::make_unique<Walk>();
    WEIR_ASSIGN_OR_RETURN(walk->iterator_, dataset.Iterate(walk->root_));
    return walk;
  }
  MaybeElement Next(const RunLimits& limits) { return iterator_->Next(limits); }

 private:
  Place root_;  // first, since the iterators refer to it
  IteratorPtr iterator_;
};
using WalkPtr = std::unique_ptr<Walk>;

// What stands behind an iterator's handle. Thread-safe: runs take turns.
class SessionIterator : public ResourceObject {
 public:
  // Goes to the beginning of a dataset. After an error it is where it was.
  Status Begin(const DatasetValue& dataset, const RunLimits& limits) {
    WEIR_ASSIGN_OR_RETURN(WalkPtr fresh, Walk::Through(dataset));
    WEIR_RETURN_IF_ERROR(door_.Enter(limits));
    walk_.swap(fresh);
    door_.Leave();
    return {};
  }
  // The same of the dataset that `make` gives, unless it has one.
  template <class Make>
  Status BeginOnce(const RunLimits& limits, Make make) {
    WEIR_RETURN_IF_ERROR(door_.Enter(limits));
    Status status;
    if (!walk_) status = BeginBy(make());
    door_.Leave();
    return status;
  }
  MaybeElement Next(const RunLimits& limits) {
    WEIR_RETURN_IF_ERROR(door_.Enter(limits));
    MaybeElement next = walk_ ? walk_->Next(limits)
                              : FailedPrecondition("takes an element of an iterator that has no dataset yet")
                                    .Help("run its initializer (MakeIterator) first");
    door_.Leave();
    return next;
  }

 private:
  Status BeginBy(const Result<DatasetRef>& dataset) {
    WEIR_RETURN_IF_ERROR(dataset.status());
    WEIR_ASSIGN_OR_RETURN(walk_, Walk::Through(**dataset));
    return {};
  }

  RunDoor door_;
  WalkPtr walk_;
};

Result<SessionIterator*> MakeObject(ObjectCell& cell) {
  return cell.Made<SessionIterator>([]() -> Result<std::shared_ptr<ResourceObject>> {
    return std::shared_ptr<ResourceObject>(std::make_shared<SessionIterator>());
  });
}

Status PrepareIterator(PrepareContext& c) {
  c.SetRun([](RunArgs& a) {
    if (auto iterator = MakeObject(*a.out<ObjectCell>(0)); !iterator.ok()) a.Fail(iterator.status());
  });
  return {};
}

Result<DatasetRef> CallFactory(const HeldFunction& factory, const RunLimits& limits) {
  WEIR_ASSIGN_OR_RETURN(auto caller, factory.MakeCaller());
  WEIR_ASSIGN_OR_RETURN(const Element result, caller->Call({}, limits));
  return DatasetIn(result[0]);
}

Status PrepareOneShot(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(auto factory, FunctionGiving(c, {kVariant}));
  c.SetRun([factory](RunArgs& a) {
    auto iterator = MakeObject(*a.out<ObjectCell>(0));
    Status s = iterator.status();
    if (s.ok()) s = (*iterator)->BeginOnce(a.limits(), [&] { return CallFactory(*factory, a.limits()); });
    if (!s.ok()) a.Fail(std::move(s));
  });
  return {};
}

Status MakeIterator(const RunArgs& a) {
  WEIR_ASSIGN_OR_RETURN(const DatasetRef dataset, DatasetIn(a, 0));
  WEIR_ASSIGN_OR_RETURN(SessionIterator * iterator, a.object(1).Get<SessionIterator>());
  return iterator->Begin(*dataset, a.limits());
}

Status PrepareMakeIterator(PrepareContext& c) {
  c.SetRun([](RunArgs& a) {
    if (Status s = MakeIterator(a); !s.ok()) a.Fail(std::move(s));
  });
  return {};
}

MaybeElement NextOf(const PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(SessionIterator * iterator, c.object(0).Get<SessionIterator>());
  return iterator->Next(c.limits());
}

Status PrepareGetNext(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(auto element, NextOf(c));
  if (element) return GiveTensors(c, std::move(*element));
  return OutOfRange(fmt::format("finds no further element in iterator '{}': End of sequence", c.object(0).name()));
}

Status PrepareGetNextAsOptional(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(auto element, NextOf(c));
  TensorList optional;
  if (element) { WEIR_ASSIGN_OR_RETURN(optional, kernels::OptionalOf(std::move(*element))); }
  c.set_output_shape(0, Shape());
  c.SetRun([optional = std::move(optional)](RunArgs& a) { *a.out<TensorList>(0) = optional; });
  return {};
}

// The reading side is IteratorFromStringHandle's shape function.
Status PrepareToString(PrepareContext& c) {
  c.SetRun([](RunArgs& a) {
    const Resource& r = a.object(0).resource;
    *a.out<std::string>(0) = fmt::format("iterator {} {}{}", r.container.size(), r.container, r.name);
  });
  return {};
}

// ---- walks

Status PrepareSingleElement(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const DatasetRef dataset, DatasetIn(*c.input_value(0)));
  WEIR_ASSIGN_OR_RETURN(const WalkPtr walk, Walk::Through(*dataset));
  WEIR_ASSIGN_OR_RETURN(auto element, walk->Next(c.limits()));
  if (!element) return InvalidArgument("wants a dataset of one element, and this one is empty");
  WEIR_ASSIGN_OR_RETURN(const auto more, walk->Next(c.limits()));
  if (more) return InvalidArgument("wants a dataset of one element, and this one has more");
  return GiveTensors(c, std::move(*element));
}

Status PrepareReduce(PrepareContext& c) {
  const std::vector<DType> types = c.attr<AttrList>("Tstate").type;
  Captured function;
  WEIR_ASSIGN_OR_RETURN(function.function, FunctionGiving(c, types));
  WEIR_ASSIGN_OR_RETURN(const DatasetRef dataset, DatasetIn(*c.input_value(0)));
  WEIR_ASSIGN_OR_RETURN(const WalkPtr walk, Walk::Through(*dataset));
  const int others = 1 + static_cast<int>(types.size());
  Element state;
  for (int i = 1; i < c.num_inputs(); ++i) {
    const Tensor given = c.input_dtype(i) == kResource ? Tensor() : *c.input_value(i);
    (i < others ? state : function.others).push_back(given);
  }
  Place place;
  CapturedCaller caller(function);
  WEIR_RETURN_IF_ERROR(caller.Begin(place));
  while (true) {
    WEIR_ASSIGN_OR_RETURN(const auto element, walk->Next(c.limits()));
    if (!element) return GiveTensors(c, std::move(state));
    WEIR_ASSIGN_OR_RETURN(state, caller.Call(std::move(state), *element, c.limits()));
  }
}

Status PrepareCardinality(PrepareContext& c) {
  c.SetRun([](RunArgs& a) {
    Result<DatasetRef> dataset = DatasetIn(a, 0);
    if (!dataset.ok()) return a.Fail(dataset.status());
    *a.out<int64_t>(0) = (*dataset)->Cardinality();
  });
  return {};
}

}  // namespace

void RegisterIteratorKernels(KernelRegistry& r) {
  for (const char* op : {"Iterator", "IteratorV2"}) r.Add(op, PrepareIterator);
  r.Add("OneShotIterator", PrepareOneShot);
  r.Add("MakeIterator", PrepareMakeIterator);
  for (const char* op : {"IteratorGetNext", "IteratorGetNextSync"}) r.Add(op, PrepareGetNext).WhileRunning();
  r.Add("IteratorGetNextAsOptional", PrepareGetNextAsOptional).WhileRunning();
  r.Add("IteratorToStringHandle", PrepareToString);
  r.Add("DatasetToSingleElement", PrepareSingleElement).WhileRunning().NeedsValue({0});
  r.Add("ReduceDataset", PrepareReduce).WhileRunning().NeedsValueFrom(0);
  for (const char* op : {"DatasetCardinality", "ExperimentalDatasetCardinality"}) r.Add(op, PrepareCardinality);
}

}  // namespace weir
