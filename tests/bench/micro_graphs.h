// The small graphs that weir_bench measures.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/graph/builder.h"
#include "weir/session/session.h"

namespace weir::bench {

// A graph with what a run of it needs: values of all feeds, fetches, targets, and the target that initialises.
struct Model {
  std::string name;
  Builder graph;
  NamedFeeds feeds;
  std::vector<std::string> fetches, targets;
  std::string init;
};

// A placeholder, fetched as it is: nothing to compute.
std::unique_ptr<Model> Empty();
// n element-wise nodes over [2,1]: sums, products, differences and Relu; with Tanh in place of differences, as the
// peers' chains.
std::unique_ptr<Model> Chain(int n, bool tanh = false);
// y = relu(x w + b), one step of Adam: the first example.
std::unique_ptr<Model> LinearAdam();
// 784-128-10, cross-entropy, one step of Adam over 16 images.
std::unique_ptr<Model> MlpAdam();
// The digits example's network: two convolutions, a pool, two dense layers, dropout, L2; one step of Adam.
std::unique_ptr<Model> DigitsAdam();
// A recurrent layer unrolled over `steps`: about 30 nodes a step with its gradient.
std::unique_ptr<Model> Recurrent(int steps);

}  // namespace weir::bench
