// A model from training to serving: trained and watched, exported as a SavedModel, loaded by its folder alone, run by
// its signature. TensorFlow Serving loads the same folder, TensorBoard shows the logs.
//
//   saved_model [--to DIR]       what it leaves: DIR/1, the model, and DIR/logs
#include <weir/weir.h>

#include <filesystem>
#include <iostream>

#include "support/options.h"

using namespace weir;
using namespace weir::ops;

namespace {

// Learns the area of an ellipse from its axes, and exports what it learnt.
void TrainAndExport(const std::string& folder) {
  Builder g;
  Output axes = Placeholder(g, kFloat, {None, 2}, {.name = "axes"});
  Output wanted = 3.14159265f / 4 * ReduceProd(axes, {1});
  Output hidden = layers::Dense(axes, 32, {.activation = [](Output x) { return Tanh(x); }});
  Output area = layers::Dense(hidden, 1)[{_, 0}];
  Output loss = ReduceMean(Square(area - wanted));
  Operation step = AdamOptimizer(0.01f).Minimize(loss);
  Output random = RandomUniform(g, {64, 2}, {.name = "samples"});
  Operation init = GlobalVariablesInitializer(g);

  Session session(g);
  session.Run(init).Check();
  SummaryWriter logs = SummaryWriter::Open(folder + "/logs").value();
  logs.AddGraph(g.graph()).Check();
  for (int i = 0; i < 2000; ++i) {
    auto results = session.Run({loss, step}, {{axes, session.Run(random).value()}}).value();
    if (i % 100 == 0) logs.AddScalar("loss", results[0].at<float>(), i).Check();
  }
  SavedModelBuilder model(folder + "/1");
  model.AddMetaGraph(g, {.signatures = {{"serving_default", PredictSignature({{"axes", axes}}, {{"area", area}})}}})
      .Check();
  model.Save(session).Check();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = examples::OptionValue(argc, argv, "--to", "ellipses");
  std::filesystem::remove_all(folder);
  TrainAndExport(folder);

  SavedModel model = LoadSavedModel(folder + "/1").value();
  for (const auto& [name, signature] : model.signatures()) std::cout << name << " " << signature.method_name << "\n";
  Tensor area = model.Run("serving_default", {{"axes", Tensor::Of<float>({1, 2}, {1, 0.5f})}}).value().at("area");
  std::cout << "the area of an ellipse 1 wide and 0.5 high: " << area << " (it is 0.3927)\n";
}
