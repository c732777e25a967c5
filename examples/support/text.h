// Text to learn from: the documentation of this repository.
#pragma once

#include <string>
#include <vector>

namespace examples {

// The whole of a file. Throws weir::Error when it cannot be read.
std::string ReadTextFile(const std::string& path);
// The paths of all files below a folder with this ending, in order.
std::vector<std::string> FilesBelow(const std::string& folder, const std::string& ending);
// The full-line comments of C++ code, one after another.
std::string CommentsOf(const std::string& code);
// The words of a text: runs of letters, in lower case.
std::vector<std::string> WordsOf(const std::string& text);

}  // namespace examples
