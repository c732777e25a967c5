#include "weir/ops/data/cpu/dataset.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/runtime/cpu/lists.h"

namespace weir {

namespace {

constexpr int kMostDepth = 500;  // datasets within each other: each is a call within a call

thread_local int next_depth = 0;

struct Depth {
  Depth() { ++next_depth; }
  ~Depth() { --next_depth; }
};

}  // namespace

Status TooDeep(int depth) {
  if (depth <= kMostDepth) return {};
  return ResourceExhausted(fmt::format("is made of datasets over {} deep within each other", kMostDepth));
}

MaybeElement DataIterator::Next(const RunLimits& limits) {
  const Depth depth;
  WEIR_RETURN_IF_ERROR(TooDeep(next_depth));
  WEIR_RETURN_IF_ERROR(limits.Check());
  return Give(limits);
}

Place& Place::Child(size_t i) {
  std::unique_ptr<Place>& child = children_[i];
  if (!child) child = std::make_unique<Place>();
  return *child;
}

Result<FunctionCaller*> Place::CallerOf(const std::shared_ptr<const HeldFunction>& function) {
  std::unique_ptr<FunctionCaller>& caller = callers_[function];
  if (!caller) { WEIR_ASSIGN_OR_RETURN(caller, function->MakeCaller()); }
  return caller.get();
}

std::shared_ptr<void>& Place::SharedOf(const std::shared_ptr<const void>& spec) {
  std::erase_if(shared_, [](const auto& entry) { return entry.first.expired(); });
  for (auto& [key, shared] : shared_) {
    if (!key.owner_before(spec) && !spec.owner_before(key)) return shared;
  }
  return shared_.emplace_back(spec, nullptr).second;
}

int DepthOf(const std::vector<DatasetRef>& datasets) {
  int depth = 0;
  for (const DatasetRef& d : datasets) depth = std::max(depth, d->depth());
  return depth;
}

namespace {

Result<DatasetRef> DatasetOf(const TensorList& variant) {
  if (auto dataset = std::dynamic_pointer_cast<const DatasetValue>(variant.object())) return dataset;
  return InvalidArgument(variant.valid() ? "was given a list in place of a dataset"
                                         : "was given a variant that is no dataset");
}

}  // namespace

Result<DatasetRef> DatasetIn(const RunArgs& a, int i) { return DatasetOf(ScalarIn<TensorList>(a, i)); }

Result<DatasetRef> DatasetIn(const Tensor& variant) {
  if (variant.dtype() == kVariant && variant.rank() == 0) return DatasetOf(*variant.data<TensorList>());
  return InvalidArgument(fmt::format("wants a dataset, a scalar variant, not {}", Describe({variant})));
}

InputTypes TypesOfInputs(const PrepareContext& c, int first, int end) {
  InputTypes inputs{.first = first, .types = {}, .shapes = {}};
  for (int i = first; i < end; ++i) {
    inputs.types.push_back(c.input_dtype(i));
    inputs.shapes.push_back(c.input_shape(i));
  }
  return inputs;
}

Result<Element> CopyInputs(const RunArgs& a, const InputTypes& inputs) {
  Element copies(inputs.types.size());
  for (size_t i = 0; i < copies.size(); ++i) {
    if (inputs.types[i] == kResource) continue;
    const void* data = a.in<void>(inputs.first + static_cast<int>(i));
    WEIR_ASSIGN_OR_RETURN(copies[i], kernels::MakeItem(inputs.types[i], inputs.shapes[i], data));
  }
  return copies;
}

void GiveDataset(RunArgs& a, Result<DatasetRef> dataset) {
  if (!dataset.ok()) return a.Fail(dataset.status());
  if (Status s = TooDeep((*dataset)->depth()); !s.ok()) return a.Fail(std::move(s));
  *a.out<TensorList>(0) = TensorList(std::move(*dataset));
}

Result<std::shared_ptr<const HeldFunction>> FunctionGiving(const PrepareContext& c, const std::vector<DType>& results) {
  const auto& function = c.functions()[0];
  const std::vector<DType>& given = function->results();
  if (given == results) return function;
  auto names = [](const std::vector<DType>& types) {
    std::string text;
    for (DType t : types) text += (text.empty() ? "" : ", ") + DTypeName(t);
    return text;
  };
  return InvalidArgument(fmt::format("wants a function that gives ({}), and '{}' gives ({})", names(results),
                                     function->name(), names(given)));
}

Status CapturedCaller::Begin(Place& place) {
  WEIR_ASSIGN_OR_RETURN(caller_, place.CallerOf(captured_.function));
  return {};
}

Result<Element> CapturedCaller::Call(Element first, const Element& then, const RunLimits& limits) {
  first.insert(first.end(), then.begin(), then.end());
  first.insert(first.end(), captured_.others.begin(), captured_.others.end());
  return caller_->Call(first, limits);
}

std::string Describe(const Element& element) {
  std::string text;
  for (const Tensor& t : element) {
    text += text.empty() ? "" : ", ";
    text += t.valid() ? DTypeShortName(t.dtype()) + t.shape().ToString() : "nothing";
  }
  return text;
}

}  // namespace weir
