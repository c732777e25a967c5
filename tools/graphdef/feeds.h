// What a user feeds from the command line: literals, files, generated values.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "weir/session/session.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

// A nested literal, `[[1, 2], [3, 4]]`, `3`, `"text"`, `[true, false]`, as a tensor of `dtype`.
Result<Tensor> ParseLiteral(std::string_view text, DType dtype);
// A value for an output of this type: a literal, a .npy file, `@zeros`, `@ones`, `@normal(seed=1)`, `@uniform(seed=1)`.
// What is generated takes the output's shape, unknown dimensions being `batch`, or one that is given: `@zeros[2,3]`.
Result<Tensor> ParseValue(const std::string& text, const OutputType& type, int64_t batch);
Result<Tensor> Generate(const std::string& what, uint64_t seed, DType dtype, const Shape& shape);
// The shape with unknown dimensions set to `batch`.
Result<Shape> Concrete(const OutputType& type, int64_t batch);

// --feed and --feeds of the verbs that run a graph.
struct FeedOptions {
  std::vector<std::string> feeds;
  std::string file;
  int64_t batch = 1;
  void AddTo(CLI::App* verb);
  // A later one of the same name wins. Arrays of the file that the graph has no tensor for go to `strangers`.
  Result<NamedFeeds> Collect(const Graph& g, std::map<std::string, Tensor>* strangers = nullptr) const;
  // The same, followed by random values for the needed placeholders that are left out; `given` is how many come before
  // those.
  Result<NamedFeeds> CollectAll(const Graph& g, const std::vector<bool>& needed, size_t* given = nullptr) const;
};

// The exit code for feeds that cannot be had: the command line's fault, or a file's.
int FeedExit(const Status& status);

// Every needed placeholder that `feeds` leaves out, with random values.
Status FeedTheRest(const Graph& g, const std::vector<bool>& needed, int64_t batch, uint64_t seed, NamedFeeds* feeds);

}  // namespace weir::tool
