// Datasets whose elements are several of another's, stacked or padded, and back: Batch, PaddedBatch, Unbatch, Window.
#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "weir/ops/data/cpu/batching.h"
#include "weir/runtime/cpu/lists.h"

namespace weir {

namespace {

// How many batches are made of so many elements.
int64_t BatchCardinality(int64_t elements, int64_t size, bool drop_remainder) {
  if (elements < 0) return elements;
  return elements / size + (!drop_remainder && elements % size != 0);
}

// The next `size` elements, fewer at the end; none there where that drops what does not fill a batch.
Result<std::vector<Element>> TakeBatch(DataIterator& input, int64_t size, bool drop_remainder,
                                       const RunLimits& limits) {
  std::vector<Element> elements;
  while (static_cast<int64_t>(elements.size()) < size) {
    WEIR_ASSIGN_OR_RETURN(auto element, input.Next(limits));
    if (element) {
      elements.push_back(std::move(*element));
      continue;
    }
    if (drop_remainder) elements.clear();
    break;
  }
  return elements;
}

// Joined along a new first axis. There is one element at least. Error: they are of different dtypes or shapes.
Result<Element> Stacked(const std::vector<Element>& elements) {
  const Element& first = elements[0];
  for (size_t e = 1; e < elements.size(); ++e) {
    bool same = elements[e].size() == first.size();
    for (size_t i = 0; same && i < first.size(); ++i)
      same = elements[e][i].dtype() == first[i].dtype() && elements[e][i].shape() == first[i].shape();
    if (same) continue;
    return InvalidArgument(fmt::format("cannot batch elements of different shapes: the first is {}, element {} is {}",
                                       Describe(first), e, Describe(elements[e])))
        .Help("PaddedBatchDataset pads them");
  }
  Element batch;
  for (size_t i = 0; i < first.size(); ++i) {
    Dims dims = {static_cast<int64_t>(elements.size())};
    dims.insert(dims.end(), first[i].shape().dims().begin(), first[i].shape().dims().end());
    WEIR_ASSIGN_OR_RETURN(const Shape shape, Shape::Make(dims));
    WEIR_ASSIGN_OR_RETURN(Tensor all, Tensor::Allocate(first[i].dtype(), shape));
    const int64_t each = first[i].num_elements();
    for (size_t e = 0; e < elements.size(); ++e)
      elements[e][i].CopyTo(ElementAt(all.dtype(), all.mutable_raw(), static_cast<int64_t>(e) * each));
    batch.push_back(std::move(all));
  }
  return batch;
}

struct BatchSpec {
  DatasetRef input;
  int64_t size;
  bool drop_remainder;
};

class BatchIterator : public IteratorOver<BatchSpec> {
 public:
  using IteratorOver::IteratorOver;
  static int64_t Cardinality(const Spec& spec) {
    return BatchCardinality(spec.input->Cardinality(), spec.size, spec.drop_remainder);
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    WEIR_ASSIGN_OR_RETURN(const auto elements, TakeBatch(*input_, spec().size, spec().drop_remainder, limits));
    if (elements.empty()) return End();
    WEIR_ASSIGN_OR_RETURN(Element batch, Stacked(elements));
    return std::optional(std::move(batch));
  }
};

// kDrop: the input that says whether a batch that is not full is dropped; -1: it is not.
template <int kDrop>
Status PrepareBatch(PrepareContext& c) {
  return SetDataset(c, [](const RunArgs& a) -> Result<DatasetRef> {
    WEIR_ASSIGN_OR_RETURN(DatasetRef input, DatasetIn(a, 0));
    WEIR_ASSIGN_OR_RETURN(const int64_t size, BatchSizeIn(a, 1));
    return MakeBatchDataset(std::move(input), size, kDrop >= 0 && ScalarIn<bool>(a, kDrop));
  });
}

// ---- padded

struct PaddedSpec {
  DatasetRef input;
  int64_t size;
  bool drop_remainder;
  std::vector<Dims> shapes;  // of each component; -1: as large as the largest
  Element values;
};

class PaddedIterator : public IteratorOver<PaddedSpec> {
 public:
  using IteratorOver::IteratorOver;
  static int64_t Cardinality(const Spec& spec) {
    return BatchCardinality(spec.input->Cardinality(), spec.size, spec.drop_remainder);
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    WEIR_ASSIGN_OR_RETURN(const auto elements, TakeBatch(*input_, spec().size, spec().drop_remainder, limits));
    if (elements.empty()) return End();
    Element batch;
    for (size_t i = 0; i < spec().shapes.size(); ++i) {
      WEIR_ASSIGN_OR_RETURN(Tensor t, Padded(elements, i));
      batch.push_back(std::move(t));
    }
    return std::optional(std::move(batch));
  }

 private:
  // The shape of all, behind the batch's size.
  Result<Dims> ShapeOf(const std::vector<Element>& elements, size_t component) const {
    const Dims& told = spec().shapes[component];
    Dims dims = {static_cast<int64_t>(elements.size())};
    dims.insert(dims.end(), told.begin(), told.end());
    for (const Element& e : elements) {
      if (e.size() != spec().shapes.size() || e[component].dtype() != spec().values[component].dtype()) {
        return InvalidArgument(fmt::format("pads elements of {} components, and got {}", spec().shapes.size(),
                                           Describe(e)));
      }
      const Shape& shape = e[component].shape();
      bool fits = shape.rank() == static_cast<int>(told.size());
      for (int axis = 0; fits && axis < shape.rank(); ++axis) {
        const int64_t want = told[static_cast<size_t>(axis)];
        int64_t& size = dims[static_cast<size_t>(axis) + 1];
        fits = want < 0 || shape[axis] <= want;
        size = std::max(size, shape[axis]);
      }
      if (fits) continue;
      return DataLoss(fmt::format("cannot pad component {} of shape {} to {}", component, shape.ToString(),
                                         PartialShape(told).ToString()));
    }
    for (int64_t& size : dims) size = std::max(size, int64_t{0});
    return dims;
  }

  Result<Tensor> Padded(const std::vector<Element>& elements, size_t component) const {
    WEIR_ASSIGN_OR_RETURN(const Dims dims, ShapeOf(elements, component));
    WEIR_ASSIGN_OR_RETURN(const Shape shape, Shape::Make(dims));
    WEIR_ASSIGN_OR_RETURN(const Shape each, Shape::Make(Dims(dims.begin() + 1, dims.end())));
    const Tensor& value = spec().values[component];
    const DType dtype = value.dtype();
    WEIR_ASSIGN_OR_RETURN(Tensor batch, Tensor::Allocate(dtype, shape));
    char* data = static_cast<char*>(batch.mutable_raw());
    const int64_t all = shape.num_elements();
    if (all > 0) CopyElements(dtype, value.raw(), data, 1);
    for (int64_t done = 1; done < all; done *= 2)  // what is there is copied behind itself
      CopyElements(dtype, data, ElementAt(dtype, data, done), std::min(done, all - done));
    for (size_t e = 0; e < elements.size(); ++e) {
      const auto at = static_cast<int64_t>(e) * each.num_elements();
      kernels::CopyIntoCorner(elements[e][component], each, ElementAt(dtype, data, at));
    }
    return batch;
  }
};

template <bool kDrop>
Status PreparePadded(PrepareContext& c) {
  const auto n = static_cast<int>(c.attr<int64_t>("N"));
  std::vector<int64_t> ranks;
  for (int i = 2; i < 2 + n; ++i) ranks.push_back(c.input_shape(i).num_elements());
  InputTypes values = TypesOfInputs(c, 2 + n, 2 + 2 * n);
  return SetDatasetBy<PaddedIterator>(c, [n, ranks, values](const RunArgs& a) -> Result<PaddedSpec> {
    PaddedSpec spec;
    WEIR_ASSIGN_OR_RETURN(spec.input, DatasetIn(a, 0));
    WEIR_ASSIGN_OR_RETURN(spec.size, BatchSizeIn(a, 1));
    spec.drop_remainder = kDrop && ScalarIn<bool>(a, 2 + 2 * n);
    for (int i = 0; i < n; ++i) {
      const auto* sizes = a.in<int64_t>(2 + i);
      Dims dims(sizes, sizes + ranks[static_cast<size_t>(i)]);
      for (int64_t size : dims) {
        if (size < -1) return InvalidArgument(fmt::format("has a padded shape with the size {}", size));
      }
      spec.shapes.push_back(std::move(dims));
    }
    WEIR_ASSIGN_OR_RETURN(spec.values, CopyInputs(a, values));
    return spec;
  });
}

// ---- apart

struct InputSpec {
  DatasetRef input;
};

class UnbatchIterator : public IteratorOver<InputSpec> {
 public:
  using IteratorOver::IteratorOver;
  static int64_t Cardinality(const Spec& spec) {
    const int64_t n = spec.input->Cardinality();
    return n == 0 || n == kInfiniteCardinality ? n : kUnknownCardinality;
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    while (batch_.empty() || next_ >= batch_[0].shape()[0]) {
      WEIR_ASSIGN_OR_RETURN(auto batch, input_->Next(limits));
      if (!batch) return End();
      for (const Tensor& t : *batch) {
        if (t.rank() == 0 || t.shape()[0] != (*batch)[0].shape()[0])
          return InvalidArgument(fmt::format("wants components of as many rows each, not {}", Describe(*batch)));
      }
      batch_ = std::move(*batch), next_ = 0;
    }
    Element row;
    for (const Tensor& t : batch_) {
      WEIR_ASSIGN_OR_RETURN(Tensor part, kernels::RowOf(t, next_));
      row.push_back(std::move(part));
    }
    ++next_;
    return std::optional(std::move(row));
  }

 private:
  Element batch_;
  int64_t next_ = 0;
};

Status PrepareUnbatch(PrepareContext& c) {
  return SetDatasetBy<UnbatchIterator>(c, [](const RunArgs& a) -> Result<InputSpec> {
    WEIR_ASSIGN_OR_RETURN(DatasetRef input, DatasetIn(a, 0));
    return InputSpec{std::move(input)};
  });
}

// ---- windows

struct ListSpec {
  std::vector<Tensor> items;
};

// The component of a window: a dataset of tensors that are there.
class ListIterator : public IteratorOf<ListSpec> {
 public:
  using IteratorOf::IteratorOf;
  static int64_t Cardinality(const Spec& spec) { return static_cast<int64_t>(spec.items.size()); }

 protected:
  MaybeElement Give(const RunLimits&) override {
    if (next_ == spec().items.size()) return End();
    return std::optional(Element{spec().items[next_++]});
  }

 private:
  size_t next_ = 0;
};

struct WindowSpec {
  DatasetRef input;
  int64_t size, shift, stride;
  bool drop_remainder;
};

class WindowIterator : public IteratorOver<WindowSpec> {
 public:
  using IteratorOver::IteratorOver;
  static int64_t Cardinality(const Spec& spec) {
    const int64_t n = spec.input->Cardinality();
    int64_t reach = 0;
    if (n < 0 || !CheckedMul(spec.size - 1, spec.stride, &reach)) return n < 0 ? n : kUnknownCardinality;
    if (spec.drop_remainder) return n <= reach ? 0 : (n - reach - 1) / spec.shift + 1;
    return n == 0 ? 0 : (n - 1) / spec.shift + 1;
  }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    WEIR_RETURN_IF_ERROR(Fill(limits));
    const int64_t have = static_cast<int64_t>(buffer_.size());
    const int64_t n = have == 0 ? 0 : std::min(spec().size, (have - 1) / spec().stride + 1);
    if (n == 0 || (spec().drop_remainder && n < spec().size)) return End();
    std::vector<ListSpec> columns(buffer_[0].size());
    for (int64_t i = 0; i < n; ++i) {
      const Element& e = buffer_[static_cast<size_t>(i * spec().stride)];
      if (e.size() != columns.size()) return InvalidArgument("has elements of other numbers of components in a window");
      for (size_t k = 0; k < e.size(); ++k) columns[k].items.push_back(e[k]);
    }
    skip_ = std::max(spec().shift - have, int64_t{0});
    buffer_.erase(buffer_.begin(), buffer_.begin() + std::min(have, spec().shift));
    Element window;
    for (ListSpec& items : columns) {
      WEIR_ASSIGN_OR_RETURN(Tensor variant, Tensor::Allocate(kVariant, Shape()));
            *variant.mutable_data<TensorList>() = TensorList(MakeDataset<ListIterator>(std::move(items)));
      window.push_back(std::move(variant));
    }
    return std::optional(std::move(window));
  }

 private:
  // Reads what the window needs, behind what lies between it and the one before it.
  Status Fill(const RunLimits& limits) {
    int64_t need = 0;
    if (!CheckedMul(spec().size - 1, spec().stride, &need)) need = INT64_MAX - 1;
    while (!ended_ && (skip_ > 0 || static_cast<int64_t>(buffer_.size()) <= need)) {
      WEIR_ASSIGN_OR_RETURN(auto element, input_->Next(limits));
      ended_ = !element;
      if (ended_) break;
      if (skip_ > 0) --skip_;
      else buffer_.push_back(std::move(*element));
    }
    return {};
  }

  std::deque<Element> buffer_;
  int64_t skip_ = 0;
  bool ended_ = false;
};

Status PrepareWindow(PrepareContext& c) {
  return SetDatasetBy<WindowIterator>(c, [](const RunArgs& a) -> Result<WindowSpec> {
    WindowSpec spec{nullptr, 0, 0, 0, ScalarIn<bool>(a, 4)};
    WEIR_ASSIGN_OR_RETURN(spec.input, DatasetIn(a, 0));
    auto positive = [](int64_t n) { return n > 0; };
    WEIR_ASSIGN_OR_RETURN(spec.size, CountIn(a, 1, "size", "above 0", positive));
    WEIR_ASSIGN_OR_RETURN(spec.shift, CountIn(a, 2, "shift", "above 0", positive));
    WEIR_ASSIGN_OR_RETURN(spec.stride, CountIn(a, 3, "stride", "above 0", positive));
    return spec;
  });
}

}  // namespace

Result<int64_t> BatchSizeIn(const RunArgs& a, int i) {
  return CountIn(a, i, "batch_size", "above 0", [](int64_t n) { return n > 0; });
}

DatasetRef MakeBatchDataset(DatasetRef input, int64_t size, bool drop_remainder) {
  return MakeDataset<BatchIterator>({std::move(input), size, drop_remainder});
}

void RegisterBatchKernels(KernelRegistry& r) {
  r.Add("BatchDataset", PrepareBatch<-1>);
  r.Add("BatchDatasetV2", PrepareBatch<2>);
  r.Add("ParallelBatchDataset", PrepareBatch<3>);
  r.Add("PaddedBatchDataset", PreparePadded<false>);
  r.Add("PaddedBatchDatasetV2", PreparePadded<true>);
  for (const char* op : {"UnbatchDataset", "ExperimentalUnbatchDataset"}) r.Add(op, PrepareUnbatch);
  r.Add("WindowDataset", PrepareWindow);
}

}  // namespace weir
