// Kernel of Einsum: both operands are packed into batches of matrices, [batch, left, summed] and [batch, summed,
// right], multiplied, and the product put in the output's order. The shape function has checked the equation.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <type_traits>

#include "weir/ops/linalg/cpu/batches.h"
#include "weir/ops/linalg/cpu/product.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// A letter, or -1 - i for axis i of the ellipsis, counted from its end.
using Label = int;
using Labels = std::vector<Label>;

struct Axis {
  int64_t size = 1, stride = 0;
};
using Axes = std::vector<Axis>;

int64_t SizeOf(const Axes& axes) {
  int64_t n = 1;
  for (const Axis& a : axes) {
    if (a.size == 0) return 0;
  }
  for (const Axis& a : axes) n *= a.size;
  return n;
}

// A tensor by label: the distance of neighbours. Repeated labels walk along the diagonal.
struct Strided {
  std::map<Label, int64_t> strides, sizes;
  bool repeats = false;
  bool Has(Label l) const { return strides.count(l) > 0; }
};

Labels Expand(std::string_view term, int rank) {
  const size_t dots = term.find("...");
  const int axes = dots == term.npos ? 0 : rank - static_cast<int>(term.size() - 3);
  Labels labels;
  for (size_t i = 0; i < term.size(); ++i) {
    if (i != dots) {
      labels.push_back(term[i]);
      continue;
    }
    for (int k = axes; k > 0; --k) labels.push_back(-k);
    i += 2;
  }
  return labels;
}

Strided ByLabel(const Labels& labels, const Shape& s) {
  Strided t;
  int64_t stride = 1;
  for (int axis = s.rank(); axis-- > 0;) {
    const Label l = labels[static_cast<size_t>(axis)];
    t.repeats |= t.Has(l);
    t.strides[l] += stride;
    t.sizes[l] = s[axis];
    stride *= std::max<int64_t>(s[axis], 1);
  }
  return t;
}

// The axes of these labels, of the sizes that the equation has; what is broadcast does not move.
Axes AxesOf(const Strided& t, const Labels& labels, const std::map<Label, int64_t>& sizes) {
  Axes axes;
  for (Label l : labels) {
    const int64_t size = sizes.at(l);
    axes.push_back({size, t.Has(l) && t.sizes.at(l) == size ? t.strides.at(l) : 0});
  }
  return axes;
}

Axes Joined(const Axes& a, const Axes& b) {
  Axes all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

// f(offset) for each element in order; there is one where there are no axes.
template <class F>
void ForEach(const Axes& axes, F f) {
  const int64_t n = SizeOf(axes);
  std::vector<int64_t> at(axes.size(), 0);
  int64_t offset = 0;
  for (int64_t i = 0; i < n; ++i) {
    f(offset);
    for (size_t k = axes.size(); k-- > 0;) {
      offset += axes[k].stride;
      if (++at[k] < axes[k].size) break;
      offset -= axes[k].stride * axes[k].size;
      at[k] = 0;
    }
  }
}

struct Operand {
  Axes kept, summed;  // in the pack's order; of its own, summed over while packing
  template <class T, class W>
  void Pack(const T* from, W* to) const {
    ForEach(kept, [&](int64_t offset) {
      W sum = 0;
      ForEach(summed, [&](int64_t more) { sum += static_cast<W>(from[offset + more]); });
      *to++ = sum;
    });
  }
};

struct Contraction {
  std::vector<Operand> operands;
  int64_t batch = 1, m = 1, n = 1, k = 1;
  Axes output;  // of [batch, left, right]
  int64_t elements = 0;
};

std::vector<std::string> Terms(std::string text) {
  std::erase(text, ' ');
  const size_t arrow = text.find("->");
  std::vector<std::string> terms;
  std::string inputs = text.substr(0, arrow);
  for (size_t from = 0;;) {
    const size_t comma = inputs.find(',', from);
    terms.push_back(inputs.substr(from, comma == inputs.npos ? comma : comma - from));
    if (comma == inputs.npos) break;
    from = comma + 1;
  }
  terms.push_back(text.substr(arrow + 2));
  return terms;
}

Labels Unique(const Labels& labels) {
  Labels unique;
  for (Label l : labels) {
    if (std::find(unique.begin(), unique.end(), l) == unique.end()) unique.push_back(l);
  }
  return unique;
}

// The sizes of all labels: of an ellipsis' axes, the broadcast ones.
Status MergeSizes(const Labels& labels, const Shape& s, std::map<Label, int64_t>* sizes) {
  for (int axis = 0; axis < s.rank(); ++axis) {
    auto [at, added] = sizes->emplace(labels[static_cast<size_t>(axis)], s[axis]);
    if (added || at->second == s[axis]) continue;
    const bool broadcasts = at->first < 0 && (at->second == 1 || s[axis] == 1);
    if (!broadcasts)
      return InvalidArgument(fmt::format("has one label for sizes {} and {}", at->second, s[axis]));
    if (at->second == 1) at->second = s[axis];
  }
  return {};
}

// The equation with what its labels are.
struct Bound {
  std::vector<Labels> labels;  // of the inputs, each once
  std::vector<Strided> inputs;
  std::map<Label, int64_t> sizes;
  Labels output;

  bool Has(size_t input, Label l) const { return input < inputs.size() && inputs[input].Has(l); }
  Axes Of(const Strided& t, const Labels& l) const { return AxesOf(t, l, sizes); }
};

Result<Bound> Bind(PrepareContext& c) {
  const std::vector<std::string> terms = Terms(c.attr<std::string>("equation"));
  const size_t inputs = static_cast<size_t>(c.num_inputs());
  if (inputs > 2 || terms.size() != inputs + 1) return InvalidArgument("has an equation for other inputs");
  Bound b;
  int ellipsis = 0;
  for (size_t i = 0; i < inputs; ++i) {
    const Shape& s = c.input_shape(static_cast<int>(i));
    const Labels all = Expand(terms[i], s.rank());
    if (all.size() != static_cast<size_t>(s.rank()))
      return InvalidArgument(fmt::format("has the labels '{}' for shape {}", terms[i], s.ToString()));
    WEIR_RETURN_IF_ERROR(MergeSizes(all, s, &b.sizes));
    b.labels.push_back(Unique(all));
    b.inputs.push_back(ByLabel(all, s));
    for (Label l : all) ellipsis = std::max(ellipsis, -l);
  }
  const std::string& out = terms.back();
  const size_t letters = out.size() - (out.find("...") != out.npos ? 3 : 0);
  b.output = Expand(out, static_cast<int>(letters) + ellipsis);
  for (Label l : b.output) {
    if (!b.sizes.count(l)) return InvalidArgument("has a label in its output that no input has");
  }
  for (const auto& [l, size] : b.sizes) {
    if (l < 0 && std::find(b.output.begin(), b.output.end(), l) == b.output.end())
      return InvalidArgument("has an ellipsis in an input, but none in its output");
  }
  return b;
}

// What becomes of the labels: in both inputs and the output, in one and the output, in both, in one alone.
Contraction Arrange(const Bound& b, const Strided& result) {
  Labels batch, left, right, summed, own[2];
  for (Label l : Unique(b.output)) (!b.Has(0, l) ? right : b.Has(1, l) ? batch : left).push_back(l);
  for (size_t i = 0; i < b.inputs.size(); ++i) {
    for (Label l : b.labels[i]) {
      if (result.Has(l)) continue;
      if (!b.Has(1 - i, l)) own[i].push_back(l);
      else if (i == 0) summed.push_back(l);
    }
  }
  Contraction p;
  const Axes outer = b.Of(result, batch), rows = b.Of(result, left), columns = b.Of(result, right);
  const Strided& x = b.inputs[0];
  p.batch = SizeOf(outer), p.m = SizeOf(rows), p.n = SizeOf(columns), p.k = SizeOf(b.Of(x, summed));
  p.output = Joined(Joined(outer, rows), columns);
  p.operands.push_back({Joined(Joined(b.Of(x, batch), b.Of(x, left)), b.Of(x, summed)), b.Of(x, own[0])});
  if (b.inputs.size() == 1) return p;
  const Strided& y = b.inputs[1];
  p.operands.push_back({Joined(Joined(b.Of(y, batch), b.Of(y, summed)), b.Of(y, right)), b.Of(y, own[1])});
  return p;
}

Result<Contraction> Plan(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Bound b, Bind(c));
  Dims dims;
  for (Label l : b.output) dims.push_back(b.sizes[l]);
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  if (c.output_shape(0).num_elements() == 0) return Contraction();
  Contraction p = Arrange(b, ByLabel(b.output, c.output_shape(0)));
  p.elements = c.output_shape(0).num_elements();
  // What the packs take.
  WEIR_RETURN_IF_ERROR(Shape::Make(Dims{p.batch, p.m, p.k}).status());
  WEIR_RETURN_IF_ERROR(Shape::Make(Dims{p.batch, p.k, p.n}).status());
  return p;
}

template <class W>
void Product(const Contraction& p, const W* a, const W* b, W* room, W* out) {
  for (int64_t i = 0; i < p.batch; ++i, a += p.m * p.k, b += p.k * p.n, out += p.m * p.n) {
    if constexpr (!std::is_integral_v<W>) {
      linalg::MatrixProduct(false, false, p.m, p.n, p.k, a, b, room, out);
    } else {
      for (int64_t row = 0; row < p.m; ++row) {
        for (int64_t j = 0; j < p.n; ++j) {
          W sum = 0;
          for (int64_t q = 0; q < p.k; ++q) sum += a[row * p.k + q] * b[q * p.n + j];
          out[row * p.n + j] = sum;
        }
      }
    }
  }
}

// What T is computed in: floats of 16 bits in float, integers in unsigned ones, which wrap.
template <class T>
using Computed = std::conditional_t<std::is_integral_v<T>, uint64_t, std::conditional_t<sizeof(T) == 2, float, T>>;

using EinsumTypes = decltype(FloatTypes() + IndexTypes() + ComplexTypes());

Status PrepareEinsum(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Contraction p, Plan(c));
  if (p.elements == 0) return c.Nothing();
  return c.ForType(EinsumTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    using W = Computed<T>;
    const bool two = p.operands.size() > 1;
    linalg::Staging staging;
    const int a = staging.Add<W>(p.batch * p.m * p.k), b = staging.Add<W>(two ? p.batch * p.k * p.n : 0),
              product = staging.Add<W>(two ? p.batch * p.m * p.n : 0),
              room = staging.Add<W>(two ? linalg::ProductRoom<W>(p.m, p.n, p.k) : 0);
    linalg::OnePart(c, 1, staging);
    c.SetRun([=](RunArgs& args) {
      W *x = staging.Get<W>(args, a), *y = staging.Get<W>(args, b), *z = staging.Get<W>(args, product);
      p.operands[0].Pack(args.in<T>(0), x);
      if (two) {
        p.operands[1].Pack(args.in<T>(1), y);
        Product(p, x, y, staging.Get<W>(args, room), z);
      }
      const W* from = two ? z : x;
      T* out = args.out<T>(0);
      std::fill_n(out, p.elements, T());  // off the diagonal of repeated labels
      ForEach(p.output, [&](int64_t offset) { out[offset] = static_cast<T>(*from++); });
    });
  });
}

}  // namespace

void RegisterContractionKernels(KernelRegistry& r) { r.Add("Einsum", PrepareEinsum); }

}  // namespace weir
