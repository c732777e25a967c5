// Collections to and from MetaGraphs. TensorFlow writes variables as VariableDef messages where it knows the collection
// to hold variables, and elsewhere by the name of their tensor, as everything else.
#include "weir/ops/model/collections.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/ops/model/variables_internal.h"

namespace weir {

namespace {

constexpr char kQueueRunners[] = "queue_runners";

// What the builder was given, beside what the file it was loaded from has.
struct AddedQueueRunners : std::vector<QueueRunnerInfo> {};

std::string NameOf(const Output& o) { return o.valid() ? o.name() : ""; }

// As the file had it that the variable came from, since that says more (parts of partitioned ones); else by its nodes.
VariableInfo InfoOf(const Variable& v, const MetaGraph* loaded) {
  const std::string name = v.handle().name();
  if (loaded) {
    for (const auto& [key, list] : loaded->variables) {
      auto known = [&](const VariableInfo& i) { return i.name == name && !i.initializer.empty(); };
      if (auto it = std::find_if(list.begin(), list.end(), known); it != list.end()) return *it;
    }
  }
  return {.name = name,
          .initializer = v.initializer().valid() ? v.initializer().name() : "",
          .snapshot = NameOf(v.snapshot()),
          .initial_value = NameOf(v.initial_value()),
          .is_resource = !v.is_reference(),
          .trainable = v.trainable()};
}

}  // namespace

Collections& CollectionsOf(Builder& b) {
  AdoptLoaded(b);
  return b.Kept<Collections>();
}

void AdoptCollections(Builder& b, const MetaGraph& meta, const std::string& prefix) {
  for (const auto& [key, info] : meta.collections) {
    for (const std::string& name : info.nodes) {
      CollectionLists& c = CollectionsOf(b)[key];
      if (name.find(':') == name.npos) {
        NodeId id = b.graph().Find(prefix + name);
        if (id.valid()) c.operations.push_back({&b, id});
        continue;
      }
      auto e = b.graph().ParseEndpoint(prefix + name);
      if (!e.ok()) continue;  // of a part that the file left out
      auto v = VariablesByNode(b).find(e->node);
      if (v != VariablesByNode(b).end() && e->index == 0) {
        c.variables.push_back(v->second);
      } else {
        c.outputs.push_back({&b, *e});
      }
    }
  }
}

void AddQueueRunner(Builder& b, QueueRunnerInfo runner) { b.Kept<AddedQueueRunners>().push_back(std::move(runner)); }

namespace {

Result<std::vector<QueueRunnerInfo>> ListedQueueRunners(const MetaGraph& meta) {
  std::vector<QueueRunnerInfo> runners;
  auto listed = meta.collections.find(kQueueRunners);
  if (listed == meta.collections.end()) return runners;
  for (const std::string& bytes : listed->second.bytes) {
    WEIR_ASSIGN_OR_RETURN(QueueRunnerInfo runner, ParseQueueRunner(bytes));
    runners.push_back(std::move(runner));
  }
  return runners;
}

}  // namespace

Status AdoptQueueRunners(Builder& b, const MetaGraph& meta, const std::string& prefix) {
  WEIR_ASSIGN_OR_RETURN(std::vector<QueueRunnerInfo> runners, ListedQueueRunners(meta));
  for (QueueRunnerInfo& runner : runners) {
    for (std::string* name : {&runner.queue, &runner.close, &runner.cancel}) {
      if (!name->empty()) name->insert(0, prefix);
    }
    for (std::string& name : runner.enqueue) name.insert(0, prefix);
    AddQueueRunner(b, std::move(runner));
  }
  return {};
}

Result<std::vector<QueueRunnerInfo>> QueueRunnersOf(Builder& b) {
  std::vector<QueueRunnerInfo> runners;
  if (const MetaGraph* loaded = b.graph().file_info().meta.get()) {
    WEIR_ASSIGN_OR_RETURN(runners, ListedQueueRunners(*loaded));
  }
  const AddedQueueRunners& added = b.Kept<AddedQueueRunners>();
  runners.insert(runners.end(), added.begin(), added.end());
  return runners;
}

Result<MetaGraph> MetaGraphOf(Builder& b) {
  WEIR_RETURN_IF_ERROR(b.status());
  const Collections& collections = CollectionsOf(b);
  const MetaGraph* loaded = b.graph().file_info().meta.get();
  MetaGraph meta = loaded ? *loaded : MetaGraph();
  meta.variables.clear();
  meta.file_fields.clear(), meta.objects = {};  // of the graph as it was
  for (auto& [key, info] : meta.collections) info.nodes.clear();  // the builder has them
  for (const auto& [key, c] : collections) {
    const bool variables = HoldsVariables(key);
    if (variables && (!c.outputs.empty() || !c.operations.empty())) {
      return InvalidArgument(fmt::format("error[graph]: the collection '{}' holds more than variables", key))
          .Help("TensorFlow takes collections of that name for lists of variables alone");
    }
    for (const Variable& v : c.variables) {
      if (variables)
        meta.variables[key].push_back(InfoOf(v, loaded));
      else
        meta.collections[key].nodes.push_back(v.handle().name());
    }
    for (const Output& o : c.outputs) meta.collections[key].nodes.push_back(o.name());
    for (const Operation& o : c.operations) meta.collections[key].nodes.push_back(o.name());
  }
  for (const QueueRunnerInfo& runner : b.Kept<AddedQueueRunners>()) {
    WEIR_ASSIGN_OR_RETURN(std::string bytes, QueueRunnerBytes(runner));
    meta.collections[kQueueRunners].bytes.push_back(std::move(bytes));
  }
  return meta;
}

}  // namespace weir
