#include "weir/session/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>

#include "weir/ops/kernels.h"
#include "weir/ops/model/variables.h"
#include "weir/runtime/exec/executor.h"
#include "weir/session/compile/pipeline.h"
#include "weir/session/session_impl.h"

namespace weir {

namespace {

constexpr char kWhyInvalid[] = "the builder's status() tells what failed; where it is OK, nothing made what was given";


SessionOptions Complete(SessionOptions o) {
  if (o.threads <= 0) o.threads = AvailableProcessors();
  o.threads = std::min(o.threads, 1024);
  o.max_plans = std::max(o.max_plans, 1);
  return o;
}

CompileEnv EnvOf(const SessionOptions& o, bool compiled, ResourceStore* resources, FormStore* forms) {
  CompileEnv env;
  env.resources = resources;
  if (o.keep_forms) env.forms = forms;
  env.options.optimize = o.optimize && !compiled;
  env.options.optimize_bodies = o.optimize;
  env.options.precision = o.precision;
  env.options.disabled_passes = o.disabled_passes;
  env.options.threads = o.threads;
  env.options.services.allow_file_ops = o.allow_file_ops;
  env.options.services.print = o.print;
  return env;
}

}  // namespace

Session::Impl::Impl(Graph graph, SessionOptions options, bool compiled)
    : options_(Complete(std::move(options))), graph_(std::make_shared<Graph>(std::move(graph))),
      plans_({options_.max_plans, options_.max_cache_bytes}, EnvOf(options_, compiled, &resources_, &forms_)) {
  AllKernels();  // from here on no kernel can be registered
  if (options_.threads > 1) pool_ = std::make_unique<ThreadPool>(options_.threads);
}

Status Session::Impl::CheckFeed(Endpoint e, const Tensor& value) const {
  const OutputType& t = graph_->type(e);
  const Node& n = graph_->node(e.node);
  if (!value.valid())
    return InvalidArgument(fmt::format("error[feed]: '{}' was fed no value", graph_->EndpointName(e)));
  bool other = t.dtype != DType::kInvalid && value.dtype() != BaseType(t.dtype);
  if (!other && t.shape.Admits(value.shape())) return {};
  Status s =
      InvalidArgument(fmt::format("error[feed]: {} '{}' is {}, but was fed {}{}", n.op(), graph_->EndpointName(e),
                                  t.ToString(), DTypeShortName(value.dtype()), value.shape().ToString()));
  if (n.loc()) s = std::move(s).Detail("created at " + n.loc().ToString());
  if (!other || t.dtype == kString || value.dtype() == kString) return s;
  std::string want = DTypeName(BaseType(t.dtype));
  std::string numpy = t.dtype == kFloat    ? "float32"
                      : t.dtype == kDouble ? "float64"
                      : t.dtype == kHalf   ? "float16"
                                           : want;
  return std::move(s).Help(fmt::format(
      "convert by a std::vector of {} in C++ or .astype('{}') in NumPy, or feed a placeholder of {} and Cast it", want,
      numpy, DTypeName(value.dtype())));
}

RunOptions Session::Impl::OptionsOf(const RunConfig& config, std::vector<StepTime>* trace) const {
  RunOptions o;
  o.pool = pool_.get();
  o.limits.cancel = config.cancel;
  if (config.timeout.count() > 0) o.limits.deadline = std::chrono::steady_clock::now() + config.timeout;
  o.check_numerics = config.check_numerics;
  if (config.metadata) o.trace = trace;
  return o;
}

void FillMetadata(const std::vector<StepTime>& trace, RunMetadata* out) {
  out->steps.clear();
  for (const StepTime& t : trace)
    out->steps.push_back({t.step->info->op, t.step->info->name, t.start_ns / 1e3, (t.end_ns - t.start_ns) / 1e3});
}

Result<std::vector<Tensor>> Session::Impl::Run(const Signature& s, const std::vector<Tensor>& feeds,
                                               const RunConfig& config) {
  for (size_t i = 0; i < feeds.size(); ++i) WEIR_RETURN_IF_ERROR(CheckFeed(s.feeds[i], feeds[i]));
  std::vector<StepTime> trace;
  for (PlanCache::Wish wish{.unfused = config.check_numerics};;) {
    WEIR_ASSIGN_OR_RETURN(auto lease, plans_.LeaseOf(*graph_, s, feeds, wish));
    for (size_t i = 0; i < feeds.size(); ++i) lease->SetFeed(static_cast<int>(i), feeds[i]);
    Status status = lease->Run(OptionsOf(config, &trace));
    if (config.metadata) FillMetadata(trace, config.metadata);
    std::vector<Tensor> results;
    if (status.ok()) status = lease->TakeFetches(&results);
    else lease->Finish();
    if (status.ok()) return results;
    if (!plans_.Adapt(*lease, &wish)) return status;
  }
}

namespace {

Status OfAnotherBuilder(const char* what, const std::string& name) {
  return InvalidArgument(
             fmt::format("error[{}]: '{}' is of another builder than the one that the session was made of", what, name))
      .Help("make a session of its builder; names (session.Run({{\"x\", …}}, {\"y\"})) work across builders");
}

}  // namespace

Result<Endpoint> Session::Impl::Resolve(const Output& o, const char* what) const {
  if (!o.valid()) {
    Status built = o.builder() ? o.builder()->status() : Status();
    if (!built.ok()) return built;
    return InvalidArgument(
        fmt::format("error[{}]: an invalid output was given", what)).Help(kWhyInvalid);
  }
  if (!IsOurs(o.builder())) return OfAnotherBuilder(what, o.name());
  if (!graph_->alive(o.endpoint().node)) {
    return FailedPrecondition(fmt::format("error[{}]: '{}' was added after the session was made", what, o.name()))
        .Help("call Session::Extend(builder) first");
  }
  // Why: Builder::Add gives an Output of ops that have none, too.
  const Endpoint e = o.endpoint();
  if (static_cast<size_t>(e.index) < graph_->node(e.node).outputs().size()) return e;
  return InvalidArgument(fmt::format("error[{}]: '{}' has no output {}", what, graph_->node(e.node).name(), e.index))
      .Help("an operation without outputs is run: session.Run(output.op())");
}

Result<NodeId> Session::Impl::Resolve(const Operation& o) const {
  if (!o.valid()) {
    Status built = o.builder() ? o.builder()->status() : Status();
    if (!built.ok()) return built;
    return InvalidArgument("error[target]: an invalid operation was given").Help(kWhyInvalid);
  }
  if (!IsOurs(o.builder())) return OfAnotherBuilder("target", o.name());
  if (!graph_->alive(o.id())) {
    return FailedPrecondition(fmt::format("error[target]: '{}' was added after the session was made", o.name()))
        .Help("call Session::Extend(builder) first");
  }
  return o.id();
}

Result<Signature> Session::Impl::SignatureOf(const std::vector<Output>& feeds, const std::vector<Output>& fetches,
                                             const std::vector<Operation>& targets) const {
  WEIR_RETURN_IF_ERROR(builder_status_);
  Signature s;
  for (const Output& o : fetches) {
    WEIR_ASSIGN_OR_RETURN(Endpoint e, Resolve(o, "fetch"));
    s.fetches.push_back(e);
  }
  for (const Operation& o : targets) {
    WEIR_ASSIGN_OR_RETURN(NodeId id, Resolve(o));
    s.targets.push_back(id);
  }
  for (const Output& o : feeds) {
    WEIR_ASSIGN_OR_RETURN(Endpoint e, Resolve(o, "feed"));
    s.feeds.push_back(e);
  }
  return s;
}

Result<Signature> Session::Impl::SignatureOf(const std::vector<std::string>& feeds,
                                             const std::vector<std::string>& fetches,
                                             const std::vector<std::string>& targets) const {
  Signature s;
  for (const std::string& name : feeds) {
    WEIR_ASSIGN_OR_RETURN(Endpoint e, ParseTensorName(name, "feed"));
    s.feeds.push_back(e);
  }
  for (const std::string& name : fetches) {
    WEIR_ASSIGN_OR_RETURN(Endpoint e, ParseTensorName(name, "fetch"));
    s.fetches.push_back(e);
  }
  for (const std::string& name : targets) {
    std::string node = name.size() > 1 && name[0] == '^' ? name.substr(1) : name;
    if (auto known = names_.find('^' + node); known != names_.end()) node = known->second;
    NodeId id = graph_->Find(node);
    if (!id.valid()) {
      WEIR_ASSIGN_OR_RETURN(Endpoint e, ParseTensorName(node, "target"));
      id = e.node;
    }
    s.targets.push_back(id);
  }
  return s;
}

Result<Endpoint> Session::Impl::ParseTensorName(const std::string& name, const char* what) const {
  auto known = names_.find(name.find(':') == std::string::npos ? name + ":0" : name);
  auto e = graph_->ParseEndpoint(known == names_.end() ? name : known->second);
  if (e.ok()) return *e;
  Status s = e.status();
  for (const std::string& fixed : fixed_) {
    if (fixed == name || fixed == name + ":0")
      s = InvalidArgument(fmt::format("'{}' is compiled in: its value has decided shapes", name));
  }
  return Status(s.code(), fmt::format("error[{}]: {}", what, s.message())).Help(s.help());
}

// ---- Session

Session::Session(const Builder& b, SessionOptions options)
    : impl_(std::make_unique<Impl>(b.graph(), std::move(options))) {
  impl_->builder_ = &b;
  impl_->builder_status_ = b.status();
}
Session::Session(Graph graph, SessionOptions options)
    : impl_(std::make_unique<Impl>(std::move(graph), std::move(options))) {}
Session::Session(CompiledGraph compiled, SessionOptions options) {
  impl_ = std::make_unique<Impl>(std::move(compiled.graph), std::move(options), true);
  impl_->names_ = std::move(compiled.feeds);
  impl_->names_.merge(compiled.fetches);
  for (const std::string& t : compiled.targets) impl_->names_['^' + t] = compiled.target;
  impl_->fixed_ = std::move(compiled.fixed);
}
Session::~Session() = default;

Status Session::Extend(const Builder& b) {
  WEIR_RETURN_IF_ERROR(b.status());
  if (!impl_->IsOurs(&b) || b.graph().num_ids() < impl_->graph_->num_ids())
    return InvalidArgument("error[graph]: a session can only be extended by the builder it was made from");
  impl_->graph_ = std::make_shared<Graph>(b.graph());
  impl_->builder_status_ = {};
  return {};
}

const Graph& Session::graph() const { return *impl_->graph_; }
int Session::threads() const { return impl_->options_.threads; }

namespace {

// The reads of a fed variable. Errors: an op that reads it by other means, which would see another value.
Result<std::vector<Endpoint>> ReadsOf(const Graph& g, Endpoint handle) {
  std::vector<Endpoint> reads;
  for (const Use& use : g.node(handle.node).users()) {
    const Node& n = g.node(use.node);
    if (n.Is("ReadVariableOp")) {  // by name, since what other readers give is not the whole value
      reads.push_back({n.id(), 0});
      continue;
    }
    // What changes it, whether it has a value and how it is read are not the value.
    if (n.Is("VarIsInitializedOp") || n.Is("DisableCopyOnRead") || (n.def() && !n.def()->writes().empty())) continue;
    return Unimplemented(fmt::format("error[feed]: variable '{}' cannot be fed, since {} '{}' reads it by its handle",
                                     g.node(handle.node).name(), n.op(), n.name()))
        .Help("feed the output that follows, or set the variable by Session::SetVariable");
  }
  return reads;
}

}  // namespace

Result<std::vector<Tensor>> Session::RunAll(const std::vector<Fetch>& fetches, const Feeds& feeds,
                                            const std::vector<Operation>& targets, const RunConfig& config) const {
  std::vector<Output> fetched, fed;
  std::vector<Operation> operations = targets;
  for (const Fetch& f : fetches) {
    if (f.is_target()) operations.push_back(f.target());
    else fetched.push_back(f.output());
  }
  for (const Feed& f : feeds) fed.push_back(f.output);
  WEIR_ASSIGN_OR_RETURN(Signature s, impl_->SignatureOf(fed, fetched, operations));
  std::vector<Tensor> values;
  std::vector<Endpoint> endpoints;
  for (size_t i = 0; i < feeds.size(); ++i) {
    const OutputType& type = impl_->graph_->type(s.feeds[i]);
    const DType dtype = BaseType(feeds[i].is_variable ? type.handle_dtype : type.dtype);
    if (dtype == DType::kInvalid && !feeds[i].value.has_dtype()) {
      return InvalidArgument(
                 fmt::format("error[feed]: the dtype of '{}' is not known: neither its op nor what reads it tells",
                             feeds[i].output.name()))
          .Help("feed a Tensor");
    }
    auto value = feeds[i].value.ToTensor(dtype);
    if (!value.ok()) {
      auto as_given = feeds[i].value.ToTensor(DType::kInvalid);
      Status told = as_given.ok() && !feeds[i].is_variable ? impl_->CheckFeed(s.feeds[i], *as_given) : Status();
      if (!told.ok()) return std::move(told).Detail(value.status().message());
      return InvalidArgument(fmt::format("error[feed]: '{}': {}", feeds[i].output.name(), value.status().message()));
    }
    std::vector<Endpoint> reads = {s.feeds[i]};
    if (feeds[i].is_variable) { WEIR_ASSIGN_OR_RETURN(reads, ReadsOf(*impl_->graph_, s.feeds[i])); }
    endpoints.insert(endpoints.end(), reads.begin(), reads.end());
    values.insert(values.end(), reads.size(), *value);
  }
  s.feeds = std::move(endpoints);
  WEIR_ASSIGN_OR_RETURN(std::vector<Tensor> results, impl_->Run(s, values, config));
  if (results.size() == fetches.size()) return results;
  std::vector<Tensor> all(fetches.size());
  for (size_t i = 0, next = 0; i < fetches.size(); ++i) {
    if (!fetches[i].is_target()) all[i] = std::move(results[next++]);
  }
  return all;
}

Status Session::RunOne(const Fetch& target, const Feeds& feeds, const RunConfig& config, std::true_type) const {
  return RunAll({}, feeds, {target.target()}, config).status();
}

Result<Tensor> Session::RunOne(const Fetch& fetch, const Feeds& feeds, const RunConfig& config, std::false_type) const {
  WEIR_ASSIGN_OR_RETURN(auto results, RunAll({fetch}, feeds, {}, config));
  return std::move(results[0]);
}

Result<std::vector<Tensor>> Session::Run(const NamedFeeds& feeds, const std::vector<std::string>& fetches,
                                         const std::vector<std::string>& targets, const RunConfig& config) const {
  std::vector<std::string> names;
  std::vector<Tensor> values;
  for (const auto& [name, value] : feeds) names.push_back(name), values.push_back(value);
  WEIR_ASSIGN_OR_RETURN(Signature s, impl_->SignatureOf(names, fetches, targets));
  return impl_->Run(s, values, config);
}

std::vector<std::string> Session::VariableNames() const {
  std::vector<std::string> names;
  for (const VariableRef& v : impl_->resources_.Variables()) names.push_back(v->name());
  return names;
}

Result<Tensor> Session::GetVariable(const std::string& name) const {
  WEIR_ASSIGN_OR_RETURN(auto value, FindValue(name));
  if (value) return std::move(*value);
  WEIR_ASSIGN_OR_RETURN(VariableRef v, impl_->resources_.FindVariable(name));
  if (!v) return NotFound(fmt::format("error[variable]: there is no variable '{}'", name));
  return FailedPrecondition(fmt::format("error[variable]: variable '{}' has no value yet", name));
}

Result<std::optional<Tensor>> Session::FindValue(const std::string& name) const {
  WEIR_ASSIGN_OR_RETURN(VariableRef v, impl_->resources_.FindVariable(name));
  if (!v) return std::optional<Tensor>();
  std::lock_guard lock(v->mutex);
  if (!v->value.valid()) return std::optional<Tensor>();
  WEIR_ASSIGN_OR_RETURN(Tensor copy, v->value.Clone());
  return std::optional(std::move(copy));
}

Status Session::SetVariable(const std::string& name, const Tensor& value) {
  WEIR_ASSIGN_OR_RETURN(VariableRef v, impl_->resources_.FindVariable(name));
  if (!v) {
    WEIR_ASSIGN_OR_RETURN(v, impl_->DeclareVariable(name));
  }
  if (value.dtype() != v->dtype || !v->declared.Admits(value.shape())) {
    OutputType t;
    t.dtype = v->dtype, t.shape = v->declared;
    return InvalidArgument(
        fmt::format("error[variable]: variable '{}' is {} in the graph, but the value for it is {}{}", name,
                    t.ToString(), DTypeShortName(value.dtype()), value.shape().ToString()));
  }
  WEIR_ASSIGN_OR_RETURN(Tensor copy, value.Clone());
  std::lock_guard writing(v->writing);
  std::lock_guard lock(v->mutex);
  v->value = std::move(copy);
  v->Changed();
  return {};
}

Result<VariableRef> Session::Impl::DeclareVariable(const std::string& name) {
  const Node* found = nullptr;
  for (NodeId id : graph_->nodes()) {
    const Node& n = graph_->node(id);
    if (!IsVariable(n) || CheckpointName(n) != name) continue;
    if (!found) found = &n;
    const std::string container = n.attr<std::string>("container"), first = found->attr<std::string>("container");
    if (container != first) return ResourceStore::AmbiguousName(name, first, container);
  }
  if (!found) return NotFound(fmt::format("error[variable]: the graph has no variable '{}'", name));
  OutputType type = VariableType(*found);
  return resources_.Variable({ResourceKind::kVariable, found->attr<std::string>("container"), name}, type.dtype,
                             type.shape);
}

std::map<std::string, std::vector<uint64_t>> Session::RandomStates() const { return impl_->resources_.RandomStates(); }
void Session::SetRandomStates(const std::map<std::string, std::vector<uint64_t>>& states) {
  for (const auto& [name, state] : states) impl_->resources_.SetRandomState(name, state);
}

Result<Signature> Session::Impl::SignatureOf(const NamedFeeds& feeds, const std::vector<std::string>& fetches,
                                             const std::vector<std::string>& targets,
                                             std::vector<Tensor>* values) const {
  std::vector<std::string> names;
  for (const auto& [name, value] : feeds) names.push_back(name), values->push_back(value);
  WEIR_ASSIGN_OR_RETURN(Signature s, SignatureOf(names, fetches, targets));
  for (size_t i = 0; i < values->size(); ++i) WEIR_RETURN_IF_ERROR(CheckFeed(s.feeds[i], (*values)[i]));
  return s;
}

Result<std::shared_ptr<const Plan>> Session::Impl::PlanFor(const NamedFeeds& feeds,
                                                           const std::vector<std::string>& fetches,
                                                           const std::vector<std::string>& targets) {
  std::vector<Tensor> values;
  WEIR_ASSIGN_OR_RETURN(Signature s, SignatureOf(feeds, fetches, targets, &values));
  WEIR_ASSIGN_OR_RETURN(auto entry, plans_.EntryOf(*graph_, s));
  return plans_.PlanOf(*graph_, *entry, values, {});
}

Result<CompiledGraph> Session::Impl::CompileGraph(const NamedFeeds& feeds, const std::vector<std::string>& fetches,
                                                  const std::vector<std::string>& targets) {
  std::vector<Tensor> values;
  WEIR_ASSIGN_OR_RETURN(Signature s, SignatureOf(feeds, fetches, targets, &values));
  std::vector<bool> by_value;
  WEIR_ASSIGN_OR_RETURN(Graph g, plans_.OptimizedOf(*graph_, s, values, &by_value));
  auto names = [&](const std::vector<Endpoint>& endpoints) {
    std::vector<std::string> names;
    for (Endpoint e : endpoints) names.push_back(graph_->EndpointName(e));
    return names;
  };
  std::vector<std::string> nodes;
  for (NodeId id : s.targets) nodes.push_back(graph_->node(id).name());
  return CompiledGraph::Of(std::move(g), names(s.feeds), names(s.fetches), nodes, by_value);
}

Result<CompiledGraph> Session::CompileGraph(const NamedFeeds& feeds, const std::vector<std::string>& fetches,
                                            const std::vector<std::string>& targets) const {
  return impl_->CompileGraph(feeds, fetches, targets);
}

Result<std::string> Session::ExplainPlan(const NamedFeeds& feeds, const std::vector<std::string>& fetches,
                                         const std::vector<std::string>& targets) const {
  WEIR_ASSIGN_OR_RETURN(auto plan, impl_->PlanFor(feeds, fetches, targets));
  return plan->ToString();
}

void Session::Trim() const { impl_->plans_.Trim(); }

int64_t Session::CacheBytes() const { return impl_->plans_.bytes(); }
Session::CompileCounts Session::GetCompileCounts() const { return impl_->plans_.counts(); }

Result<Session::PlanStats> Session::GetPlanStats(const NamedFeeds& feeds, const std::vector<std::string>& fetches,
                                                 const std::vector<std::string>& targets) const {
  WEIR_ASSIGN_OR_RETURN(auto plan, impl_->PlanFor(feeds, fetches, targets));
  return PlanStats{plan->arena_bytes,    plan->arena_lower_bound, plan->arena_sum,
                   plan->compile_micros, plan->verify_micros,     static_cast<int>(plan->steps.size()),
                   plan->num_nodes};
}

Status RunMetadata::WriteChromeTrace(const std::string& path) const {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (!file) return NotFound(fmt::format("error[file]: cannot write '{}': {}", path, std::strerror(errno)));
  std::string out = "{\"traceEvents\":[";
  auto escaped = [](const std::string& s) {
    std::string e;
    for (char c : s) {
      if (c == '"' || c == '\\') e += '\\';
      if (static_cast<unsigned char>(c) >= 0x20) e += c;
    }
    return e;
  };
  for (size_t i = 0; i < steps.size(); ++i) {
    out += fmt::format("{}\n{{\"ph\":\"X\",\"cat\":\"op\",\"pid\":0,\"tid\":0,\"name\":\"{}\",\"ts\":{:.3f},\"dur\":{:."
                       "3f},\"args\":{{\"node\":\"{}\"}}}}",
                       i ? "," : "", escaped(steps[i].op), steps[i].start_us, steps[i].duration_us,
                       escaped(steps[i].name));
  }
  out += "\n]}\n";
  bool ok = std::fwrite(out.data(), 1, out.size(), file) == out.size();
  ok &= std::fclose(file) == 0;
  return ok ? Status() : DataLoss(fmt::format("error[file]: could not write all of '{}'", path));
}

}  // namespace weir
