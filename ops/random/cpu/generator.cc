#include "weir/ops/random/cpu/generator.h"

#include <fmt/format.h>

namespace weir {

namespace {

constexpr int32_t kChosen = 3;  // by TensorFlow, which on a CPU takes Philox

Status CheckShape(const PrepareContext& c, int input, const char* what, bool good) {
  if (good) return {};
  return InvalidArgument(fmt::format("needs {}, got {}", what, c.input_shape(input).ToString()));
}

Status StartOfSeed(PrepareContext& c, int at) {
  WEIR_RETURN_IF_ERROR(CheckShape(c, at, "a seed of two numbers, [2]", c.input_shape(at) == Shape({2})));
  c.Before(1, 20, [at, dtype = c.input_dtype(at)](RunArgs& a) {
    *a.workspace<Philox>() = GeneratorOfSeed(dtype, a.in<char>(at));
  });
  return {};
}

Status StartOfKey(PrepareContext& c, int at) {
  const Shape& counter = c.input_shape(at + 1);
  WEIR_RETURN_IF_ERROR(CheckShape(c, at, "a key [1]", c.input_shape(at) == Shape({1})));
  WEIR_RETURN_IF_ERROR(CheckShape(c, at + 1, "a counter of two numbers, [2]", counter.rank() == 1 && counter[0] >= 2));
  WEIR_RETURN_IF_ERROR(CheckShape(c, at + 2, "a scalar for the algorithm", c.input_shape(at + 2).rank() == 0));
  c.Before(1, 20, [at](RunArgs& a) {
    const int32_t algorithm = *a.in<int32_t>(at + 2);
    if (algorithm != kPhilox && algorithm != kChosen) {
      return a.Fail(InvalidArgument(fmt::format("knows no algorithm {}", algorithm)).Help("1 is Philox"));
    }
    *a.workspace<Philox>() = Philox(*a.in<uint64_t>(at), a.in<uint64_t>(at + 1)[0], a.in<uint64_t>(at + 1)[1]);
  });
  return {};
}

}  // namespace

Philox GeneratorOfSeed(DType dtype, const void* seed) {
  Philox generator;
  DispatchType(dtype, IntTypes{}, [&](auto t) {
    const auto* s = static_cast<const decltype(t)*>(seed);
    generator = Philox::FromSeed(static_cast<uint64_t>(s[0]), static_cast<uint64_t>(s[1]));
  });
  return generator;
}

Status StartGenerator(PrepareContext& c, Source source, uint64_t blocks) {
  if (source.form == Source::kSeed) return StartOfSeed(c, source.at);
  if (source.form == Source::kKey) return StartOfKey(c, source.at);
  const int64_t seed = c.attr<int64_t>("seed"), seed2 = c.attr<int64_t>("seed2");
  c.Before(1, 50, [=](RunArgs& a) { *a.workspace<Philox>() = ReservePhilox(*a.state, seed, seed2, blocks); });
  return {};
}

}  // namespace weir
