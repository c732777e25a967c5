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

constexpr int64_t kMaxKeyElements = 64;  // of a feed that is part of the key by value
constexpr size_t kMaxValueKeys = 32;     // plans of one signature before values are no longer compiled in

}  // namespace

Session::Impl::Impl(Graph graph, SessionOptions options) : options_(std::move(options)), graph_(std::make_shared<Graph>(std::move(graph))) {
  AllKernels();  // from here on no kernel can be registered
  if (options_.threads <= 0) options_.threads = AvailableProcessors();
  options_.threads = std::min(options_.threads, 1024);
  options_.max_plans = std::max(options_.max_plans, 1);
  if (options_.threads > 1) pool_ = std::make_unique<ThreadPool>(options_.threads);
  env_.resources = &resources_;
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
    EraseEntry(std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
      return a.second->last_used < b.second->last_used;
    }));
  }
  entry->last_used = ++clock_;
  entry->cached = true;
  ++counts_.signatures;
  return entries_.emplace(s, entry).first->second;
}

// Concrete shapes of the feeds, flattened: rank, dims, rank, dims, …; then the values of feeds that decide shapes.
Session::Impl::PlanKey Session::Impl::KeyOf(const Entry& entry, const std::vector<Tensor>& feeds,
                                            const RunConfig& config, bool values_may_change) {
  PlanKey k;
  k.unfused = config.check_numerics;
  if (k.unfused) k.key.push_back(-1);  // no rank
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
  bool other = t.dtype != DType::kInvalid && value.dtype() != BaseType(t.dtype);
  if (!other && t.shape.Admits(value.shape())) return {};
  Status s = InvalidArgument(fmt::format("error[feed]: {} '{}' is {}, but was fed {}{}", n.op(), graph_->EndpointName(e), t.ToString(), DTypeShortName(value.dtype()), value.shape().ToString()));
  if (n.loc()) s = std::move(s).Detail("created at " + n.loc().ToString());
  if (!other || t.dtype == kString || value.dtype() == kString) return s;
  std::string want = DTypeName(BaseType(t.dtype));
  std::string numpy = t.dtype == kFloat ? "float32" : t.dtype == kDouble ? "float64" : t.dtype == kHalf ? "float16" : want;
  return std::move(s).Help(fmt::format("convert by a std::vector of {} in C++ or .astype('{}') in NumPy, or feed a placeholder of {} and Cast it",
                                       want, numpy, DTypeName(value.dtype())));
}

Result<std::shared_ptr<const Plan>> Session::Impl::PlanOf(Entry& entry, const Signature& s, const std::vector<Tensor>& feeds, const PlanKey& key, bool fresh) {
  {
    std::lock_guard lock(mutex_);
    auto it = entry.plans.find(key.key);
    if (it != entry.plans.end() && fresh) {
      ErasePlan(entry, it);
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
  CompileEnv env = env_;
  if (key.unfused) env.options.disabled_passes.insert("fuse_elementwise");
  WEIR_ASSIGN_OR_RETURN(auto plan, Compile(std::move(lowered), types, env));
  const int64_t bytes = plan->bytes();
  std::lock_guard lock(mutex_);
  if (entry.plans.size() > kMaxValueKeys) entry.shaping_feeds.clear();
  ++counts_.plans;
  if (!entry.cached) return plan;
  if (auto it = entry.plans.find(key.key); it != entry.plans.end())
    ErasePlan(entry, it);  // another thread compiled it, too
  if (static_cast<int>(entry.plans.size()) >= options_.max_plans) {
    ErasePlan(entry, std::min_element(entry.plans.begin(), entry.plans.end(),
                                      [](auto& a, auto& b) { return a.second.last_used < b.second.last_used; }));
  }
  entry.plans[key.key] = {plan, bytes, ++clock_};
  plan_bytes_ += bytes;
  ShrinkPlans(plan.get());
  return plan;
}

void Session::Impl::ErasePlan(Entry& entry, std::map<std::vector<int64_t>, CachedPlan>::iterator it) {
  contexts_.Forget(it->second.plan.get());
  plan_bytes_ -= it->second.bytes;
  entry.plans.erase(it);
}

void Session::Impl::EraseEntry(std::map<Signature, std::shared_ptr<Entry>>::iterator it) {
  Entry& entry = *it->second;
  while (!entry.plans.empty()) ErasePlan(entry, entry.plans.begin());
  entry.cached = false;
  entries_.erase(it);
}

void Session::Impl::ShrinkPlans(const Plan* keep) {
  while (plan_bytes_ + contexts_.bytes() > options_.max_cache_bytes) {
    // What is idle is made again in no time; a plan is compiled again.
    contexts_.Shrink(std::max<int64_t>(options_.max_cache_bytes - plan_bytes_, 0));
    if (plan_bytes_ <= options_.max_cache_bytes) return;
    Entry* entry = nullptr;
    std::map<std::vector<int64_t>, CachedPlan>::iterator oldest;
    for (auto& [signature, e] : entries_) {
      for (auto it = e->plans.begin(); it != e->plans.end(); ++it) {
        if (it->second.plan.get() != keep && (!entry || it->second.last_used < oldest->second.last_used))
          entry = e.get(), oldest = it;
      }
    }
    if (!entry) return;
    ErasePlan(*entry, oldest);
  }
}

void Session::Impl::Return(Entry& entry, std::unique_ptr<RunContext> context, const PlanKey& key) {
  std::lock_guard lock(mutex_);
  auto it = entry.plans.find(key.key);
  if (it == entry.plans.end() || it->second.plan.get() != &context->plan()) return;
  contexts_.Return(std::move(context), options_.max_cache_bytes - plan_bytes_);
}

void Session::Impl::Trim() {
  std::lock_guard lock(mutex_);
  while (!entries_.empty()) EraseEntry(entries_.begin());
  contexts_.Shrink(0);
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
  const PlanKey key = KeyOf(*entry, feeds, config, false);
  for (bool fresh : {false, true}) {
    WEIR_ASSIGN_OR_RETURN(auto plan, PlanOf(*entry, s, feeds, key, fresh));
    WEIR_ASSIGN_OR_RETURN(auto context, contexts_.Lease(plan));
    for (size_t i = 0; i < feeds.size(); ++i) context->SetFeed(static_cast<int>(i), feeds[i]);
    Status status = context->Run(OptionsOf(config, &trace));
    FillMetadata(trace, config.metadata);
    if (context->stale() && !fresh) continue;
    std::vector<Tensor> results;
    if (status.ok()) status = context->TakeFetches(&results);
    else context->Finish();
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

namespace {

// The reads of a fed variable. Errors: an op that reads it by other means, which would see another value.
Result<std::vector<Endpoint>> ReadsOf(const Graph& g, Endpoint handle) {
  std::vector<Endpoint> reads;
  for (const Use& use : g.node(handle.node).users()) {
    const Node& n = g.node(use.node);
    if (n.Is("ReadVariableOp")) {
      reads.push_back({n.id(), 0});
      continue;
    }
    // What changes it, and whether it has a value, are not the value.
    if (n.Is("VarIsInitializedOp") || (n.def() && !n.def()->writes().empty())) continue;
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
      return InvalidArgument(fmt::format("error[feed]: the dtype of '{}' is not known: neither its op nor what reads it tells",
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

Result<std::vector<Tensor>> Session::Run(const NamedFeeds& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets, const RunConfig& config) const {
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
  VariableRef v = impl_->resources_.FindVariable(name);
  if (!v) return NotFound(fmt::format("error[variable]: there is no variable '{}'", name));
  std::lock_guard lock(v->mutex);
  if (!v->value.valid()) return FailedPrecondition(fmt::format("error[variable]: variable '{}' has no value yet", name));
  return v->value.Clone();
}

Status Session::SetVariable(const std::string& name, const Tensor& value) {
  VariableRef v = impl_->resources_.FindVariable(name);
  if (!v) {
    WEIR_ASSIGN_OR_RETURN(v, impl_->DeclareVariable(name));
  }
  if (value.dtype() != v->dtype || !v->declared.Admits(value.shape())) {
    OutputType t;
    t.dtype = v->dtype, t.shape = v->declared;
    return InvalidArgument(fmt::format("error[variable]: variable '{}' is {} in the graph, but the value for it is {}{}", name, t.ToString(), DTypeShortName(value.dtype()), value.shape().ToString()));
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
    if (!IsVariable(n) || CheckpointName(n) != name) continue;
    OutputType type = VariableType(n);
    return resources_.Variable({ResourceKind::kVariable, n.attr<std::string>("container"), name}, type.dtype, type.shape);
  }
  return NotFound(fmt::format("error[variable]: the graph has no variable '{}'", name));
}

std::map<std::string, std::vector<uint64_t>> Session::RandomStates() const { return impl_->resources_.RandomStates(); }
void Session::SetRandomStates(const std::map<std::string, std::vector<uint64_t>>& states) {
  for (const auto& [name, state] : states) impl_->resources_.SetRandomState(name, state);
}

Result<std::shared_ptr<const Plan>> Session::Impl::PlanFor(const NamedFeeds& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets) {
  std::vector<std::string> names;
  std::vector<Tensor> values;
  for (const auto& [name, value] : feeds) names.push_back(name), values.push_back(value);
  WEIR_ASSIGN_OR_RETURN(Signature s, SignatureOf(names, fetches, targets));
  for (size_t i = 0; i < values.size(); ++i) WEIR_RETURN_IF_ERROR(CheckFeed(s.feeds[i], values[i]));
  WEIR_ASSIGN_OR_RETURN(auto entry, EntryOf(s));
  return PlanOf(*entry, s, values, KeyOf(*entry, values, {}, false), false);
}

Result<std::string> Session::ExplainPlan(const NamedFeeds& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets) const {
  WEIR_ASSIGN_OR_RETURN(auto plan, impl_->PlanFor(feeds, fetches, targets));
  return plan->ToString();
}

void Session::Trim() const { impl_->Trim(); }

int64_t Session::CacheBytes() const {
  std::lock_guard lock(impl_->mutex_);
  return impl_->plan_bytes_ + impl_->contexts_.bytes();
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
