#include "weir/session/plan_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace weir {

namespace {

constexpr int64_t kMaxKeyElements = 64;  // of a feed that is part of the key by value
constexpr size_t kMaxValueKeys = 32;     // plans of one signature before values are no longer compiled in

// A small value of integers, bools or a string; nullopt of others.
std::optional<std::vector<int64_t>> AsNumbers(const Tensor& t) {
  constexpr size_t kMaxText = 4096;
  if (t.dtype() != kString) return t.num_elements() > kMaxKeyElements ? std::nullopt : t.ToInts();
  if (t.num_elements() != 1 || t.data<std::string>()->size() > kMaxText) return std::nullopt;
  const auto* bytes = reinterpret_cast<const unsigned char*>(t.data<std::string>()->data());
  return std::vector<int64_t>(bytes, bytes + t.data<std::string>()->size());
}

bool HasNoValue(DType dtype) { return dtype == kResource || dtype == DType::kVariant; }

Status CheckSignature(const Graph& g, const Signature& s) {
  std::set<Endpoint> seen;
  for (Endpoint e : s.feeds) {
    if (!seen.insert(e).second)
      return InvalidArgument(fmt::format("error[feed]: '{}' is fed twice", g.EndpointName(e)));
    const DType dtype = BaseType(g.type(e).dtype);
    if (HasNoValue(dtype)) {
      return InvalidArgument(
          fmt::format("error[feed]: '{}' is a {}, which cannot be fed", g.EndpointName(e), DTypeName(dtype)));
    }
  }
  for (Endpoint e : s.fetches) {
    const DType dtype = BaseType(g.type(e).dtype);
    if (!HasNoValue(dtype)) continue;
    return InvalidArgument(fmt::format("error[fetch]: '{}' is a {}, which has no value to fetch", g.EndpointName(e),
                                       DTypeName(dtype)))
        .Help("fetch what a ReadVariableOp reads from it, or use Session::GetVariable");
  }
  return {};
}

}  // namespace

class PlanCache::Entry {
 public:
  Entry(Signature s, Graph g, std::vector<bool> shaping)
      : signature(std::move(s)), lowered(std::move(g)), shaping_feeds(std::move(shaping)) {}
  const Signature signature;
  const Graph lowered;
  // ---- under the cache's mutex
  // Feeds whose value decides shapes, parameters or which resource it is: part of the key, compiled in as constants.
  const std::vector<bool> shaping_feeds;
  bool names_only = false;  // there have been too many values for them
  Plans plans;
  int64_t last_used = 0;
  bool kept = false;  // whether the cache still has the entry; a Callable may hold one that it has not
};

Result<std::shared_ptr<PlanCache::Entry>> PlanCache::EntryOf(const Graph& graph, const Signature& s) {
  {
    std::lock_guard lock(mutex_);
    if (auto it = entries_.find(s); it != entries_.end()) {
      it->second->last_used = ++clock_;
      return it->second;
    }
  }
  // Why outside the lock: compiling one signature must not block runs of others. Two threads may do it twice; one wins.
  WEIR_RETURN_IF_ERROR(CheckSignature(graph, s));
  WEIR_ASSIGN_OR_RETURN(Graph lowered, Lower(graph, s, env_.options));
  std::vector<bool> shaping = ShapingFeeds(lowered, s.feeds.size());
  auto entry = std::make_shared<Entry>(s, std::move(lowered), std::move(shaping));
  std::lock_guard lock(mutex_);
  if (auto it = entries_.find(s); it != entries_.end()) return it->second;
  if (static_cast<int>(entries_.size()) >= limits_.max_plans) {
    Erase(std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
      return a.second->last_used < b.second->last_used;
    }));
  }
  entry->last_used = ++clock_;
  entry->kept = true;
  ++counts_.signatures;
  return entries_.emplace(s, entry).first->second;
}

PlanCache::Key PlanCache::KeyOf(const Entry& entry, const std::vector<Tensor>& feeds, const Wish& wish) const {
  Key k;
  if (wish.unfused || wish.formless) k.numbers.push_back(-(wish.unfused + 2 * wish.formless));  // no rank
  for (const Tensor& t : feeds) {
    k.numbers.push_back(t.rank());
    k.numbers.insert(k.numbers.end(), t.shape().dims().begin(), t.shape().dims().end());
  }
  k.by_value.resize(feeds.size());
  if (wish.values_may_change) return k;
  for (size_t i = 0; i < feeds.size(); ++i) {
    const bool name = feeds[i].dtype() == kString;  // of a resource: without it there is no plan
    if (!entry.shaping_feeds[i] || (entry.names_only && !name)) continue;
    const auto ints = AsNumbers(feeds[i]);
    if (!ints) continue;
    k.by_value[i] = true;
    k.numbers.push_back(-2 - static_cast<int64_t>(i));
    k.numbers.insert(k.numbers.end(), ints->begin(), ints->end());
  }
  return k;
}

std::shared_ptr<PlanCache::Cached> PlanCache::Find(Entry& entry, const Key& key) {
  auto it = entry.plans.find(key.numbers);
  if (it == entry.plans.end()) return nullptr;
  it->second->last_used = ++clock_;
  return it->second;
}

// The lowered graph and the feeds' types, for these shapes and the values of the key.
Result<Graph> PlanCache::Specialised(const Graph& graph, const Entry& entry, const std::vector<Tensor>& feeds,
                                     const Key& key, std::vector<OutputType>* types) const {
  for (size_t i = 0; i < feeds.size(); ++i) {
    OutputType t = graph.type(entry.signature.feeds[i]);
    t.dtype = feeds[i].dtype();
    t.shape = feeds[i].shape();
    t.value.reset();
    types->push_back(std::move(t));
  }
  Graph lowered = entry.lowered;
  for (size_t i = 0; i < feeds.size(); ++i) {
    if (key.by_value[i]) WEIR_RETURN_IF_ERROR(BindFeedValue(lowered, static_cast<int>(i), feeds[i]));
  }
  return lowered;
}

Result<Graph> PlanCache::OptimizedOf(const Graph& graph, const Signature& s, const std::vector<Tensor>& feeds,
                                     std::vector<bool>* by_value) {
  WEIR_ASSIGN_OR_RETURN(auto entry, EntryOf(graph, s));
  const Key key = KeyOf(*entry, feeds, {});
  std::vector<OutputType> types;
  WEIR_ASSIGN_OR_RETURN(Graph g, Specialised(graph, *entry, feeds, key, &types));
  WEIR_RETURN_IF_ERROR(Optimize(g, types, env_.options));
  *by_value = key.by_value;
  return g;
}

Result<std::shared_ptr<const Plan>> PlanCache::CompileFor(const Graph& graph, const Entry& entry,
                                                          const std::vector<Tensor>& feeds, const Key& key,
                                                          const Wish& wish) const {
  std::vector<OutputType> types;
  WEIR_ASSIGN_OR_RETURN(Graph lowered, Specialised(graph, entry, feeds, key, &types));
  CompileEnv env = env_;
  if (wish.unfused) env.options.disabled_passes.insert("fuse_elementwise");
  if (wish.formless) env.forms = nullptr;
  return Compile(std::move(lowered), types, env);
}

std::shared_ptr<PlanCache::Cached> PlanCache::Keep(Entry& entry, const Key& key, std::shared_ptr<const Plan> plan,
                                                   int64_t bytes) {
  auto cached = std::make_shared<Cached>(Cached{std::move(plan), bytes, ++clock_, entry.kept});
  ++counts_.plans;
  if (entry.plans.size() > kMaxValueKeys) entry.names_only = true;
  if (!entry.kept) return cached;
  if (auto it = entry.plans.find(key.numbers); it != entry.plans.end()) Erase(entry, it);  // stale, or another thread's
  if (static_cast<int>(entry.plans.size()) >= limits_.max_plans) {
    Erase(entry, std::min_element(entry.plans.begin(), entry.plans.end(),
                                  [](auto& a, auto& b) { return a.second->last_used < b.second->last_used; }));
  }
  entry.plans[key.numbers] = cached;
  plan_bytes_ += bytes;
  Shrink(cached.get());
  return cached;
}

Result<std::shared_ptr<PlanCache::Cached>> PlanCache::CachedOf(const Graph& graph, Entry& entry,
                                                               const std::vector<Tensor>& feeds, const Wish& wish) {
  Key key;
  {
    std::lock_guard lock(mutex_);
    key = KeyOf(entry, feeds, wish);
    if (!wish.fresh) {
      if (auto cached = Find(entry, key)) return cached;
    }
  }
  WEIR_ASSIGN_OR_RETURN(auto plan, CompileFor(graph, entry, feeds, key, wish));
  const int64_t bytes = plan->bytes();
  std::lock_guard lock(mutex_);
  return Keep(entry, key, std::move(plan), bytes);
}

Result<std::shared_ptr<const Plan>> PlanCache::PlanOf(const Graph& graph, Entry& entry,
                                                      const std::vector<Tensor>& feeds, const Wish& wish) {
  WEIR_ASSIGN_OR_RETURN(auto cached, CachedOf(graph, entry, feeds, wish));
  return cached->plan;
}

Result<PlanCache::Lease> PlanCache::LeaseOf(const Graph& graph, const Signature& s, const std::vector<Tensor>& feeds,
                                            const Wish& wish) {
  std::shared_ptr<Cached> cached;
  ContextPool::Idle idle;
  {
    std::lock_guard lock(mutex_);
    if (auto it = entries_.find(s); it != entries_.end() && !wish.fresh) {
      it->second->last_used = ++clock_;
      cached = Find(*it->second, KeyOf(*it->second, feeds, wish));
    }
    if (cached) idle = contexts_.Take(*cached->plan);
  }
  if (!cached) {
    WEIR_ASSIGN_OR_RETURN(auto entry, EntryOf(graph, s));
    WEIR_ASSIGN_OR_RETURN(cached, CachedOf(graph, *entry, feeds, wish));
    std::lock_guard lock(mutex_);
    idle = contexts_.Take(*cached->plan);
  }
  auto context = idle.context ? std::move(idle.context) : std::make_unique<RunContext>(cached->plan);
  WEIR_RETURN_IF_ERROR(Init(*context, std::move(idle.arena)));
  return Lease(this, std::move(cached), std::move(context));
}

void PlanCache::Return(Cached& cached, std::unique_ptr<RunContext> context) {
  std::lock_guard lock(mutex_);
  if (cached.kept) contexts_.Return(std::move(context), limits_.max_bytes - plan_bytes_);
}

Status PlanCache::Init(RunContext& context, std::shared_ptr<Buffer> arena) {
  Status status = context.Init(std::move(arena));
  if (status.code() != Code::kResourceExhausted) return status;
  MakeRoom();
  return context.Init();
}

bool PlanCache::Adapt(const RunContext& failed, Wish* wish) {
  if (failed.stale() && !wish->fresh) return wish->fresh = true;
  if (!failed.formless() || wish->formless) return false;
  MakeRoom();
  return wish->formless = true;
}

void PlanCache::GiveIdleBack() {
  if (std::unique_lock lock(mutex_, std::try_to_lock); lock) contexts_.Shrink(0);
}

void PlanCache::MakeRoom() {
  {
    std::lock_guard lock(mutex_);
    contexts_.Shrink(0);
  }
  env_.resources->DropForms();
}

void PlanCache::Erase(Entry& entry, Plans::iterator it) {
  contexts_.Forget(it->second->plan.get());
  plan_bytes_ -= it->second->bytes;
  it->second->kept = false;
  entry.plans.erase(it);
}

void PlanCache::Erase(Entries::iterator it) {
  Entry& entry = *it->second;
  while (!entry.plans.empty()) Erase(entry, entry.plans.begin());
  entry.kept = false;
  entries_.erase(it);
}

void PlanCache::Shrink(const Cached* keep) {
  while (plan_bytes_ + contexts_.bytes() > limits_.max_bytes) {
    // What is idle is made again in no time; a plan is compiled again.
    contexts_.Shrink(std::max<int64_t>(limits_.max_bytes - plan_bytes_, 0));
    if (plan_bytes_ <= limits_.max_bytes) return;
    Entry* entry = nullptr;
    Plans::iterator oldest;
    for (auto& [signature, e] : entries_) {
      for (auto it = e->plans.begin(); it != e->plans.end(); ++it) {
        if (it->second.get() != keep && (!entry || it->second->last_used < oldest->second->last_used))
          entry = e.get(), oldest = it;
      }
    }
    if (!entry) return;
    Erase(*entry, oldest);
  }
}

void PlanCache::Trim() {
  std::lock_guard lock(mutex_);
  while (!entries_.empty()) Erase(entries_.begin());
  contexts_.Shrink(0);
}

int64_t PlanCache::bytes() const {
  std::lock_guard lock(mutex_);
  return plan_bytes_ + contexts_.bytes();
}

Session::CompileCounts PlanCache::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace weir
