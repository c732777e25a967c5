#include "weir/session/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>

#include "weir/runtime/executor.h"
#include "weir/session/pipeline.h"
#include "weir/session/session_impl.h"

namespace weir {

namespace {

constexpr int64_t kMaxKeyElements = 64;  // of a feed that is part of the key by value
constexpr size_t kMaxValueKeys = 32;     // plans of one signature before values are no longer compiled in

}  // namespace

Session::Impl::Impl(Graph graph, SessionOptions options) : options_(std::move(options)), graph_(std::make_shared<Graph>(std::move(graph))) {
  if (options_.threads <= 0) options_.threads = AvailableProcessors();
  options_.threads = std::min(options_.threads, 1024);
  options_.max_plans = std::max(options_.max_plans, 1);
  if (options_.threads > 1) pool_ = std::make_unique<ThreadPool>(options_.threads);
  env_.variables = &variables_;
  env_.options.optimize = options_.optimize;
  env_.options.precision = options_.precision;
  env_.options.disabled_passes = options_.disabled_passes;
  env_.options.services.allow_file_ops = options_.allow_file_ops;
  env_.options.services.print = options_.print;
}

Result<std::shared_ptr<Session::Impl::Entry>> Session::Impl::EntryOf(const Signature& s) {
  {
    std::lock_guard lock(mutex_);
    if (auto it = entries_.find(s); it != entries_.end()) {
      it->second->last_used = ++clock_;
      return it->second;
    }
  }
  // Why outside the lock: compiling one signature must not block runs of others. Two threads may do it twice; one wins.
  WEIR_RETURN_IF_ERROR(CheckSignature(s));
  WEIR_ASSIGN_OR_RETURN(Graph lowered, Lower(*graph_, s, env_.options));
  std::vector<bool> shaping = ShapingFeeds(lowered, s.feeds.size());
  auto entry = std::make_shared<Entry>(std::move(lowered), std::move(shaping));
  std::lock_guard lock(mutex_);
  if (auto it = entries_.find(s); it != entries_.end()) return it->second;
  if (static_cast<int>(entries_.size()) >= options_.max_plans) {
    entries_.erase(std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.second->last_used < b.second->last_used; }));
  }
  entry->last_used = ++clock_;
  ++counts_.signatures;
  return entries_.emplace(s, entry).first->second;
}

// Concrete shapes of the feeds, flattened: rank, dims, rank, dims, …; then the values of feeds that decide shapes.
Session::Impl::PlanKey Session::Impl::KeyOf(const Entry& entry, const std::vector<Tensor>& feeds, bool values_may_change) {
  PlanKey k;
  for (const Tensor& t : feeds) {
    k.key.push_back(t.rank());
    k.key.insert(k.key.end(), t.shape().dims().begin(), t.shape().dims().end());
  }
  k.by_value.resize(feeds.size());
  std::lock_guard lock(mutex_);
  if (values_may_change || entry.shaping_feeds.empty()) return k;
  for (size_t i = 0; i < feeds.size(); ++i) {
    if (!entry.shaping_feeds[i] || feeds[i].num_elements() > kMaxKeyElements) continue;
    auto ints = feeds[i].ToInts();
    if (!ints) continue;
    k.by_value[i] = true;
    k.key.push_back(-2 - static_cast<int64_t>(i));
    k.key.insert(k.key.end(), ints->begin(), ints->end());
  }
  return k;
}

Status Session::Impl::CheckSignature(const Signature& s) const {
  std::set<Endpoint> seen;
  for (Endpoint e : s.feeds) {
    if (!seen.insert(e).second) return InvalidArgument(fmt::format("error[feed]: '{}' is fed twice", graph_->EndpointName(e)));
    DType dtype = BaseType(graph_->type(e).dtype);
    if (dtype == kResource || dtype == DType::kVariant) {
      return InvalidArgument(fmt::format("error[feed]: '{}' is a {}, which cannot be fed", graph_->EndpointName(e), DTypeName(dtype)));
    }
  }
  for (Endpoint e : s.fetches) {
    DType dtype = BaseType(graph_->type(e).dtype);
    if (dtype == kResource || dtype == DType::kVariant) {
      return InvalidArgument(fmt::format("error[fetch]: '{}' is a {}, which has no value to fetch", graph_->EndpointName(e), DTypeName(dtype)))
          .Help("fetch what a ReadVariableOp reads from it, or use Session::GetVariable");
    }
  }
  return {};
}

Status Session::Impl::CheckFeed(Endpoint e, const Tensor& value) const {
  const OutputType& t = graph_->type(e);
  const Node& n = graph_->node(e.node);
  if (!value.valid()) return InvalidArgument(fmt::format("error[feed]: '{}' was fed no value", graph_->EndpointName(e)));
  bool known = t.dtype != DType::kInvalid;
  if ((known && value.dtype() != BaseType(t.dtype)) || !t.shape.Admits(value.shape())) {
    Status s = InvalidArgument(fmt::format("error[feed]: {} '{}' is {}, but was fed {}{}", n.op(), graph_->EndpointName(e), t.ToString(), DTypeShortName(value.dtype()), value.shape().ToString()));
    return n.loc() ? std::move(s).Detail("created at " + n.loc().ToString()) : s;
  }
  return {};
}

Result<std::shared_ptr<const Plan>> Session::Impl::PlanOf(Entry& entry, const Signature& s, const std::vector<Tensor>& feeds, const PlanKey& key, bool fresh) {
  {
    std::lock_guard lock(mutex_);
    auto it = entry.plans.find(key.key);
    if (it != entry.plans.end() && fresh) {
      entry.plans.erase(it);
    } else if (it != entry.plans.end()) {
      it->second.last_used = ++clock_;
      return it->second.plan;
    }
  }
  std::vector<OutputType> types;
  for (size_t i = 0; i < feeds.size(); ++i) {
    OutputType t = graph_->type(s.feeds[i]);
    t.dtype = feeds[i].dtype();
    t.shape = feeds[i].shape();
    t.value.reset();
    types.push_back(std::move(t));
  }
  Graph lowered = entry.lowered;
  for (size_t i = 0; i < feeds.size(); ++i) {
    if (key.by_value[i]) WEIR_RETURN_IF_ERROR(BindFeedValue(lowered, static_cast<int>(i), feeds[i]));
  }
  WEIR_ASSIGN_OR_RETURN(auto plan, Compile(std::move(lowered), types, env_));
  std::lock_guard lock(mutex_);
  if (entry.plans.size() > kMaxValueKeys) entry.shaping_feeds.clear();
  if (static_cast<int>(entry.plans.size()) >= options_.max_plans) {
    auto oldest = std::min_element(entry.plans.begin(), entry.plans.end(), [](auto& a, auto& b) { return a.second.last_used < b.second.last_used; });
    entry.plans.erase(oldest);
  }
  CachedPlan& cached = entry.plans[key.key];
  cached.plan = plan;
  cached.last_used = ++clock_;
  ++counts_.plans;
  return plan;
}

Result<std::unique_ptr<RunContext>> Session::Impl::Lease(Entry& entry, const std::shared_ptr<const Plan>& plan, const PlanKey& key) {
  {
    std::lock_guard lock(mutex_);
    auto it = entry.plans.find(key.key);
    if (it != entry.plans.end() && it->second.plan == plan && !it->second.idle.empty()) {
      auto context = std::move(it->second.idle.back());
      it->second.idle.pop_back();
      return context;
    }
  }
  auto context = std::make_unique<RunContext>(plan);
  WEIR_RETURN_IF_ERROR(context->Init());
  return context;
}

void Session::Impl::Return(Entry& entry, std::unique_ptr<RunContext> context, const PlanKey& key) {
  std::lock_guard lock(mutex_);
  auto it = entry.plans.find(key.key);
  if (it != entry.plans.end() && it->second.plan.get() == &context->plan() && it->second.idle.size() < 16) it->second.idle.push_back(std::move(context));
}

RunOptions Session::Impl::OptionsOf(const RunConfig& config, std::vector<StepTime>* trace) const {
  RunOptions o;
  o.pool = pool_.get();
  o.cancel = config.cancel;
  if (config.timeout.count() > 0) o.deadline = std::chrono::steady_clock::now() + config.timeout;
  o.check_numerics = config.check_numerics;
  if (config.metadata) o.trace = trace;
  return o;
}

void FillMetadata(const std::vector<StepTime>& trace, RunMetadata* out) {
  if (!out) return;
  out->steps.clear();
  for (const StepTime& t : trace) out->steps.push_back({t.step->info->op, t.step->info->name, t.start_ns / 1e3, (t.end_ns - t.start_ns) / 1e3});
}

Result<std::vector<Tensor>> Session::Impl::Run(const Signature& s, const std::vector<Tensor>& feeds, const RunConfig& config) {
  WEIR_ASSIGN_OR_RETURN(auto entry, EntryOf(s));
  for (size_t i = 0; i < feeds.size(); ++i) WEIR_RETURN_IF_ERROR(CheckFeed(s.feeds[i], feeds[i]));
  std::vector<StepTime> trace;
  const PlanKey key = KeyOf(*entry, feeds, false);
  for (bool fresh : {false, true}) {
    WEIR_ASSIGN_OR_RETURN(auto plan, PlanOf(*entry, s, feeds, key, fresh));
    WEIR_ASSIGN_OR_RETURN(auto context, Lease(*entry, plan, key));
    for (size_t i = 0; i < feeds.size(); ++i) context->SetFeed(static_cast<int>(i), feeds[i]);
    Status status = context->Run(OptionsOf(config, &trace));
    FillMetadata(trace, config.metadata);
    if (context->stale() && !fresh) continue;
    std::vector<Tensor> results;
    for (size_t i = 0; status.ok() && i < s.fetches.size(); ++i) {
      auto t = context->Fetch(static_cast<int>(i));
      if (t.ok()) results.push_back(std::move(*t));
      else status = t.status();
    }
    context->Finish();
    Return(*entry, std::move(context), key);
    if (!status.ok()) return status;
    return results;
  }
  return Internal("error[run]: a plan compiled anew is stale");
}

namespace {

Status OfAnotherBuilder(const char* what, const std::string& name) {
  return InvalidArgument(fmt::format("error[{}]: '{}' is of another builder than the one that the session was made of", what, name))
      .Help("make a session of its builder; names (session.Run({{\"x\", …}}, {\"y\"})) work across builders");
}

}  // namespace

Result<Endpoint> Session::Impl::Resolve(const Output& o, const char* what) const {
  if (!o.valid()) {
    Status built = o.builder() ? o.builder()->status() : Status();
    if (!built.ok()) return built;
    return InvalidArgument(fmt::format("error[{}]: an invalid output was given; the graph's builder tells why in status()", what));
  }
  if (!IsOurs(o.builder())) return OfAnotherBuilder(what, o.name());
  if (!graph_->alive(o.endpoint().node)) {
    return FailedPrecondition(fmt::format("error[{}]: '{}' was added after the session was made", what, o.name())).Help("call Session::Extend(builder) first");
  }
  return o.endpoint();
}

Result<NodeId> Session::Impl::Resolve(const Operation& o) const {
  if (!o.valid()) {
    Status built = o.builder() ? o.builder()->status() : Status();
    if (!built.ok()) return built;
    return InvalidArgument("error[target]: an invalid operation was given; the graph's builder tells why in status()");
  }
  if (!IsOurs(o.builder())) return OfAnotherBuilder("target", o.name());
  if (!graph_->alive(o.id())) {
    return FailedPrecondition(fmt::format("error[target]: '{}' was added after the session was made", o.name())).Help("call Session::Extend(builder) first");
  }
  return o.id();
}

Result<Signature> Session::Impl::SignatureOf(const std::vector<Output>& feeds, const std::vector<Output>& fetches, const std::vector<Operation>& targets) const {
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

Result<Signature> Session::Impl::SignatureOf(const std::vector<std::string>& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets) const {
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
  auto e = graph_->ParseEndpoint(name);
  if (e.ok()) return *e;
  Status s = e.status();
  return Status(s.code(), fmt::format("error[{}]: {}", what, s.message())).Help(s.help());
}

// ---- Session

Session::Session(const Builder& b, SessionOptions options) : impl_(std::make_unique<Impl>(b.graph(), std::move(options))) {
  impl_->builder_ = &b;
  impl_->builder_status_ = b.status();
}
Session::Session(Graph graph, SessionOptions options) : impl_(std::make_unique<Impl>(std::move(graph), std::move(options))) {}
Session::~Session() = default;

Status Session::Extend(const Builder& b) {
  WEIR_RETURN_IF_ERROR(b.status());
  if (!impl_->IsOurs(&b) || b.graph().num_ids() < impl_->graph_->num_ids()) return InvalidArgument("error[graph]: a session can only be extended by the builder it was made from");
  std::lock_guard lock(impl_->mutex_);
  impl_->graph_ = std::make_shared<Graph>(b.graph());
  impl_->builder_status_ = {};
  return {};
}

const Graph& Session::graph() const { return *impl_->graph_; }
int Session::threads() const { return impl_->options_.threads; }

Result<std::vector<Tensor>> Session::Run(const std::vector<Output>& fetches, const Feeds& feeds, const std::vector<Operation>& targets, const RunConfig& config) const {
  std::vector<Output> fed;
  for (const Feed& f : feeds) fed.push_back(f.output);
  WEIR_ASSIGN_OR_RETURN(Signature s, impl_->SignatureOf(fed, fetches, targets));
  std::vector<Tensor> values;
  for (size_t i = 0; i < feeds.size(); ++i) {
    DType dtype = BaseType(impl_->graph_->type(s.feeds[i]).dtype);
    if (dtype == DType::kInvalid && !feeds[i].value.has_dtype()) {
      return InvalidArgument(fmt::format("error[feed]: the dtype of '{}' is not known: neither its op nor what reads it tells", feeds[i].output.name())).Help("feed a Tensor");
    }
    auto value = feeds[i].value.ToTensor(dtype);
    if (!value.ok()) return InvalidArgument(fmt::format("error[feed]: '{}': {}", feeds[i].output.name(), value.status().message()));
    values.push_back(std::move(*value));
  }
  return impl_->Run(s, values, config);
}

Result<Tensor> Session::Run(Output fetch, const Feeds& feeds) const {
  WEIR_ASSIGN_OR_RETURN(auto results, Run(std::vector<Output>{fetch}, feeds));
  return results[0];
}

Status Session::Run(Operation target, const Feeds& feeds) const { return Run(std::vector<Output>{}, feeds, {target}).status(); }

Result<std::vector<Tensor>> Session::Run(const NamedFeeds& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets, const RunConfig& config) const {
  std::vector<std::string> names;
  std::vector<Tensor> values;
  for (const auto& [name, value] : feeds) names.push_back(name), values.push_back(value);
  WEIR_ASSIGN_OR_RETURN(Signature s, impl_->SignatureOf(names, fetches, targets));
  return impl_->Run(s, values, config);
}

std::vector<std::string> Session::VariableNames() const {
  std::vector<std::string> names;
  for (const VariableRef& v : impl_->variables_.All()) names.push_back(v->name);
  return names;
}

Result<Tensor> Session::GetVariable(const std::string& name) const {
  VariableRef v = impl_->variables_.Find(name);
  if (!v) return NotFound(fmt::format("error[variable]: there is no variable '{}'", name));
  std::lock_guard lock(v->mutex);
  if (!v->value.valid()) return FailedPrecondition(fmt::format("error[variable]: variable '{}' has no value yet", name));
  return v->value.Clone();
}

Status Session::SetVariable(const std::string& name, const Tensor& value) {
  VariableRef v = impl_->variables_.Find(name);
  if (!v) {
    WEIR_ASSIGN_OR_RETURN(v, impl_->DeclareVariable(name));
  }
  if (value.dtype() != v->dtype || !v->declared.Admits(value.shape())) {
    OutputType t;
    t.dtype = v->dtype, t.shape = v->declared;
    return InvalidArgument(fmt::format("error[variable]: variable '{}' is {}, not {}{}", name, t.ToString(), DTypeShortName(value.dtype()), value.shape().ToString()));
  }
  WEIR_ASSIGN_OR_RETURN(Tensor copy, value.Clone());
  std::lock_guard writing(v->writing);
  std::lock_guard lock(v->mutex);
  v->value = std::move(copy);
  return {};
}

Result<VariableRef> Session::Impl::DeclareVariable(const std::string& name) {
  for (NodeId id : graph_->nodes()) {
    const Node& n = graph_->node(id);
    if (!n.Is("VarHandleOp") && !n.Is("VariableV2") && !n.Is("Variable")) continue;
    std::string shared = n.attr<std::string>("shared_name");
    if ((shared.empty() ? n.name() : shared) != name) continue;
    return variables_.FindOrCreate(n.attr<std::string>("container"), name, n.type_attr("dtype"), n.attr<PartialShape>("shape"));
  }
  return NotFound(fmt::format("error[variable]: the graph has no variable '{}'", name));
}

std::map<std::string, std::vector<uint64_t>> Session::RandomStates() const { return impl_->variables_.random_states(); }
void Session::SetRandomStates(const std::map<std::string, std::vector<uint64_t>>& states) {
  for (const auto& [name, state] : states) impl_->variables_.set_random_state(name, state);
}

Result<std::shared_ptr<const Plan>> Session::Impl::PlanFor(const NamedFeeds& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets) {
  std::vector<std::string> names;
  std::vector<Tensor> values;
  for (const auto& [name, value] : feeds) names.push_back(name), values.push_back(value);
  WEIR_ASSIGN_OR_RETURN(Signature s, SignatureOf(names, fetches, targets));
  for (size_t i = 0; i < values.size(); ++i) WEIR_RETURN_IF_ERROR(CheckFeed(s.feeds[i], values[i]));
  WEIR_ASSIGN_OR_RETURN(auto entry, EntryOf(s));
  return PlanOf(*entry, s, values, KeyOf(*entry, values, false), false);
}

Result<std::string> Session::ExplainPlan(const NamedFeeds& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets) const {
  WEIR_ASSIGN_OR_RETURN(auto plan, impl_->PlanFor(feeds, fetches, targets));
  return plan->ToString();
}

Session::CompileCounts Session::GetCompileCounts() const {
  std::lock_guard lock(impl_->mutex_);
  return impl_->counts_;
}

Result<Session::PlanStats> Session::GetPlanStats(const NamedFeeds& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets) const {
  WEIR_ASSIGN_OR_RETURN(auto plan, impl_->PlanFor(feeds, fetches, targets));
  return PlanStats{plan->arena_bytes, plan->arena_lower_bound, plan->arena_sum, plan->compile_micros, plan->verify_micros, static_cast<int>(plan->steps.size()), plan->num_nodes};
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
    out += fmt::format("{}\n{{\"ph\":\"X\",\"cat\":\"op\",\"pid\":0,\"tid\":0,\"name\":\"{}\",\"ts\":{:.3f},\"dur\":{:.3f},\"args\":{{\"node\":\"{}\"}}}}", i ? "," : "",
                       escaped(steps[i].op), steps[i].start_us, steps[i].duration_us, escaped(steps[i].name));
  }
  out += "\n]}\n";
  bool ok = std::fwrite(out.data(), 1, out.size(), file) == out.size();
  ok &= std::fclose(file) == 0;
  return ok ? Status() : DataLoss(fmt::format("error[file]: could not write all of '{}'", path));
}

}  // namespace weir
