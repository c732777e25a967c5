// The beam search of CTCBeamSearchDecoder: candidates are beginnings of labels, nodes of a tree, with the probabilities
// that the steps so far end in a blank or in the last label. Which candidates go on is TensorFlow's rule; of equal ones
// the one that came first.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "weir/graph/base/status.h"
#include "weir/ops/sequence/cpu/log_chances.h"

namespace weir {

class CtcBeamSearch {
 public:
  CtcBeamSearch(int64_t classes, int64_t width);

  // Goes on by a step, whose logits are these; the last class is the blank. An error where the tree grows too large.
  Status Step(std::span<const double> logits);

  struct Path {
    std::vector<int64_t> labels;
    double log_probability = 0;
  };
  // The likeliest ones so far, from the likeliest on; an error where there are fewer. merge_repeated: equal labels
  // running are one.
  Result<std::vector<Path>> Best(int64_t paths, bool merge_repeated) const;

 private:
  // Logarithms; `total` is none where the node is no candidate.
  struct Chances {
    double total, blank, label;
  };
  static constexpr Chances kNever{kNoChance, kNoChance, kNoChance};
  struct Node {
    int32_t parent = -1, label = -1;
    int32_t first_child = -1, sibling = -1;  // those that were candidates once
    int64_t order = 0;         // of candidates: when it became one
    Chances before, now;
  };

  // The node's chances after a step in which it gets no new label.
  void Renew(Node& node, std::span<const double> logits, double norm) const;
  // The children of candidate `i` as new candidates, where they are likely enough.
  Status Expand(int32_t i, std::span<const double> logits, double norm);
  Status AddChild(int32_t parent, int32_t label);  // the last node
  // Whether something of this chance, and that candidate, has a place among the candidates.
  bool HasPlace(double total) const;
  bool Above(int32_t i, int32_t j) const;  // a likelier candidate, or an earlier one as likely
  void Push(int32_t i);

  size_t width_;
  std::vector<int32_t> child_;  // by label, of the node that is being expanded
  std::vector<Node> nodes_;
  std::vector<int32_t> leaves_;  // the candidates, a heap with the last one on top
  int64_t pushed_ = 0;
};

}  // namespace weir
