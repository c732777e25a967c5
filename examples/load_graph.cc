// Opens a graph that TensorFlow wrote with its variables frozen into constants, feeds its placeholders by name and
// prints what it computes: every output that no other node reads.
//
//   load_graph FILE.pb [NAME=NUMBER,NUMBER,…]…
//   load_graph examples/data/xor.pb x=0,0,0,1,1,0,1,1
//
// The numbers fill the placeholder's shape row by row; one unknown size follows from how many there are. A placeholder
// that is not named gets zeros, with 1 for unknown sizes.
#include <weir/weir.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace weir;

namespace {

// "1,2,3" as numbers.
std::vector<double> ParseNumbers(const std::string& text) {
  std::vector<double> numbers;
  std::stringstream stream(text);
  for (std::string item; std::getline(stream, item, ',');) numbers.push_back(std::stod(item));
  return numbers;
}

// A tensor for the placeholder, of these numbers; of zeros when there are none.
Tensor ValueFor(const Node& placeholder, std::vector<double> numbers) {
  Dims dims = placeholder.attr<PartialShape>("shape").dims();
  int64_t known = 1;
  for (Dim d : dims) known *= std::max<Dim>(Known(d) ? d : 1, 1);
  for (Dim& d : dims) {
    if (Known(d)) continue;
    d = std::max<int64_t>(1, static_cast<int64_t>(numbers.size()) / known);
    known *= d;
  }
  const Shape shape = Shape::Make(dims).value();
  if (numbers.empty()) numbers.resize(shape.num_elements());
  const Tensor flat = Tensor::Vector(numbers).Reshaped(shape).value();

  // A small graph of its own converts to the dtype asked for.
  Builder b;
  Output cast = ops::Cast(b.Constant(flat), placeholder.type_attr("dtype"));
  return Session(b, {.threads = 1}).Run(cast).value();
}

void Run(const std::string& file, std::map<std::string, std::vector<double>> numbers) {
  const LoadedGraph loaded = LoadGraph(file, &AllOps()).value();
  NamedFeeds feeds;
  std::vector<std::string> fetches;
  for (NodeId id : loaded.graph.nodes()) {
    const Node& node = loaded.graph[id];
    if (node.Is("Placeholder")) {
      feeds.emplace_back(node.name(), ValueFor(node, numbers[node.name()]));
      numbers.erase(node.name());
    } else if (node.users().empty() && !node.outputs().empty()) {
      fetches.push_back(node.name());
    }
  }
  if (!numbers.empty()) throw Error(Code::kNotFound, file + " has no placeholder '" + numbers.begin()->first + "'");

  for (const auto& [name, value] : feeds) std::cout << name << " = " << value << "\n";
  const Session session(loaded.graph);
  const std::vector<Tensor> results = session.Run(feeds, fetches).value();
  for (size_t i = 0; i < fetches.size(); ++i) std::cout << fetches[i] << " = " << results[i] << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: load_graph FILE.pb [NAME=NUMBER,NUMBER,...]...\n";
    return 2;
  }
  try {
    std::map<std::string, std::vector<double>> numbers;
    for (int i = 2; i < argc; ++i) {
      const std::string argument = argv[i];
      const size_t equals = argument.find('=');
      if (equals == std::string::npos)
        throw Error(Code::kInvalidArgument, "'" + argument + "' is not NAME=NUMBER,NUMBER,...");
      numbers[argument.substr(0, equals)] = ParseNumbers(argument.substr(equals + 1));
    }
    Run(argv[1], std::move(numbers));
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
