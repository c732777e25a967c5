#include "weir/tests/bench/micro_graphs.h"

#include "weir/weir.h"

namespace weir::bench {

namespace {

// Numbers that differ, between -1 and 1.
Tensor Values(const Shape& shape) {
  Tensor t = Tensor::Allocate(kFloat, shape).value();
  for (int64_t i = 0; i < t.num_elements(); ++i) t.mutable_data<float>()[i] = static_cast<float>(i * 37 % 101) / 50 - 1;
  return t;
}

Tensor Labels(int64_t n, int classes) {
  Tensor t = Tensor::Allocate(kInt32, {n}).value();
  for (int64_t i = 0; i < n; ++i) t.mutable_data<int32_t>()[i] = static_cast<int32_t>(i * 7 % classes);
  return t;
}

Output Feed(Model& m, const char* name, Tensor value) {
  Output o = ops::Placeholder(m.graph, value.dtype(), PartialShape(value.shape()), {.name = name});
  m.feeds.push_back({name, std::move(value)});
  return o;
}

std::unique_ptr<Model> New(const char* name) {
  auto m = std::make_unique<Model>();
  m->name = name;
  return m;
}

void Train(Model& m, const Output& loss) {
  m.targets = {AdamOptimizer(0.001).Minimize(loss).name()};
  m.init = GlobalVariablesInitializer(m.graph).name();
  m.fetches = {loss.name()};
  m.graph.status().Check();
}


}  // namespace

std::unique_ptr<Model> Empty() {
  auto m = New("empty");
  m->fetches = {Feed(*m, "x", Values({2, 1})).name()};
  return m;
}

std::unique_ptr<Model> Chain(int n, bool tanh) {
  auto m = New("chain");
  Output x = Feed(*m, "x", Values({2, 1})), y = Feed(*m, "y", Values({2, 1}));
  for (int i = 0; i < n; ++i)
    x = i % 4 == 0 ? x + y : i % 4 == 1 ? x * y : i % 4 == 3 ? ops::Relu(x) : tanh ? ops::Tanh(x) : x - y;
  m->fetches = {x.name()};
  return m;
}

std::unique_ptr<Model> LinearAdam() {
  auto m = New("linear, Adam");
  Builder& g = m->graph;
  Output x = Feed(*m, "x", Values({2, 2})), y = Feed(*m, "y", Values({2, 1}));
  Variable w(ops::RandomNormal(g, {2, 1}), {.name = "w"}), b(ops::RandomNormal(g, {1}), {.name = "b"});
  Train(*m, ops::ReduceMean(ops::Square(y - ops::Relu(ops::MatMul(x, w) + b))));
  return m;
}

std::unique_ptr<Model> MlpAdam() {
  auto m = New("MLP, Adam");
  Output x = Feed(*m, "x", Values({16, 784})), y = Feed(*m, "y", Labels(16, 10));
  Output logits = layers::Dense(layers::Dense(x, 128, {.activation = ops::Relu}), 10);
  Train(*m, losses::SparseSoftmaxCrossEntropy(y, logits));
  return m;
}

std::unique_ptr<Model> DigitsAdam() {
  auto m = New("digits, Adam");
  Output images = Feed(*m, "images", Values({32, 8, 8, 1})), labels = Feed(*m, "labels", Labels(32, 10));
  const Regularizer l2 = ops::L2Regularizer(1e-4);
  const layers::Conv2DOptions conv = {.padding = "same", .activation = ops::Relu, .kernel_regularizer = l2};
  Output net = layers::Conv2D(layers::Conv2D(images, 16, 3, conv), 32, 3, conv);
  net = layers::Dense(layers::Flatten(layers::MaxPooling2D(net, 2, 2)), 64,
                      {.activation = ops::Relu, .kernel_regularizer = l2});
  Output logits = layers::Dense(ops::Dropout(net, 0.5), 10, {.kernel_regularizer = l2});
  losses::SparseSoftmaxCrossEntropy(labels, logits);
  Train(*m, losses::GetTotalLoss(m->graph));
  return m;
}

std::unique_ptr<Model> Recurrent(int steps) {
  auto m = New("recurrent, Adam");
  Builder& g = m->graph;
  Output x = Feed(*m, "x", Values({8, steps, 16})), y = Feed(*m, "y", Values({8, 16}));
  Variable in(ops::RandomNormal(g, {16, 16}), {.name = "in"}), again(ops::RandomNormal(g, {16, 16}), {.name = "again"});
  Variable bias(ops::RandomNormal(g, {16}), {.name = "bias"});
  Output state = g.Constant(Tensor::Zeros(kFloat, {8, 16}));
  for (const Output& now : ops::Unstack(x, steps, 1)) {
    Output gate = ops::Sigmoid(ops::MatMul(now, in) + bias);
    state = gate * ops::Tanh(ops::MatMul(state, again)) + (1.0f - gate) * state;
  }
  Train(*m, ops::ReduceMean(ops::Square(y - state)));
  return m;
}

}  // namespace weir::bench
