// graphdef run: runs a graph on fed values, from the shell.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "weir/graph/base/file.h"
#include "weir/runtime/io/npy.h"
#include "weir/session/save/saver.h"
#include "weir/tools/graphdef/feeds.h"
#include "weir/tools/graphdef/setup.h"

namespace weir::tool {

namespace {

struct RunOptions {
  ModelOptions model;
  FeedOptions feeds;
  std::string plan, ckpt, init, fetch_list, out, variables, trace;
  std::vector<std::string> fetches, targets;
  int steps = 0, threads = 0;
  bool with_init = false, optimize = true, check_numerics = false, json = false;
};

// A failure and the exit code that it means.
struct Failure {
  Status status;
  int exit = kOk;
};

using Arrays = std::vector<std::pair<std::string, Tensor>>;

// ---- what to run

using Strangers = std::map<std::string, Tensor>;

Result<std::vector<std::string>> NamedFetches(const RunOptions& o) {
  std::vector<std::string> names = o.fetches;
  if (o.fetch_list.empty()) return names;
  std::ifstream list(o.fetch_list);
  if (!list) return NotFound(fmt::format("error[file]: cannot read '{}'", o.fetch_list));
  for (std::string line; std::getline(list, line);) {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  return names;
}

// What to fetch; guessed when nothing at all is asked for. What only a file of feeds knows is its own value.
Result<std::vector<std::string>> Fetches(const RunOptions& o, const LoadedGraph& model, const Strangers& strangers) {
  const Graph& g = model.graph;
  WEIR_ASSIGN_OR_RETURN(auto names, NamedFetches(o));
  bool guess = names.empty() && o.targets.empty() && o.variables.empty() && !o.with_init;
  if (guess) {
    WEIR_ASSIGN_OR_RETURN(Wanted wanted, Want(model, {}, {}));
    names = wanted.names;
    if (names.empty())
      return InvalidArgument("error[fetch]: there is nothing to run")
          .Help("name tensors by --fetch or nodes by --target");
  }
  for (std::string& name : names) {
    if (strangers.count(name)) continue;
    WEIR_ASSIGN_OR_RETURN(Endpoint e, ParseTensor(g, name, "fetch"));
    name = g.EndpointName(e);
  }
  return names;
}

// ---- the steps

// The values of all steps along a leading axis.
Result<Tensor> Stack(const std::vector<Tensor>& parts, const std::string& name) {
  Dims dims{static_cast<int64_t>(parts.size())};
  const Dims& rest = parts[0].shape().dims();
  dims.insert(dims.end(), rest.begin(), rest.end());
  WEIR_ASSIGN_OR_RETURN(Shape shape, Shape::Make(dims));
  WEIR_ASSIGN_OR_RETURN(Tensor all, Tensor::Allocate(parts[0].dtype(), shape));
  for (size_t i = 0; i < parts.size(); ++i) {
    const Tensor& p = parts[i];
    if (!(p.shape() == parts[0].shape())) {
      return InvalidArgument(
          fmt::format("error[fetch]: '{}' has the shape {} in step {} and {} before: they do not stack", name,
                      p.shape().ToString(), i, parts[0].shape().ToString()));
    }
    p.CopyTo(ElementAt(p.dtype(), all.mutable_raw(), static_cast<int64_t>(i) * p.num_elements()));
  }
  return all;
}

Result<Arrays> Steps(const RunOptions& o, Session& session, const NamedFeeds& feeds,
                     const std::vector<std::string>& names, const Strangers& strangers, RunMetadata* metadata) {
  std::vector<std::string> fetches;
  for (const std::string& name : names) {
    if (!strangers.count(name)) fetches.push_back(name);
  }
  std::vector<std::vector<Tensor>> values(fetches.size());
  bool nothing = fetches.empty() && o.targets.empty();
  for (int step = 0; step < std::max(o.steps, 1) && !nothing; ++step) {
    RunConfig config{
        .cancel = &interrupted, .check_numerics = o.check_numerics, .metadata = o.trace.empty() ? nullptr : metadata};
    WEIR_ASSIGN_OR_RETURN(auto got, session.Run(feeds, fetches, o.targets, config));
    for (size_t i = 0; i < got.size(); ++i) values[i].push_back(std::move(got[i]));
  }
  Arrays arrays;
  for (const auto& [name, value] : strangers) {
    if (std::find(names.begin(), names.end(), name) != names.end()) arrays.emplace_back(name, value);
  }
  for (size_t i = 0; i < fetches.size(); ++i) {
    if (o.steps == 0) {
      arrays.emplace_back(fetches[i], std::move(values[i][0]));
      continue;
    }
    WEIR_ASSIGN_OR_RETURN(Tensor all, Stack(values[i], fetches[i]));
    arrays.emplace_back(fetches[i], std::move(all));
  }
  return arrays;
}

// ---- results

// JSON goes out as text, piece by piece, and stops when interrupted: a tree of it takes tens of bytes an element.
using Sink = std::function<void(const std::string&)>;

std::string JsonText(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string ElementJson(const Tensor& t, int64_t i) {
  if (t.dtype() == kString) return JsonText(t.data<std::string>()[i]);
  Json element;
  DispatchType(t.dtype(), NumberAndBoolTypes{}, [&](auto v) {
    using T = decltype(v);
    if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) element = float(t.data<T>()[i]);
    else if constexpr (kIsComplexType<T>) element = {t.data<T>()[i].real(), t.data<T>()[i].imag()};
    else element = t.data<T>()[i];
  });
  return JsonText(element);
}

// The elements as nested lists; [] when there are none, however many lists would hold them.
Status WriteElements(const Tensor& t, const Sink& sink) {
  constexpr size_t kPiece = 64 << 10;
  if (t.num_elements() == 0) return sink("[]"), Status();
  std::vector<int64_t> block(static_cast<size_t>(t.rank()));  // elements between two brackets of an axis
  for (int64_t a = t.rank() - 1, size = 1; a >= 0; --a)
    block[static_cast<size_t>(a)] = size *= t.shape()[static_cast<int>(a)];
  std::string text;
  for (int64_t i = 0; i < t.num_elements(); ++i) {
    auto opens = static_cast<size_t>(std::count_if(block.begin(), block.end(), [&](int64_t b) { return i % b == 0; }));
    if (i) text += std::string(opens, ']') + ",";
    text += std::string(opens, '[') + ElementJson(t, i);
    if (text.size() < kPiece) continue;
    if (interrupted) return Cancelled("error[run]: interrupted while writing what was fetched");
    sink(text);
    text.clear();
  }
  sink(text + std::string(static_cast<size_t>(t.rank()), ']'));
  return {};
}

Status WriteJson(const Arrays& arrays, const Sink& sink) {
  sink("{\n  \"schema\": \"graphdef.run/1\",\n  \"fetches\": {");
  const char* separator = "\n";
  for (const auto& [name, t] : arrays) {
    sink(fmt::format("{}    {}: {{\n      \"dtype\": \"{}\",\n      \"shape\": {},\n      \"value\": ", separator,
                     JsonText(name), DTypeName(t.dtype()), JsonText(t.shape().dims())));
    WEIR_RETURN_IF_ERROR(WriteElements(t, sink));
    sink("\n    }");
    separator = ",\n";
  }
  sink("\n  }\n}\n");
  return {};
}

Status WriteArrays(const RunOptions& o, const Arrays& arrays) {
  if (o.out.empty()) {
    if (o.json) return WriteJson(arrays, Print);
    for (const auto& [name, t] : arrays) {
      Print(fmt::format("{} {}{} {}\n", name, DTypeShortName(t.dtype()), t.shape().ToString(), t.ToString()));
    }
    return {};
  }
  if (o.out.ends_with(".json")) {
    std::string all;
    WEIR_RETURN_IF_ERROR(WriteJson(arrays, [&](const std::string& piece) { all += piece; }));
    return io::WriteFile(o.out, all);
  }
  if (!o.out.ends_with(".npy")) return io::WriteNpz(o.out, arrays);
  if (arrays.size() != 1)
    return InvalidArgument(fmt::format("error[file]: a .npy file holds one array, not {}", arrays.size()))
        .Help("write .npz");
  return io::WriteNpy(o.out, arrays[0].second);
}

Status WriteVariables(const RunOptions& o, const Session& session) {
  Arrays arrays;
  for (const std::string& name : CheckpointNames(session.graph())) {
    WEIR_ASSIGN_OR_RETURN(auto value, session.FindValue(name));
    if (value) arrays.emplace_back(name, std::move(*value));
  }
  return io::WriteNpz(o.variables, arrays);
}

// `compiled`: of a plan's file, whose graph the model's is.
Failure Execute(const RunOptions& o, LoadedGraph model, std::optional<CompiledGraph> compiled) {
  InferBestEffort(model.graph);
  SessionOptions settings{.threads = o.threads, .optimize = o.optimize, .allow_file_ops = true};
  if (o.check_numerics) settings.disabled_passes.insert("fuse_elementwise");  // so that one op is to blame
  Strangers strangers;
  auto feeds = o.feeds.Collect(model.graph, &strangers);
  if (!feeds.ok()) return {feeds.status(), FeedExit(feeds.status())};
  auto fetches = Fetches(o, model, strangers);
  if (!fetches.ok()) return {fetches.status(), kUsage};
  if (auto targets = Want(model, {}, o.targets); !targets.ok()) return {targets.status(), kUsage};
  std::optional<Session> made;
  if (compiled) made.emplace(std::move(*compiled), settings);
  else made.emplace(std::move(model.graph), settings);
  Session& session = *made;
  if (Status s = StartModel(session, model.format, model.meta, o.model.path, o.ckpt); !s.ok()) return {s, kBadFile};
  if (o.with_init) {
    auto done = session.Run(*feeds, {}, {o.init.empty() ? "init" : o.init}, {.cancel = &interrupted});
    if (!done.ok()) return {done.status(), kRunError};
    if (Status s = FillTables(session, model.meta.get(), *feeds); !s.ok()) return {s, kRunError};
  }
  RunMetadata metadata;
  auto arrays = Steps(o, session, *feeds, *fetches, strangers, &metadata);
  if (!arrays.ok()) return {arrays.status(), kRunError};
  if (Status s = WriteArrays(o, *arrays); !s.ok()) return {s, kRunError};
  if (!o.variables.empty()) {
    if (Status s = WriteVariables(o, session); !s.ok()) return {s, kRunError};
  }
  if (!o.trace.empty()) {
    if (Status s = metadata.WriteChromeTrace(o.trace); !s.ok()) return {s, kRunError};
  }
  return {};
}

int RunModel(const RunOptions& o) {
  ModelOptions file = o.model;
  std::optional<CompiledGraph> compiled;
  if (!o.plan.empty()) {
    auto loaded = CompiledGraph::Load(o.plan);
    if (!loaded.ok()) return Report(loaded.status(), kBadFile);
    compiled = std::move(*loaded);
    file.path = o.plan;
  }
  auto model = Load(file);
  if (!model.ok()) return Report(model.status(), kBadFile);
  Failure f = Execute(o, std::move(*model), std::move(compiled));
  return f.status.ok() ? kOk : Report(f.status, f.exit);
}

}  // namespace

void AddRun(CLI::App& app, Action* action) {
  auto o = std::make_shared<RunOptions>();
  CLI::App* verb = AddVerb(
      app, "run", "Runs a graph on fed values and prints or writes what it computes.",
      {"graphdef run model.pb --feed 'x=[[1,2],[3,4]]' --fetch y",
       "graphdef run model.meta --ckpt model --feeds f.npz --target train --steps 3 --fetch loss --variables v.npz"});
  CLI::Option* model = o->model.AddTo(verb);
  o->feeds.AddTo(verb);
  model->required(false);
  verb->add_option("--plan", o->plan, "In place of a model: what `graphdef plan --save` wrote; nothing is compiled")
      ->excludes(model);
  verb->add_option("--ckpt", o->ckpt, "Set the variables from this checkpoint: a prefix, or a folder (its latest)");
  CLI::Option* init =
      verb->add_option("--init", o->init,
                       "After the model, alone: first run the node 'init'; as --init=NODE: first run NODE; then what "
                       "fills the MetaGraph's tables")
          ->expected(0, 1)
          ->check([model](const std::string& node) {
            bool swallowed = model->count() == 0 && (io::FileExists(node) || io::IsDirectory(node));
            return swallowed ? fmt::format("'{0}' is taken for the node to run, which leaves no model: write `graphdef "
                                           "run {0} --init` or `graphdef run --init=NODE {0}`",
                                           node)
                             : "";
          });
  verb->add_option("--fetch", o->fetches, "A tensor to compute: node:0")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  verb->add_option("--fetches", o->fetch_list, "A text file of tensors, one a line");
  verb->add_option("--target", o->targets, "A node to run")->take_all()->expected(1)->allow_extra_args(false);
  verb->add_option("--steps", o->steps, "Run so many times; what is fetched gets a leading axis")
      ->check(CLI::PositiveNumber);
  verb->add_option("--out", o->out, "Write what was fetched: .npz, .npy or .json");
  verb->add_option("--variables", o->variables, "Write all variables after the last step: .npz");
  verb->add_option("--threads", o->threads, "Threads, the caller's included; 0: as many as processors")
      ->check(CLI::Range(0, 1024));
  verb->add_option("--optimize", o->optimize, "0: run the graph as it is");
  verb->add_option("--trace", o->trace, "Write the last step's times as a Chrome trace: .json");
  verb->add_flag("--check-numerics", o->check_numerics, "NaN or infinity is an error that names the op that made it");
  verb->add_flag("--json", o->json, "Print as JSON; complex numbers as [real, imaginary]");
  verb->callback([=] {
    o->with_init = init->count() > 0;
    if (o->model.path.empty() && o->plan.empty()) throw CLI::RequiredError("model");
    *action = [o] { return RunModel(*o); };
  });
}

}  // namespace weir::tool
