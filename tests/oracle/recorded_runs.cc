#include "weir/tests/oracle/recorded_runs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>

#include "weir/graph/import.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"

namespace weir::testing {

namespace {

constexpr std::chrono::milliseconds kTimeout{300};  // of runs that TensorFlow ended so, too

std::vector<std::string> Words(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string w; in >> w;) words.push_back(w);
  return words;
}

// The rows of all tensors, in the order of their texts.
std::vector<std::string> SortedRows(const std::vector<Tensor>& tensors) {
  const int64_t n = tensors[0].shape()[0];
  std::vector<std::string> rows(static_cast<size_t>(n));
  for (const Tensor& t : tensors) {
    const int64_t width = n == 0 ? 0 : t.num_elements() / n;
    for (int64_t r = 0; r < n; ++r) {
      Tensor row = Tensor::Zeros(t.dtype(), Shape({width}));
      CopyElements(t.dtype(), ElementAt(t.dtype(), t.raw(), r * width), row.mutable_raw(), width);
      rows[static_cast<size_t>(r)] += row.ToString();
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

class Replay {
 public:
  Replay(const Graph& g, bool optimize, int threads)
      : g_(g), folder_(fmt::format("{}/weir_runs_{}/", std::filesystem::temp_directory_path().string(), ::getpid())),
        session_(g, {.threads = threads, .optimize = optimize, .allow_file_ops = true}) {
    std::filesystem::create_directories(folder_);
  }
  ~Replay() { std::filesystem::remove_all(folder_); }

  std::string Line(size_t number, const std::string& line) {
    std::vector<std::string> words = Words(line);
    const std::string verb = words[0];
    words.erase(words.begin());
    if (verb == "file") return File(words[0]);
    int code = 0;
    if (verb == "fails") code = std::stoi(words[0]), words.erase(words.begin());
    NamedFeeds feeds;
    for (const auto& [name, path] : paths_) feeds.emplace_back("path/" + name + ":0", Tensor(path));
    std::vector<std::string> fetches, targets;
    for (const std::string& w : words) (w.find(':') == w.npos ? targets : fetches).push_back(w);
    auto got = session_.Run(feeds, fetches, targets, {.timeout = kTimeout});
    if (verb == "fails") {
      if (static_cast<int>(got.status().code()) == code) return "";
      return fmt::format("code {} instead of {}: {}", static_cast<int>(got.status().code()), code,
                         got.status().ToString());
    }
    if (!got.ok()) return got.status().ToString();
    return verb == "run" ? "" : Compare(number, *got, verb == "rows");
  }

 private:
  std::string File(const std::string& name) {
    const std::string path = folder_ + name;
    const Tensor content = g_.node(g_.Find("file/" + name)).attr<Tensor>("value");
    std::ofstream(path, std::ios::binary) << content.data<std::string>()[0];
    paths_.emplace_back(name, path);
    return "";
  }

  std::string Compare(size_t line, std::vector<Tensor>& got, bool any_order) const {
    std::vector<Tensor> want;
    for (size_t k = 0; k < got.size(); ++k) {
      want.push_back(g_.node(g_.Find(fmt::format("want/{}/{}", line, k))).attr<Tensor>("value"));
      if (got[k].dtype() != want[k].dtype() || !(got[k].shape() == want[k].shape()))
        return fmt::format("{} of {} instead of {}", k, got[k].shape().ToString(), want[k].shape().ToString());
      if (got[k].dtype() == kString) LeaveFolderOut(&got[k]);
      if (!any_order && !got[k].Identical(want[k]))
        return fmt::format("{} instead of {}", got[k].ToString(50), want[k].ToString(50));
    }
    if (!any_order || SortedRows(got) == SortedRows(want)) return "";
    return fmt::format("other rows: {} instead of {}", got[0].ToString(50), want[0].ToString(50));
  }

  void LeaveFolderOut(Tensor* t) const {
    for (int64_t i = 0; i < t->num_elements(); ++i) {
      std::string& text = t->mutable_data<std::string>()[i];
      if (size_t at = text.find(folder_); at != text.npos) text.erase(at, folder_.size());
    }
  }

  const Graph& g_;
  std::string folder_;
  Session session_;
  std::vector<std::pair<std::string, std::string>> paths_;
};

}  // namespace

std::string CompareRecordedRuns(std::string_view graph_def) {
  auto g = ImportGraphDef(graph_def, &AllOps());
  if (!g.ok()) return g.status().ToString();
  const NodeId script = g->Find("script");
  if (!script.valid()) return "holds no script";
  const std::vector<std::string> lines = g->node(script).attr<Tensor>("value").ToVector<std::string>();
  for (bool optimize : {false, true}) {
    Replay replay(*g, optimize, optimize ? 4 : 1);
    for (size_t i = 0; i < lines.size(); ++i) {
      if (std::string d = replay.Line(i, lines[i]); !d.empty())
        return fmt::format("{}: line {}, '{}': {}", optimize ? "optimised" : "as it is", i, lines[i], d);
    }
  }
  return "";
}

}  // namespace weir::testing
