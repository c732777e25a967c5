#include "weir_works.h"

#include <weir/weir.h>

#include <filesystem>
#include <iostream>

namespace {

using namespace weir;

Status Works(const std::string& folder) {
  Builder g;
  Variable w(g, {{1.0f}, {2.0f}}, {.name = "w"});
  Output x = ops::Placeholder(g, kFloat, {None, 2}, {.name = "x"});
  ops::MatMul(x, w, {.name = "y"});
  ops::RegexFullMatch(ops::Placeholder(g, kString, {None}, {.name = "words"}), "(a|b)+c", {.name = "matches"});
  Operation init = GlobalVariablesInitializer(g);

  WEIR_ASSIGN_OR_RETURN(std::string text, ExportGraphDefText(g.graph()));
  WEIR_ASSIGN_OR_RETURN(Graph from_text, ImportGraphDefText(text, &AllOps()));
  WEIR_ASSIGN_OR_RETURN(std::string bytes, ExportGraphDef(from_text));
  WEIR_ASSIGN_OR_RETURN(Graph graph, ImportGraphDef(bytes, &AllOps()));

  Session first(graph);
  WEIR_RETURN_IF_ERROR(first.Run(NamedFeeds{}, {}, {init.name()}).status());
  WEIR_ASSIGN_OR_RETURN(std::string path, Saver(&first).Save(folder + "/model"));
  Session second(graph);
  WEIR_RETURN_IF_ERROR(Saver(&second).Restore(path));
  WEIR_ASSIGN_OR_RETURN(auto y, second.Run(NamedFeeds{{"x", Tensor::Of<float>({1, 2}, {3, 4})}}, {"y"}));
  if (y[0].scalar<float>() != 11) return Internal("3 * 1 + 4 * 2 is not " + y[0].ToString());
  const Tensor words = Tensor::Vector(std::vector<std::string>{"abac", "abad"});
  WEIR_ASSIGN_OR_RETURN(auto matches, second.Run(NamedFeeds{{"words", words}}, {"matches"}));
  if (matches[0].ToString() != "[true, false]") return Internal("'(a|b)+c' matches " + matches[0].ToString());
  return {};
}

}  // namespace

int weir_works() {
  std::string folder = (std::filesystem::temp_directory_path() / "weir_works_XXXXXX").string();
  if (!mkdtemp(folder.data())) return 2;
  Status status = Works(folder);
  std::filesystem::remove_all(folder);
  if (status.ok()) return 0;
  std::cerr << status.ToString() << "\n";
  return 1;
}
