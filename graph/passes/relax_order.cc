// RelaxOrder: drops control edges that order nothing anybody could see, so that what they alone kept goes with Prune
// and what they alone held apart can be simplified and fused. TensorFlow's gradients are full of them: each op's
// gradients wait for one another.
//
// What effects are says graph/effects_before.h. A control edge from a node that is no effect stands for the effects
// before it: there are none and the edge goes, or it is replaced by edges from them.
#include <algorithm>

#include "weir/graph/effects_before.h"
#include "weir/graph/functions.h"
#include "weir/graph/pass.h"

namespace weir {

namespace {

constexpr size_t kMostSources = 8;

// The effects that come last before a node on each way to it; `many` when there are too many to tell.
struct Sources {
  std::vector<NodeId> effects;
  bool many = false;

  void Add(NodeId id) {
    if (!many && std::find(effects.begin(), effects.end(), id) == effects.end()) effects.push_back(id);
    if (effects.size() > kMostSources) many = true, effects.clear();
  }
  void Add(const Sources& o) {
    for (NodeId id : o.effects) Add(id);
    if (o.many) many = true, effects.clear();
  }
  bool Has(NodeId id) const { return std::find(effects.begin(), effects.end(), id) != effects.end(); }
};

class Relaxation {
 public:
  explicit Relaxation(Graph& g) : g_(g), sources_(g.num_ids()) {}

  Result<bool> Run() {
    WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(g_));
    bool changed = false;
    for (NodeId id : order) {
      Sources data = OfData(g_.node(id));
      std::vector<NodeId> control = Relaxed(g_.node(id), data);
      if (control != g_.node(id).control_inputs()) {
        WEIR_RETURN_IF_ERROR(g_.SetInputs(id, g_.node(id).inputs(), control));
        changed = true;
      }
      if (IsEffect(g_, g_.node(id))) {
        sources_[id.value].Add(id);
      } else {
        for (NodeId c : control) data.Add(sources_[c.value]);
        sources_[id.value] = std::move(data);
      }
    }
    return changed;
  }

 private:
  Sources OfData(const Node& n) const {
    Sources s;
    for (Endpoint e : n.inputs()) s.Add(sources_[e.node.value]);
    return s;
  }

  // The control inputs that n needs.
  std::vector<NodeId> Relaxed(const Node& n, const Sources& data) const {
    if (IsRoot(n)) return n.control_inputs();
    const bool effect = IsEffect(g_, n);
    std::vector<NodeId> control;
    auto need = [&](NodeId id) {
      if (std::find(control.begin(), control.end(), id) == control.end()) control.push_back(id);
    };
    for (NodeId c : n.control_inputs()) {
      const Node& before = g_.node(c);
      const Sources& s = sources_[c.value];
      const bool visible = IsEffect(g_, before) || before.def()->random() ||
                           (TouchesResource(g_, before) && TouchesResource(g_, n));
      if (visible || s.many) {
        need(c);
        continue;
      }
      for (NodeId source : s.effects) {
        // Data that n takes from behind the effect orders them already; an effect keeps its edges nevertheless, since
        // folding may cut such a way.
        if (effect || !data.Has(source)) need(source);
      }
    }
    return control;
  }

  Graph& g_;
  std::vector<Sources> sources_;
};

}  // namespace

Result<bool> RelaxOrder(Graph& g, PassContext&) { return Relaxation(g).Run(); }

}  // namespace weir
