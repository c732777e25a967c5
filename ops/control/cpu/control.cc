// Kernels of NoOp, ControlTrigger, FakeParam, Assert and Print, and the text form of tensors that the last two show,
// which is TensorFlow's: elements apart by spaces, brackets around inner axes, "..." where elements are left out.
#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <type_traits>

#include "weir/ops/kernels.h"
#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

// As few digits as read back as the same number, of two choices.
std::string NumberText(double v, int few, int many, bool single) {
  std::string text = fmt::format("{:.{}g}", v, few);
  double back = single ? double(std::strtof(text.c_str(), nullptr)) : std::strtod(text.c_str(), nullptr);
  return back == v || v != v ? text : fmt::format("{:.{}g}", v, many);
}

std::string Escaped(const std::string& s) {
  std::string out;
  for (char ch : s) {
    switch (ch) {
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '"': case '\'': case '\\': out += '\\'; out += ch; break;
      default:
        if (ch >= 0x20 && ch < 0x7f) out += ch;
        else out += fmt::format("\\{:03o}", static_cast<unsigned char>(ch));
    }
  }
  return out;
}

template <class T>
std::string ElementText(const T& v) {
  if constexpr (std::is_same_v<T, std::string>) {
    return Escaped(v);
  } else if constexpr (std::is_same_v<T, double>) {
    return v != v ? "nan" : NumberText(v, 15, 17, false);
  } else if constexpr (kIsComplexType<T>) {
    return fmt::format("({},{})", ElementText(v.real()), ElementText(v.imag()));
  } else if constexpr (std::is_integral_v<T>) {
    return std::to_string(+v);
  } else {
    float f = v;
    return f != f ? "nan" : NumberText(double(f), 6, 9, true);
  }
}

// One axis of the tensor and those inside it; `at` counts the elements shown.
template <class T>
void AppendAxis(const Shape& shape, int axis, int64_t limit, const T* data, int64_t& at, std::string& out) {
  if (at >= limit) return;
  if (axis == shape.rank() - 1) {
    for (int64_t i = 0; i < shape[axis]; ++i) {
      if (at >= limit) {
        if (axis != 0) out += "...";
        return;
      }
      if (i > 0) out += ' ';
      out += ElementText(data[at++]);
    }
    return;
  }
  for (int64_t i = 0; i < shape[axis] && at < limit; ++i) {
    out += '[';
    AppendAxis(shape, axis + 1, limit, data, at, out);
    out += ']';
  }
}

// Up to `summarize` elements of a tensor; all when negative.
std::string Summary(DType dtype, const Shape& shape, const void* data, int64_t summarize) {
  std::string out;
  int64_t n = shape.num_elements(), limit = summarize < 0 ? n : std::min(summarize, n), at = 0;
  auto append = [&](auto type) {
    using T = decltype(type);
    const T* values = static_cast<const T*>(data);
    if (shape.rank() > 0) AppendAxis(shape, 0, limit, values, at, out);
    else if (limit > 0) out += ElementText(values[0]);
  };
  if (dtype == kString) append(std::string());
  else if (!DispatchType(dtype, NumberAndBoolTypes(), append)) return DTypeName(dtype);
  return n > limit ? out + "..." : out;
}

struct Shown {
  DType dtype;
  Shape shape;
};

// Inputs 1 and on, each in brackets.
std::vector<Shown> ShownInputs(const PrepareContext& c) {
  std::vector<Shown> shown;
  for (int i = 1; i < c.num_inputs(); ++i) shown.push_back({c.input_dtype(i), c.input_shape(i)});
  return shown;
}
std::string ShownText(const std::vector<Shown>& shown, const RunArgs& a, int64_t summarize, const char* separator) {
  std::string text;
  for (size_t i = 0; i < shown.size(); ++i) {
    text += (i ? separator : "") +
            ("[" + Summary(shown[i].dtype, shown[i].shape, a.in<void>(static_cast<int>(i) + 1), summarize) + "]");
  }
  return text;
}

Status PrepareNothing(PrepareContext&) { return {}; }

Status PrepareAssert(PrepareContext& c) {
  if (c.input_shape(0).num_elements() != 1)
    return InvalidArgument(fmt::format("wants a scalar condition, not shape {}", c.input_shape(0).ToString()));
  c.SetRun([shown = ShownInputs(c), summarize = c.attr<int64_t>("summarize")](RunArgs& a) {
    if (!*a.in<bool>(0)) a.Fail(InvalidArgument("assertion failed: " + ShownText(shown, a, summarize, " ")));
  });
  return {};
}

Status PreparePrint(PrepareContext& c) {
  c.set_output_shape(0, c.input_shape(0));
  int64_t n = c.input_shape(0).num_elements(), first_n = c.attr<int64_t>("first_n"),
          summarize = c.attr<int64_t>("summarize");
  return ForElement(c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([shown = ShownInputs(c), message = c.attr<std::string>("message"), print = c.services().print, n, first_n,
              summarize](RunArgs& a) {
      if (a.in<T>(0) != a.out<T>(0)) std::copy_n(a.in<T>(0), n, a.out<T>(0));
      if (first_n >= 0 && a.state->count.fetch_add(1, std::memory_order_relaxed) >= first_n) return;
      std::string text = message + ShownText(shown, a, summarize, "");
      if (print) print(text);
      else std::fprintf(stderr, "%s\n", text.c_str());
    });
  });
}

Status PrepareFakeParam(PrepareContext& c) {
  if (c.output_dtype(0) == kVariant) return c.Nothing();  // no list is what it begins with
  c.ParallelOver(c.output_shape(0).num_elements(), MoveCost(c.output_dtype(0)));
  return ForElement(c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([](RunArgs& a) {
      auto [begin, end] = a.Range();
      std::fill(a.out<T>(0) + begin, a.out<T>(0) + end, T());
    });
  });
}

}  // namespace

void RegisterControlKernels(KernelRegistry& r) {
  r.Add("NoOp", PrepareNothing);
  r.Add("ControlTrigger", PrepareNothing);
  r.Add("Assert", PrepareAssert);
  r.Add("FakeParam", PrepareFakeParam);
  r.Add("Print", PreparePrint).InPlace(0, 0);
}

}  // namespace weir
