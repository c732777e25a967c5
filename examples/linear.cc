// A linear model of two weights and a bias, trained by Adam: the program to begin with. README.md shows it beside its
// twin in TensorFlow 1's Python.
//
//   linear [--save DIR]       leaves the graph and the trained variables in DIR
#include <weir/weir.h>

#include <iostream>

#include "support/options.h"

using namespace weir;
using namespace weir::ops;

int main(int argc, char** argv) {
  Builder g;
  Output X = Placeholder(g, kFloat, {None, 2}), Y = Placeholder(g, kFloat, {None, 1});
  Variable W(RandomNormal(g, {2, 1})), b(RandomNormal(g, {1}));
  Output Y_pred = Relu(MatMul(X, W) + b);
  Output loss = ReduceMean(Square(Y - Y_pred));
  Operation optimizer = AdamOptimizer().Minimize(loss);
  Operation init = GlobalVariablesInitializer(g);

  Session session(g);
  session.Run(init).Check();
  const Feeds data = {{X, {{1, 2}, {3, 4}}}, {Y, {{1}, {0}}}};
  for (int i = 0; i < 1000; ++i) {
    session.Run(optimizer, data).Check();
    if (i % 100 == 0) std::cout << "loss: " << session.Run(loss, data).value() << "\n";
  }
  examples::SaveModel(g, session, examples::OptionValue(argc, argv, "--save", ""));
}
