// How each node of a lowered graph runs, and which tensors have memory of a size that is known before the run.
#pragma once

#include <set>

#include "weir/graph/graph.h"
#include "weir/runtime/kernel.h"

namespace weir {

enum class Role {
  kNothing,
  kConstant,
  kFeed,
  kFetch,
  kHandle,
  kRead,
  kAssign,
  kIsInitialized,
  kControl,
  kView,
  kKernel,
  kDynamic
};

inline bool IsHandle(const Graph& g, Endpoint e) { return BaseType(g.type(e).dtype) == kResource; }
// The handle of a table, a queue or a reader.
inline bool IsObject(const Graph& g, Endpoint e) {
  return IsHandle(g, e) && g.type(e).resource && g.type(e).resource->kind != ResourceKind::kVariable;
}

class Roles {
 public:
  // Decides in `order`, which is topological. Errors: a node that cannot run, with its name.
  static Result<Roles> Of(const Graph& g, const std::vector<NodeId>& order);

  Role operator[](NodeId id) const { return roles_[id.value]; }
  // The kernel that computes the node; null for those that need none.
  const KernelDef* kernel(NodeId id) const { return kernels_[id.value]; }
  bool Static(Endpoint e) const;
  void MakeDynamic(Endpoint e) { dynamic_.insert(e); }
  // What `e` is a view of, itself if of nothing.
  Endpoint RootOf(Endpoint e) const;

 private:
  explicit Roles(const Graph& g) : g_(&g), roles_(g.num_ids()), kernels_(g.num_ids()) {}
  bool AllStatic(const Node& n) const;
  Result<Role> Decide(const Node& n);

  const Graph* g_;
  std::vector<Role> roles_;
  std::vector<const KernelDef*> kernels_;  // by id
  std::set<Endpoint> dynamic_;
};

}  // namespace weir
