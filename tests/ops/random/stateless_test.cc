// Rows of stateless draws.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> StatelessRows() {
  const In seed = Longs({3, -4}), key = In(Tensor::Vector(std::vector<uint64_t>{7}));
  const In counter = In(Tensor::Vector(std::vector<uint64_t>{~uint64_t{0}, 9}));  // its lower half is about to overflow
  std::vector<OpRow> rows;
  for (const std::string op : {"StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal",
                               "StatelessRandomUniformFullInt"}) {
    for (const In& shape : {Ints({40, 3}), Ints({0, 3})}) {
      rows.push_back(Swept("dtype", {op, {shape, seed}}));
      rows.push_back(Swept("dtype", {op + "V2", {shape, key, counter, Int(1)}}));
    }
  }
  const In low = Elements({}, {-3}), high = Elements({}, {9}), shape = Longs({40, 3});
  rows.push_back({"StatelessRandomUniformInt", {shape, Ints({3, -4}), low, high}});
  rows.push_back({"StatelessRandomUniformIntV2", {shape, key, counter, Int(3), low, high}});
  rows.push_back({"StatelessRandomUniformInt", {Ints({0}), seed, high, high}});
  rows.push_back({"StatelessRandomUniformIntV2", {Ints({0}), key, counter, Int(1), high, high}});
  for (const std::string op : {"StatelessRandomGetKeyCounter", "StatelessRandomGetKeyCounterAlg"}) {
    rows.push_back(NeverEmpty(Swept("Tseed", {op, {Elements({2}, {3, -4})}})));
  }
  rows.push_back(NeverEmpty({"StatelessRandomGetAlg", {}}));
  return rows;
}

}  // namespace weir::testing
