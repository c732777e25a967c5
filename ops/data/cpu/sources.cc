// Datasets that are made of tensors and numbers: a tensor, its rows, a range.
#include <fmt/format.h>

#include "weir/ops/data/cpu/dataset.h"
#include "weir/runtime/cpu/lists.h"

namespace weir {

namespace {

struct TensorSpec {
  Element components;
};

class OneIterator : public IteratorOf<TensorSpec> {
 public:
  using IteratorOf::IteratorOf;
  static int64_t Cardinality(const Spec&) { return 1; }

 protected:
  MaybeElement Give(const RunLimits&) override {
    if (std::exchange(given_, true)) return End();
    return std::optional(spec().components);
  }

 private:
  bool given_ = false;
};

class RowIterator : public IteratorOf<TensorSpec> {
 public:
  using IteratorOf::IteratorOf;
  static int64_t Cardinality(const Spec& spec) { return spec.components[0].shape()[0]; }

 protected:
  MaybeElement Give(const RunLimits&) override {
    if (next_ >= Cardinality(spec())) return End();
    Element row;
    for (const Tensor& t : spec().components) {
      WEIR_ASSIGN_OR_RETURN(Tensor part, kernels::RowOf(t, next_));
      row.push_back(std::move(part));
    }
    ++next_;
    return std::optional(std::move(row));
  }

 private:
  int64_t next_ = 0;
};

template <class It>
Status PrepareComponents(PrepareContext& c) {
  return SetDatasetBy<It>(c, [inputs = TypesOfInputs(c, 0, c.num_inputs())](const RunArgs& a) -> Result<TensorSpec> {
    WEIR_ASSIGN_OR_RETURN(Element components, CopyInputs(a, inputs));
    return TensorSpec{std::move(components)};
  });
}

struct RangeSpec {
  int64_t start, step, count;
  DType dtype;
};

class RangeIterator : public IteratorOf<RangeSpec> {
 public:
  using IteratorOf::IteratorOf;
  static int64_t Cardinality(const Spec& spec) { return spec.count; }

 protected:
  MaybeElement Give(const RunLimits&) override {
    if (next_ >= spec().count) return End();
    // Within 64 bits, since the last one is; the product alone need not be.
    const auto value = static_cast<int64_t>(static_cast<uint64_t>(spec().start) +
                                            static_cast<uint64_t>(next_++) * static_cast<uint64_t>(spec().step));
    Tensor scalar;
    DispatchType(spec().dtype, RealTypes{}, [&](auto zero) { scalar = Tensor(static_cast<decltype(zero)>(value)); });
    return std::optional(Element{std::move(scalar)});
  }

 private:
  int64_t next_ = 0;
};

Status PrepareRange(PrepareContext& c) {
  const std::vector<DType> types = c.attr<AttrList>("output_types").type;
  if (types.size() != 1 || !DispatchType(types[0], RealTypes{}, [](auto) {}))
    return InvalidArgument("wants one real dtype as output_types");
  return SetDatasetBy<RangeIterator>(c, [dtype = types[0]](const RunArgs& a) -> Result<RangeSpec> {
    const auto start = ScalarIn<int64_t>(a, 0), stop = ScalarIn<int64_t>(a, 1), step = ScalarIn<int64_t>(a, 2);
    if (step == 0) return InvalidArgument("wants a step other than 0");
    __extension__ using Wide = __int128;
    const Wide distance = step > 0 ? Wide{stop} - start : Wide{start} - stop;
    const Wide stride = step > 0 ? Wide{step} : -Wide{step};
    const Wide count = distance <= 0 ? 0 : (distance + stride - 1) / stride;
    return RangeSpec{start, step, static_cast<int64_t>(std::min<Wide>(count, INT64_MAX)), dtype};
  });
}

}  // namespace

void RegisterSourceKernels(KernelRegistry& r) {
  r.Add("TensorDataset", PrepareComponents<OneIterator>);
  r.Add("TensorSliceDataset", PrepareComponents<RowIterator>);
  r.Add("RangeDataset", PrepareRange);
}

}  // namespace weir
