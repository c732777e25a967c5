#include "support/options.h"

#include <filesystem>

namespace examples {

std::string OptionValue(int argc, char** argv, const std::string& flag, const std::string& otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] == flag) return argv[i + 1];
  }
  return otherwise;
}

void SaveModel(const weir::Builder& g, weir::Session& session, const std::string& folder) {
  if (folder.empty()) return;
  std::filesystem::create_directories(folder);
  weir::SaveGraph(g.graph(), folder + "/graph.pb").Check();
  (void)weir::Saver(&session).Save(folder + "/model").value();
}

}  // namespace examples
