// Kernels that compute with strings: StringJoin, AsString, StringToNumber. Formats are built from checked parts, never
// from a string of the graph.
#include <fmt/format.h>

#include <cstdio>
#include <type_traits>

#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/cpu/parse_number.h"

namespace weir {

namespace {

using namespace kernels;

Status PrepareStringJoin(PrepareContext& c) {
  Shape shape;
  bool found = false;
  std::vector<bool> scalar;
  for (int i = 0; i < c.num_inputs(); ++i) {
    const Shape& s = c.input_shape(i);
    scalar.push_back(s.rank() == 0);
    if (s.rank() == 0) continue;
    if (found && !(s == shape)) {
      return InvalidArgument(fmt::format("cannot join {} and {}", shape.ToString(), s.ToString()));
    }
    shape = s;
    found = true;
  }
  c.set_output_shape(0, shape);
  int64_t n = shape.num_elements();
  c.ParallelOver(n, 30.0 * double(std::max<size_t>(scalar.size(), 1)));
  c.SetRun([scalar, separator = c.attr<std::string>("separator")](RunArgs& a) {
    auto [begin, end] = a.Range();
    for (int64_t k = begin; k < end; ++k) {
      std::string joined;
      for (size_t i = 0; i < scalar.size(); ++i) {
        if (i) joined += separator;
        joined += a.in<std::string>(static_cast<int>(i))[scalar[i] ? 0 : k];
      }
      a.out<std::string>(0)[k] = std::move(joined);
    }
  });
  return {};
}

// ---- AsString

struct TextFormat {
  std::string flags;  // "%", a fill flag, a width
  int precision = -1, width = -1;
  char notation = 'f';
  bool left = false;
};

constexpr int64_t kMaxField = 1 << 16;  // longer fields serve no one but an attacker

Result<TextFormat> ReadFormat(const PrepareContext& c) {
  bool scientific = c.attr<bool>("scientific"), shortest = c.attr<bool>("shortest");
  int64_t precision = c.attr<int64_t>("precision"), width = c.attr<int64_t>("width");
  std::string fill = c.attr<std::string>("fill");
  if (scientific && shortest) return InvalidArgument("cannot write both scientific and shortest notation");
  if (precision > kMaxField || width > kMaxField) {
    return InvalidArgument(
        fmt::format("has precision {} and width {}; both are at most {}", precision, width, kMaxField));
  }
  if (fill.size() > 1) return InvalidArgument("has a fill of more than one character");
  if (!fill.empty() && std::string("0 -+").find(fill[0]) == std::string::npos) {
    return InvalidArgument(fmt::format("cannot fill with '{}'", fill)).Help("fill is '0', ' ', '-' or '+'");
  }
  DType t = c.input_dtype(0);
  if (!IsFloating(t) && !IsComplex(t) && t != kString && (scientific || shortest || precision >= 0)) {
    return InvalidArgument(fmt::format("cannot apply precision or notation to dtype {}", DTypeName(t)));
  }
  TextFormat f;
  f.flags = "%" + fill + (width >= 0 ? std::to_string(width) : "");
  f.precision = static_cast<int>(std::max<int64_t>(precision, -1));
  f.width = static_cast<int>(std::max<int64_t>(width, -1));
  f.notation = scientific ? 'e' : shortest ? 'g' : 'f';
  f.left = fill == "-";
  return f;
}

template <class T>
std::string Printed(const std::string& format, T v) {
  char small[64];
  int n = std::snprintf(small, sizeof small, format.c_str(), v);
  if (n < static_cast<int>(sizeof small)) return std::string(small, static_cast<size_t>(std::max(n, 0)));
  std::string text(static_cast<size_t>(n) + 1, '\0');
  std::snprintf(text.data(), text.size(), format.c_str(), v);
  text.pop_back();
  return text;
}

template <class T>
std::string AsText(const TextFormat& f, const T& v) {
  if constexpr (std::is_same_v<T, bool>) {
    return v ? "true" : "false";
  } else if constexpr (std::is_same_v<T, std::string>) {
    std::string pad(static_cast<size_t>(std::max<int64_t>(f.width - static_cast<int64_t>(v.size()), 0)), ' ');
    return f.left ? v + pad : pad + v;
  } else if constexpr (std::is_integral_v<T>) {
    if constexpr (std::is_signed_v<T>) return Printed(f.flags + "lld", static_cast<long long>(v));
    else return Printed(f.flags + "llu", static_cast<unsigned long long>(v));
  } else if constexpr (kIsComplexType<T>) {
    return fmt::format("({},{})", AsText(f, v.real()), AsText(f, v.imag()));
  } else {
    std::string precision = f.precision >= 0 ? "." + std::to_string(f.precision) : "";
    return Printed(f.flags + precision + f.notation, static_cast<double>(v));
  }
}

using TextTypes = decltype(NumberAndBoolTypes() + ObjectTypes());

Status PrepareAsString(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(TextFormat format, ReadFormat(c));
  c.set_output_shape(0, c.input_shape(0));
  int64_t n = c.input_shape(0).num_elements();
  c.ParallelOver(n, 150);
  return c.ForType(TextTypes(), c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([format](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) a.out<std::string>(0)[i] = AsText(format, a.in<T>(0)[i]);
    });
  });
}

// ---- StringToNumber

Status PrepareStringToNumber(PrepareContext& c) {
  c.set_output_shape(0, c.input_shape(0));
  int64_t n = c.input_shape(0).num_elements();
  c.ParallelOver(n, 60);
  return c.ForType(Types<float, double, int32_t, int64_t, uint32_t, uint64_t>(), c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        const std::string& text = a.in<std::string>(0)[i];
        if (!kernels::ParseNumber(text, a.out<T>(0) + i)) {
          return a.Fail(InvalidArgument(fmt::format("could not correctly convert string: {}", text.substr(0, 100))));
        }
      }
    });
  });
}

}  // namespace

void RegisterStringTextKernels(KernelRegistry& r) {
  r.Add("StringJoin", PrepareStringJoin);
  r.Add("AsString", PrepareAsString);
  r.Add("StringToNumber", PrepareStringToNumber);
}

}  // namespace weir
