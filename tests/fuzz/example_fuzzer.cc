// example_fuzzer: Examples and SequenceExamples, most of them damaged, and what is wanted of them. What is sound gives
// the values that it was made of, in whichever form they are asked for; what is not is that or an error.
#include <fmt/format.h>

#include <cstdlib>

#include "weir/ops/array/array.h"
#include "weir/ops/parse/parse.h"
#include "weir/runtime/io/example.h"
#include "weir/session/session.h"
#include "weir/tests/fuzz/bytes.h"

namespace weir::fuzz {

namespace {

using Strings = std::vector<std::string>;
constexpr DType kTypes[] = {kFloat, kInt64, kString};
const char* const kKeys[] = {"a", "b", ""};

[[noreturn]] void Wrong(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
  std::abort();
}

Feature AnyFeature(Bytes& in, DType type) {
  const size_t n = in.Pick(4);
  if (type == kFloat) return std::vector<float>(n, static_cast<float>(in.Pick(256)));
  if (type == kString) return Strings(n, std::string(in.Pick(4), 'x'));
  return std::vector<int64_t>(n, static_cast<int64_t>(in.Pick(256)) - 100);
}

Example AnyExample(Bytes& in) {
  Example e;
  for (const char* key : kKeys) {
    const size_t kind = in.Pick(5);
    if (kind < 3) e.features[key] = AnyFeature(in, kTypes[kind]);
    if (kind == 3) e.features[key] = {};
  }
  return e;
}

SequenceExample AnySequence(Bytes& in) {
  SequenceExample e{AnyExample(in).features, {}};
  for (const char* key : kKeys) {
    const DType type = kTypes[in.Pick(3)];
    for (size_t steps = in.Pick(4); steps > 0; --steps) e.feature_lists[key].push_back(AnyFeature(in, type));
  }
  return e;
}

// Bytes changed, cut off, put in.
bool Damage(Bytes& in, std::string* message) {
  const bool damaged = in.Chance(70);
  for (size_t times = damaged ? 1 + in.Pick(4) : 0; times > 0 && !message->empty(); --times) {
    const size_t at = in.Pick(message->size());
    switch (in.Pick(4)) {
      case 0: message->resize(at); break;
      case 1: message->insert(at, 1, static_cast<char>(in.Pick(256))); break;
      case 2: message->erase(at, 1 + in.Pick(3)); break;
      default: (*message)[at] = static_cast<char>(in.Pick(256));
    }
  }
  return damaged;
}

Tensor AsTensor(const Feature& f, DType type) {
  if (const auto* v = std::get_if<std::vector<float>>(&f)) return Tensor(*v);
  if (const auto* v = std::get_if<std::vector<int64_t>>(&f)) return Tensor(*v);
  if (const auto* v = std::get_if<Strings>(&f)) return Tensor(*v);
  return Tensor::Zeros(type, {0});
}

// Whether the feature may be asked for as `type`.
bool Fits(const Example& e, const std::string& key, DType type) {
  const auto it = e.features.find(key);
  return it == e.features.end() || it->second.index() == 0 || AsTensor(it->second, type).dtype() == type;
}

Result<std::vector<Tensor>> Run(Builder& g, const std::vector<Output>& outputs) {
  auto got = Session(g, {.threads = 1}).Run(outputs);
  if (!got.ok() && got.status().code() == Code::kInternal) Wrong(got.status().ToString());
  return got;
}

// All values of one key, sparse, ragged and filled up.
void CheckExamples(Bytes& in) {
  const std::string key = kKeys[in.Pick(3)];
  const DType type = kTypes[in.Pick(3)];
  Strings messages;
  Builder g;
  bool sound = true;
  std::vector<Tensor> want;
  for (size_t n = in.Pick(3); n > 0; --n) {
    const Example e = AnyExample(in);
    messages.push_back(e.Serialize().value());
    sound &= !Damage(in, &messages.back()) && Fits(e, key, type);
    const auto it = e.features.find(key);
    want.push_back(AsTensor(it == e.features.end() ? Feature() : it->second, type));
  }
  std::vector<Output> outputs;
  for (auto form : {ops::FeatureSpec::kSparse, ops::FeatureSpec::kRagged, ops::FeatureSpec::kDense}) {
    const ops::FeatureSpec spec{key, type, form, {None}, Tensor::Zeros(type, Shape())};
    outputs.push_back(ops::ParseExample(g.Constant(Tensor(messages)), {spec}).at(key).values);
  }
  auto got = Run(g, outputs);
  if (!got.ok()) {
    if (sound) Wrong(got.status().ToString());
    return;
  }
  if (!(*got)[0].Identical((*got)[1])) Wrong("sparse and ragged values differ");
  int64_t at = 0;
  for (size_t i = 0; sound && i < want.size(); ++i) {
    const int64_t n = want[i].num_elements();
    if (!EqualElements(type, want[i].raw(), ElementAt(type, (*got)[0].raw(), at), n)) Wrong("other values");
    const int64_t width = (*got)[2].shape()[1];
    if (!EqualElements(type, want[i].raw(), ElementAt(type, (*got)[2].raw(), int64_t(i) * width), n)) Wrong("padded");
    at += n;
  }
}

// All values of one list and of the context's feature of that key.
void CheckSequences(Bytes& in) {
  const std::string key = kKeys[in.Pick(3)];
  const DType type = kTypes[in.Pick(3)];
  Strings messages;
  for (size_t n = in.Pick(3); n > 0; --n) {
    messages.push_back(AnySequence(in).Serialize().value());
    Damage(in, &messages.back());
  }
  const auto form = static_cast<ops::FeatureSpec::Form>(in.Pick(3));
  Builder g;
  const ops::ParsedSequence parsed =
      ops::ParseSequenceExample(g.Constant(Tensor(messages)), {{key, type, ops::FeatureSpec::kSparse}},
                                {{.key = key, .dtype = type, .form = form, .shape = {2}, .may_be_missing = true}});
  auto got = Run(g, {parsed.context.at(key).values, parsed.lists.at(key).values});
  if (got.ok() && form == ops::FeatureSpec::kDense && (*got)[1].rank() != 3) Wrong("a list without an axis");
}

}  // namespace
}  // namespace weir::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::fuzz::Bytes in(data, size);
  for (int i = 0; i < 4; ++i) in.Chance(50) ? weir::fuzz::CheckExamples(in) : weir::fuzz::CheckSequences(in);
  return 0;
}
