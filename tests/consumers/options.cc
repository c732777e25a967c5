// Options as users write them, one field named and the others left out, under both namespaces: no compiler warns
// (tests/consumers/CMakeLists.txt compiles this with -Wall -Wextra -Wpedantic -Wshadow -Werror).
#include <weir/weir.h>

using namespace weir;
using namespace weir::ops;

int main() {
  Builder g;
  Output x = Placeholder(g, kFloat, {None, 3}, {.name = "x"});
  Output y = ReduceSum(MatMul(x, x, {.transpose_b = true}), {0}, {.keepdims = true});
  y += Cumsum(y, 0, {.exclusive = true}) * BiasAdd(y, {1.0f}, {.data_format = "NHWC"});
  y = Where(y > 0, y[{_, {0, 1}}], TopK(y, 1, {.sorted = false}).values);
  Output shape = ShapeOf(y), hot = OneHot(ArgMax(y, 1, {.output_type = kInt32}), 3, {.axis = -1});
  const Shape known{2, 3};
  Gradients({y}, {x}, {.name = "slopes"});
  Variable v(g, Tensor::Zeros(kFloat, known), {.name = "v"});
  AdamOptimizer().Minimize(ReduceSum(v * v), {.name = "train"});
  Operation all = Group(g, {v.initializer()}, {.name = "all"});
  const Tensor rows(std::vector<std::vector<float>>{{1, 2, 3}, {4, 5, 6}});
  Output turned = Constant(g, {{1, Complex64(0, 1)}}) * Complex64(0, 1) + rows(0, 0);
  Session session(g, {.threads = 1});
  Saver saver(&session, {.max_to_keep = 3});
  return session.Run({y, shape, hot, turned, all}, {{x, {{1, 2, 3}}}}, RunConfig{.check_numerics = true}).ok() ? 0 : 1;
}
