#include "weir/tools/graphdef/feeds.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <random>

#include "weir/graph/base/complex_text.h"
#include "weir/graph/base/file.h"
#include "weir/runtime/io/npy.h"

namespace weir::tool {

namespace {

// Reads brackets and elements without recursion: the nesting is the user's.
class LiteralParser {
 public:
  explicit LiteralParser(std::string_view in) : in_(in) {}

  Status Parse() {
    do {
      Blanks();
      if (in_.empty()) return Bad("it ends too early");
      if (Take('[')) {
        WEIR_RETURN_IF_ERROR(Open());
      } else if (Take(']')) {
        WEIR_RETURN_IF_ERROR(Close());
      } else {
        WEIR_RETURN_IF_ERROR(Item());
      }
      Blanks();
      if (depth_ > 0 && Take(',')) Blanks();
    } while (depth_ > 0);
    Blanks();
    return in_.empty() ? Status() : Bad("something is left after it");
  }

  Dims dims;
  std::vector<std::string> items;

 private:
  Status Bad(const std::string& why) { return InvalidArgument("error[feed]: the literal is malformed: " + why); }

  void Blanks() {
    while (!in_.empty() && std::isspace(static_cast<unsigned char>(in_.front()))) in_.remove_prefix(1);
  }
  bool Take(char c) {
    if (in_.empty() || in_.front() != c) return false;
    in_.remove_prefix(1);
    return true;
  }

  Status Open() {
    if (depth_ == kMaxRank) return Bad("it is nested too deep");
    if (depth_ > 0) ++counts_[depth_ - 1];
    if (++depth_ > static_cast<int>(counts_.size())) counts_.push_back(0), dims.push_back(-1);
    counts_[depth_ - 1] = 0;
    return {};
  }

  Status Close() {
    int64_t& known = dims[depth_ - 1];
    if (known >= 0 && known != counts_[depth_ - 1])
      return Bad(fmt::format("a list has {} items where another has {}", counts_[depth_ - 1], known));
    known = counts_[depth_ - 1];
    --depth_;
    return {};
  }

  Status Item() {
    if (leaf_depth_ >= 0 && leaf_depth_ != depth_) return Bad("its items are nested unequally");
    leaf_depth_ = depth_;
    if (depth_ > 0) ++counts_[depth_ - 1];
    if (!in_.empty() && (in_.front() == '"' || in_.front() == '\'')) return Quoted();
    size_t end = std::min(in_.find_first_of(",] \t\r\n"), in_.size());
    items.emplace_back(in_.substr(0, end));
    in_.remove_prefix(end);
    return {};
  }

  Status Quoted() {
    char quote = in_.front();
    in_.remove_prefix(1);
    std::string s;
    while (!in_.empty() && in_.front() != quote) {
      if (in_.front() == '\\' && in_.size() > 1) in_.remove_prefix(1);
      s += in_.front();
      in_.remove_prefix(1);
    }
    if (!Take(quote)) return Bad("a string has no closing quote");
    items.push_back(std::move(s));
    return {};
  }

  std::string_view in_;
  int depth_ = 0, leaf_depth_ = -1;
  std::vector<int64_t> counts_;
};

template <class T> bool Convert(const std::string& s, T* out) {
  const char *begin = s.data(), *end = begin + s.size();
  if constexpr (std::is_same_v<T, bool>) {
    *out = s == "true" || s == "True" || s == "1";
    return *out || s == "false" || s == "False" || s == "0";
  } else if constexpr (std::is_integral_v<T>) {
    auto [stop, error] = std::from_chars(begin, end, *out);
    return error == std::errc() && stop == end;
  } else if constexpr (kIsComplexType<T>) {
    const auto [real, imag] = SplitComplex(s);
    PartOf<T> parts[2] = {};
    const bool read = Convert(std::string(real), &parts[0]) && Convert(std::string(imag), &parts[1]);
    *out = {parts[0], parts[1]};
    return read;
  } else {
    double d = 0;
    auto [stop, error] = std::from_chars(begin + (s.starts_with("+") ? 1 : 0), end, d);
    using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;
    *out = T(static_cast<Wide>(d));
    return error == std::errc() && stop == end && std::isfinite(static_cast<Wide>(*out)) == std::isfinite(d);
  }
}

// What a literal is when nothing says its dtype.
DType Guess(const std::vector<std::string>& items) {
  bool ints = true, numbers = true, bools = true;
  for (const std::string& s : items) {
    int32_t i;
    double d;
    ints &= Convert(s, &i), numbers &= Convert(s, &d), bools &= s == "true" || s == "false";
  }
  return ints ? kInt32 : numbers ? kFloat : bools ? kBool : kString;
}

}  // namespace

Result<Tensor> ParseLiteral(std::string_view text, DType dtype) {
  LiteralParser p(text);
  WEIR_RETURN_IF_ERROR(p.Parse());
  for (int64_t& d : p.dims) d = std::max<int64_t>(d, 0);
  WEIR_ASSIGN_OR_RETURN(Shape shape, Shape::Make(p.dims));
  if (shape.num_elements() != static_cast<int64_t>(p.items.size()))
    return InvalidArgument("error[feed]: the literal is malformed: its lists are of unequal lengths");
  if (dtype == DType::kInvalid) dtype = Guess(p.items);
  WEIR_ASSIGN_OR_RETURN(Tensor t, Tensor::Allocate(dtype, shape));
  if (dtype == kString) {
    std::copy(p.items.begin(), p.items.end(), t.mutable_data<std::string>());
    return t;
  }
  std::string bad;
  DispatchType(dtype, NumberAndBoolTypes{}, [&](auto v) {
    using T = decltype(v);
    for (size_t i = 0; i < p.items.size() && bad.empty(); ++i) {
      if (!Convert(p.items[i], &static_cast<T*>(t.mutable_raw())[i])) bad = p.items[i];
    }
  });
  if (!bad.empty())
    return InvalidArgument(fmt::format("error[feed]: '{:.100}' is no value of dtype {}", bad, DTypeName(dtype)));
  return t;
}

Result<Shape> Concrete(const OutputType& type, int64_t batch) {
  if (!type.shape.known_rank()) return InvalidArgument("error[feed]: the shape is not known; give one: @zeros[2,3]");
  Dims dims;
  for (Dim d : type.shape.dims()) dims.push_back(Known(d) ? d : batch);
  return Shape::Make(dims);
}

Result<Tensor> Generate(const std::string& what, uint64_t seed, DType dtype, const Shape& shape) {
  WEIR_ASSIGN_OR_RETURN(Tensor t, Tensor::AllocateZeros(dtype, shape));
  std::mt19937_64 random(seed);
  bool known = what == "zeros" || what == "ones" || what == "normal" || what == "uniform";
  if (!known)
    return InvalidArgument(fmt::format("error[feed]: '@{}' is not known", what))
        .Help("there are @zeros, @ones, @normal(seed=1), @uniform(seed=1)");
  DispatchType(dtype, NumberAndBoolTypes{}, [&](auto v) {
    using T = decltype(v);
    for (int64_t i = 0; i < t.num_elements(); ++i) {
      if (i % (1 << 16) == 0 && interrupted) return;
      // Why by hand: the distributions of the standard library differ between implementations.
      double u = static_cast<double>(random() >> 11) * 0x1p-53, value = what == "ones" ? 1 : u;
      if (what == "zeros") value = 0;
      if (what == "normal")
        value = std::sqrt(-2 * std::log(1 - u)) *
                std::cos(6.283185307179586 * static_cast<double>(random() >> 11) * 0x1p-53);
      if (std::is_integral_v<T> && what != "ones") value = what == "zeros" ? 0 : std::floor(u * 2);
      static_cast<T*>(t.mutable_raw())[i] = T(static_cast<float>(value));  // a complex number's real part
    }
  });
  if (interrupted) return Cancelled("error[feed]: interrupted while making values");
  return t;
}

Result<Tensor> ParseValue(const std::string& text, const OutputType& type, int64_t batch) {
  if (text.ends_with(".npy")) {
    WEIR_ASSIGN_OR_RETURN(Tensor t, io::ReadNpy(text));
    bool bits = BaseType(type.dtype) == kBfloat16 && t.dtype() == kUint16;
    return bits ? Tensor::FromBuffer(kBfloat16, t.shape(), t.buffer()) : std::move(t);
  }
  DType dtype = BaseType(type.dtype);
  if (dtype == DType::kInvalid) {
    return InvalidArgument(
               "error[feed]: the dtype is not known: neither the op, which Weir does not have, nor what reads it tells")
        .Help("feed a .npy file, which has a dtype");
  }
  if (!text.starts_with("@")) return ParseLiteral(text, dtype);
  size_t name_end = std::min(text.find_first_of("[(", 1), text.size());
  std::string what = text.substr(1, name_end - 1);
  uint64_t seed = 0;
  if (size_t at = text.find("seed="); at != text.npos)
    std::from_chars(text.data() + at + 5, text.data() + text.size(), seed);
  if (size_t open = text.find('['); open != text.npos) {
    size_t close = text.find(']', open);
    if (close == text.npos) return InvalidArgument(fmt::format("error[feed]: '{}' has no ']'", text));
    WEIR_ASSIGN_OR_RETURN(Tensor dims, ParseLiteral(text.substr(open, close - open + 1), kInt64));
    WEIR_ASSIGN_OR_RETURN(Shape shape, Shape::Make(dims.span<int64_t>()));
    return Generate(what, seed, dtype, shape);
  }
  WEIR_ASSIGN_OR_RETURN(Shape shape, Concrete(type, batch));
  return Generate(what, seed, dtype, shape);
}

void FeedOptions::AddTo(CLI::App* verb) {
  verb->add_option(
          "--feed", feeds,
          "NAME=VALUE; VALUE: a literal [[1,2],[3,4]], of complex numbers [1+2j], a .npy file, @zeros, @ones, "
          "@normal(seed=1), @zeros[2,3]")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  verb->add_option("--feeds", file, "An .npz whose arrays are named as the tensors that they feed");
  verb->add_option("--batch", batch, "What @zeros and the like take for unknown dimensions")
      ->check(CLI::PositiveNumber);
}

Result<NamedFeeds> FeedOptions::Collect(const Graph& g, std::map<std::string, Tensor>* strangers) const {
  std::map<std::string, Tensor> values;
  if (!file.empty()) {
    WEIR_ASSIGN_OR_RETURN(auto arrays, io::ReadNpz(file));
    for (auto& [name, t] : arrays) {
      auto found = g.ParseEndpoint(name);
      if (!found.ok() && found.status().code() == Code::kNotFound) {  // a file may serve several graphs
        if (strangers) strangers->emplace(name, t);
        continue;
      }
      if (!found.ok()) return found.status();
      Endpoint e = *found;
      bool bits = BaseType(g.type(e).dtype) == kBfloat16 && t.dtype() == kUint16;
      values[g.EndpointName(e)] = bits ? Tensor::FromBuffer(kBfloat16, t.shape(), t.buffer()) : t;
    }
  }
  for (const std::string& feed : feeds) {
    size_t equals = feed.find('=');
    if (equals == feed.npos)
      return InvalidArgument(fmt::format("error[feed]: '{}' is not of the form NAME=VALUE", feed));
    WEIR_ASSIGN_OR_RETURN(Endpoint e, ParseTensor(g, feed.substr(0, equals), "feed"));
    auto value = ParseValue(feed.substr(equals + 1), g.type(e), batch);
    if (!value.ok())
      return Status(value.status()).Detail(fmt::format("fed to '{}' : {}", g.EndpointName(e), g.type(e).ToString()));
    values[g.EndpointName(e)] = std::move(*value);
  }
  return NamedFeeds(values.begin(), values.end());
}

Result<NamedFeeds> FeedOptions::CollectAll(const Graph& g, const std::vector<bool>& needed, size_t* given) const {
  WEIR_ASSIGN_OR_RETURN(NamedFeeds all, Collect(g));
  if (given) *given = all.size();
  WEIR_RETURN_IF_ERROR(FeedTheRest(g, needed, batch, 1, &all));
  return all;
}

int FeedExit(const Status& status) { return status.message().starts_with("error[feed]") ? kUsage : kBadFile; }

Status FeedTheRest(const Graph& g, const std::vector<bool>& needed, int64_t batch, uint64_t seed, NamedFeeds* feeds) {
  for (NodeId id : Placeholders(g)) {
    if (!needed[id.value]) continue;
    Endpoint e{id, 0};
    bool fed = std::any_of(feeds->begin(), feeds->end(), [&](const auto& f) { return f.first == g.EndpointName(e); });
    const bool has_default = !g[id].inputs().empty();
    if (fed || has_default || !IsSupported(g.type(e).dtype)) continue;
    auto shape = Concrete(g.type(e), batch);
    if (!shape.ok()) return Status(shape.status()).Detail(fmt::format("of '{}'", g[id].name()));
    WEIR_ASSIGN_OR_RETURN(Tensor t, Generate("uniform", seed++, g.type(e).dtype, *shape));
    feeds->emplace_back(g.EndpointName(e), std::move(t));
  }
  return {};
}

}  // namespace weir::tool
