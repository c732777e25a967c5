// DatasetValue: a recipe for elements, as a value: what a variant tensor holds. DataIterator: one walk through them.
//
// A dataset never changes and knows what it is made of; it outlives the run that made it. Iterators are made of it in
// any number. Each asks those before it for elements when it is asked for one, so that what happens, and in what order,
// depends on nothing but the datasets. A whole walk, with all its iterators, belongs to one thread at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "weir/graph/base/tensor_list.h"
#include "weir/runtime/held_function.h"
#include "weir/runtime/kernel.h"

namespace weir {

using Element = std::vector<Tensor>;             // a tensor for each component
using MaybeElement = Result<std::optional<Element>>;

inline constexpr int64_t kInfiniteCardinality = -1, kUnknownCardinality = -2;

class DataIterator {
 public:
  virtual ~DataIterator() = default;
  // The next element; none at the end, and after it. Errors: what the run may not (RunLimits), of files and functions,
  // of elements that do not fit; one may go on after them.
  MaybeElement Next(const RunLimits& limits);

 protected:
  virtual MaybeElement Give(const RunLimits& limits) = 0;
};
using IteratorPtr = std::unique_ptr<DataIterator>;

inline MaybeElement End() { return std::optional<Element>(); }

// Where in a walk an iterator stands: the root, or a number in the place of the iterator that asks it. Iterators that
// stand in one place, one after the other (Repeat) or at once (Interleave), share the callers of their functions, so
// that random ops go on with their numbers; those of one dataset also what it keeps: seeds, a cache. A dataset that
// stands in two places is two, as it is in TensorFlow. Outlives its iterators.
class Place {
 public:
  Place& Child(size_t i);
  Result<FunctionCaller*> CallerOf(const std::shared_ptr<const HeldFunction>& function);
  // What iterators of the dataset of this Spec share; made of the Spec by the first.
  template <class T, class Spec>
  std::shared_ptr<T> Shared(const std::shared_ptr<const Spec>& spec) {
    std::shared_ptr<void>& shared = SharedOf(spec);
    if (!shared) shared = std::make_shared<T>(*spec);
    return std::static_pointer_cast<T>(shared);
  }

 private:
  std::shared_ptr<void>& SharedOf(const std::shared_ptr<const void>& spec);

  std::map<size_t, std::unique_ptr<Place>> children_;
  std::map<std::shared_ptr<const HeldFunction>, std::unique_ptr<FunctionCaller>> callers_;
  std::vector<std::pair<std::weak_ptr<const void>, std::shared_ptr<void>>> shared_;  // by Spec, while that lives
};

class DatasetValue : public VariantObject {
 public:
  // Errors: those of making callers of its functions.
  virtual Result<IteratorPtr> Iterate(Place& place) const = 0;
  // How many elements there are, as far as that is told without looking.
  virtual int64_t Cardinality() const = 0;
  virtual int depth() const = 0;  // of datasets that are made of each other
};
using DatasetRef = std::shared_ptr<const DatasetValue>;

// Of datasets that a dataset is made of: their depth.
inline int DepthOf(const DatasetRef& d) { return d->depth(); }
int DepthOf(const std::vector<DatasetRef>& datasets);

// The dataset that iterators of class `It` walk through. It::Spec is what it is made of; its member `input`, where it
// has one, are the datasets that come before it. `It` is made of a shared Spec and its place, then begins, if there is
// It::Begin; It::Cardinality(spec).
template <class It>
class DatasetBy : public DatasetValue {
 public:
  using Spec = typename It::Spec;
  explicit DatasetBy(Spec spec) : spec_(std::make_shared<const Spec>(std::move(spec))) {
    if constexpr (requires(const Spec& s) { s.input; }) depth_ += DepthOf(spec_->input);
  }
  Result<IteratorPtr> Iterate(Place& place) const override {
    auto iterator = std::make_unique<It>(spec_, place);
    if constexpr (requires(It& i) { i.Begin(); }) WEIR_RETURN_IF_ERROR(iterator->Begin());
    return IteratorPtr(std::move(iterator));
  }
  int64_t Cardinality() const override { return It::Cardinality(*spec_); }
  int depth() const override { return depth_; }

 private:
  std::shared_ptr<const Spec> spec_;
  int depth_ = 1;
};

template <class It>
DatasetRef MakeDataset(typename It::Spec spec) { return std::make_shared<DatasetBy<It>>(std::move(spec)); }

// What iterators of a Spec have in common.
template <class S>
class IteratorOf : public DataIterator {
 public:
  using Spec = S;
  IteratorOf(std::shared_ptr<const Spec> spec, Place& place) : spec_(std::move(spec)), place_(place) {}

 protected:
  const Spec& spec() const { return *spec_; }
  Place& place() const { return place_; }
  template <class T>
  std::shared_ptr<T> Shared() const { return place_.template Shared<T>(spec_); }

 private:
  std::shared_ptr<const Spec> spec_;
  Place& place_;
};
// Those that go through one dataset, `input`.
template <class S>
class IteratorOver : public IteratorOf<S> {
 public:
  using IteratorOf<S>::IteratorOf;
  Status Begin() {
    WEIR_ASSIGN_OR_RETURN(input_, this->spec().input->Iterate(this->place().Child(0)));
    return {};
  }

 protected:
  IteratorPtr input_;
};

// ---- kernels
// The dataset of scalar input i. Errors: a variant that holds none.
Result<DatasetRef> DatasetIn(const RunArgs& a, int i);
Result<DatasetRef> DatasetIn(const Tensor& variant);
// A scalar input's value.
template <class T>
const T& ScalarIn(const RunArgs& a, int i) { return *a.in<T>(i); }
// The same of an input that must be `what` ("above 0") by `good`.
template <class Good>
Result<int64_t> CountIn(const RunArgs& a, int i, const char* name, const char* what, Good good) {
  const int64_t count = ScalarIn<int64_t>(a, i);
  if (good(count)) return count;
  return InvalidArgument("wants a " + std::string(name) + " " + what + ", not " + std::to_string(count));
}
Status TooDeep(int depth);

// Copies of inputs [first, first + types.size()); of handles invalid tensors.
struct InputTypes {
  int first = 0;
  std::vector<DType> types;
  std::vector<Shape> shapes;
};
InputTypes TypesOfInputs(const PrepareContext& c, int first, int end);
Result<Element> CopyInputs(const RunArgs& a, const InputTypes& inputs);

// The kernel's output is the dataset that `make`, a Result<DatasetRef> of RunArgs, gives.
void GiveDataset(RunArgs& a, Result<DatasetRef> dataset);
template <class Make>
Status SetDataset(PrepareContext& c, Make make) {
  c.set_output_shape(0, Shape());
  c.SetRun([make](RunArgs& a) { GiveDataset(a, make(a)); });
  return {};
}
// The same of class `It`: `make` gives a Result<It::Spec>.
template <class It, class Make>
Status SetDatasetBy(PrepareContext& c, Make make) {
  return SetDataset(c, [make](const RunArgs& a) -> Result<DatasetRef> {
    WEIR_ASSIGN_OR_RETURN(auto spec, make(a));
    return MakeDataset<It>(std::move(spec));
  });
}

// The first function that the op holds. Error: it does not give these dtypes.
Result<std::shared_ptr<const HeldFunction>> FunctionGiving(const PrepareContext& c, const std::vector<DType>& results);

// A held function with what it has captured.
struct Captured {
  std::shared_ptr<const HeldFunction> function;
  Element others;
};
// What calls it in a place.
class CapturedCaller {
 public:
  explicit CapturedCaller(const Captured& captured) : captured_(captured) {}
  Status Begin(Place& place);
  // The arguments are `first`, `then`, and what is captured.
  Result<Element> Call(Element first, const Element& then, const RunLimits& limits);
  Result<Element> Call(Element element, const RunLimits& limits) { return Call(std::move(element), {}, limits); }

 private:
  const Captured& captured_;  // of the iterator's Spec
  FunctionCaller* caller_ = nullptr;
};
// Inputs from `first` to `end` are what the function has captured.
inline Result<Captured> CapturedIn(const RunArgs& a, const std::shared_ptr<const HeldFunction>& function,
                                   const InputTypes& others) {
  WEIR_ASSIGN_OR_RETURN(Element copies, CopyInputs(a, others));
  return Captured{function, std::move(copies)};
}

// "f32[2,3], str[]"
std::string Describe(const Element& element);

}  // namespace weir
