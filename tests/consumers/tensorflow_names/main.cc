// Weir beside somebody else's messages of TensorFlow's names, as when TensorFlow itself is in the process: no name is
// registered twice, and each side reads what the other wrote.
#include <weir/weir.h>

#include <iostream>

#include "tensorflow/core/framework/graph.pb.h"

using namespace weir;

int main() {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None, 2}, {.name = "x"});
  ops::MatMul(x, {{1.0f}, {2.0f}}, {.name = "y"});

  tensorflow::GraphDef theirs;
  if (!theirs.ParseFromString(ExportGraphDef(g.graph()).value())) return 1;
  for (tensorflow::NodeDef& node : *theirs.mutable_node()) {
    std::cout << node.op() << " '" << node.name() << "'\n";
    if (node.op() == "MatMul") node.set_name("renamed");
  }

  const Graph ours = ImportGraphDef(theirs.SerializeAsString(), &AllOps()).value();
  const Session session(ours);
  const Tensor value = session.Run(NamedFeeds{{"x", Tensor::Of<float>({1, 2}, {3, 4})}}, {"renamed"}).value()[0];
  std::cout << value << "\n";
  return value.scalar<float>() == 11 ? 0 : 1;
}
