#include "text.h"

#include <weir/weir.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace examples {

std::string ReadTextFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw weir::Error(weir::Code::kNotFound, "cannot open " + path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

std::vector<std::string> FilesBelow(const std::string& folder, const std::string& ending) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ending) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string CommentsOf(const std::string& code) {
  std::string comments;
  std::stringstream lines(code);
  for (std::string line; std::getline(lines, line);) {
    const size_t start = line.find_first_not_of(' ');
    if (start != std::string::npos && line.compare(start, 3, "// ") == 0) comments += line.substr(start + 3) + '\n';
  }
  return comments;
}

std::vector<std::string> WordsOf(const std::string& text) {
  std::vector<std::string> words;
  bool inside = false;
  for (unsigned char c : text) {
    if (std::isalpha(c)) {
      if (!inside) words.emplace_back();
      words.back() += static_cast<char>(std::tolower(c));
    }
    inside = std::isalpha(c);
  }
  return words;
}

}  // namespace examples
