// What the verbs of `graphdef` share: loading models, exit codes, messages, JSON.
//
// Manners: results go to stdout, messages to stderr; exit codes are below; nothing a user passes ends the process by a
// signal.
#pragma once

#include <CLI/CLI.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "weir/graph/import.h"
#include "weir/ops/model/variables.h"

namespace weir::tool {

enum Exit { kOk = 0, kNegative = 1, kUsage = 2, kBadFile = 3, kRunError = 4, kResources = 5, kInterrupted = 130 };

using Json = nlohmann::ordered_json;
// What the chosen verb does; returns the exit code.
using Action = std::function<int()>;

// ---- the verbs, one a file
void AddDump(CLI::App& app, Action* action);
void AddSummary(CLI::App& app, Action* action);
void AddCheck(CLI::App& app, Action* action);
void AddRun(CLI::App& app, Action* action);
void AddGrad(CLI::App& app, Action* action);
void AddOpt(CLI::App& app, Action* action);
void AddPlan(CLI::App& app, Action* action);
void AddBench(CLI::App& app, Action* action);
void AddDraw(CLI::App& app, Action* action);
void AddShow(CLI::App& app, Action* action);
void AddDiff(CLI::App& app, Action* action);
void AddExtract(CLI::App& app, Action* action);
void AddFreeze(CLI::App& app, Action* action);
void AddConvert(CLI::App& app, Action* action);
void AddOps(CLI::App& app, Action* action);
void AddCkpt(CLI::App& app, Action* action);
void AddRecords(CLI::App& app, Action* action);
void AddEvents(CLI::App& app, Action* action);
void AddVerbs(CLI::App& app, Action* action);  // all of them

// A verb with its help; `examples` are whole command lines.
CLI::App* AddVerb(CLI::App& app, const std::string& name, const std::string& what,
                  std::initializer_list<const char*> examples);

// Which model a verb works on: a file, a SavedModel's folder, or `-`.
struct ModelOptions {
  std::string path;
  std::vector<std::string> tags;
  CLI::Option* AddTo(CLI::App* verb);  // the model's
};
Result<LoadedGraph> Load(const ModelOptions& options);
// A SavedModel's folder, of itself or of its file.
std::string FolderOf(const std::string& model);

// ---- output
void Print(const std::string& text);  // to stdout
void PrintJson(const Json& json);
void Message(const std::string& text);  // to stderr
// Says what went wrong, and returns the exit code: `otherwise`, or that of resources or an interrupt.
int Report(const Status& status, int otherwise);
// Writes to a file, or to stdout when `path` is "" or "-".
Status WriteResult(const std::string& path, const std::string& content);

// Turns true when the user interrupts.
extern std::atomic<bool> interrupted;

// ---- models
std::vector<NodeId> Placeholders(const Graph& g);
using weir::IsVariable;
// Tensors that nothing but gradients and summaries consumes and that a run may fetch: what a model most likely
// computes. No gradients, nothing computed from them, and nothing that writes.
std::vector<Endpoint> Sinks(const Graph& g);
// What to compute and to run; as names, too.
struct Wanted {
  std::vector<Endpoint> fetches;
  std::vector<NodeId> targets;
  std::vector<std::string> names;  // of the fetches
};
// The tensors and nodes of these names. Where none is named, the results of the model's signatures (of
// `serving_default` alone where there is one, unless `all`), or in a graph without signatures its Sinks.
Result<Wanted> Want(const LoadedGraph& m, const std::vector<std::string>& fetches,
                    const std::vector<std::string>& targets, bool all = false);
// Where neither names nor a guess tell what: --outputs should.
Status NothingToCompute();
// The nodes that these need, themselves included.
std::vector<bool> NeededBy(const Graph& g, const Wanted& wanted);  // by id
// Gives placeholders of unknown shape the shape that a signature tells of them. For runs: the graph of the file has
// none.
void AssumeSignatureShapes(const LoadedGraph& m, Graph* g);
// The tensor of this name; where there is none, an `error[what]` that tells the nearest ones.
Result<Endpoint> ParseTensor(const Graph& g, const std::string& name, const std::string& what);
std::string TypeText(const Graph& g, Endpoint e);
// [{"name": "x:0", "type": "f32[?,2]"}, …]
Json TypesJson(const Graph& g, const std::vector<Endpoint>& tensors);
std::vector<Endpoint> Inputs(const Graph& g);  // the placeholders' outputs
// "12,345"
std::string Thousands(int64_t n);

}  // namespace weir::tool
