// What Session::Run takes (WRONG 0), and what it refuses with one sentence: compiled by compile_errors.cmake, never
// run.
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/state/state.h"
#include "weir/ops/model/variables.h"
#include "weir/session/session.h"

using namespace weir;

void Runs(Session& s, Output x, Output y, Variable v, Operation op, Tensor t, RunConfig config) {
#if WRONG == 0
  const Feeds feeds = {{x, t}, {v, {1, 2}}};
  const NamedFeeds named = {{"x", t}};
  const std::vector<Output> outputs = {x, y};
  const std::vector<Operation> operations = {op};
  Result<Tensor> one = s.Run(y), fed = s.Run(y, {{x, t}}), limited = s.Run(y, {{x, {1, 2}}}, config),
                 variable = s.Run(v, {{v, t}}, config);
  Status status = s.Run(op), with = s.Run(op, feeds), within = s.Run(op, feeds, config);
  Result<std::vector<Tensor>> list = s.Run({y, v, op}, {{x, {1.5, 2}}}, config), single = s.Run({y}),
                              none = s.Run({op}, feeds);
  list = s.Run(outputs), list = s.Run(outputs, feeds, config), list = s.Run(operations, feeds);
  list = s.Run({y, v}, feeds, {op}), list = s.Run({y}, {}, {op}, config),
  list = s.Run(outputs, feeds, operations, config);
  list = s.Run({y}, {{x, std::vector<float>{1, 2}}, {v, 3}}, {.check_numerics = true});
  list = s.Run(named, {"y"}), list = s.Run({{"x", t}, {"z", t}}, {"y:0", "w"}, {"train"}, config),
  list = s.Run({}, {"y"});
  list = s.Run({{"x", t}}, {"y"}), list = s.Run(named, {"y"}, config), list = s.Run({}, {}, {"init"});
#elif WRONG == 1
  (void)s.Run(3);
#elif WRONG == 2
  (void)s.Run({y, 3});
#elif WRONG == 3
  (void)s.Run(y, {x, t});
#elif WRONG == 4
  (void)s.Run(y, t);
#elif WRONG == 5
  (void)s.Run({y, v}, {{t, x}});
#elif WRONG == 6
  (void)s.Run(y, {{x, y}});
#elif WRONG == 7
  (void)s.Run("y");
#elif WRONG == 8
  (void)s.Run(y, {{"x", t}});
#elif WRONG == 9
  (void)s.Run(y, x, t);
#elif WRONG == 10
  (void)s.Run({y, t}, {{x, t}}, config);
#endif
}
