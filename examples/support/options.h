// What the examples take from the command line, and what they leave behind when asked.
#pragma once

#include <weir/weir.h>

#include <string>

namespace examples {

// The argument after `flag`; `otherwise` when there is none.
std::string OptionValue(int argc, char** argv, const std::string& flag, const std::string& otherwise);

// Writes the graph (FOLDER/graph.pb) and the variables (checkpoint FOLDER/model); nothing when `folder` is empty.
// `graphdef` and TensorFlow open both. Throws weir::Error when a file cannot be written.
void SaveModel(const weir::Builder& g, weir::Session& session, const std::string& folder);

}  // namespace examples
