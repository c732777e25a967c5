#include "weir/ops/sequence/cpu/ctc_beam.h"

#include <fmt/format.h>

#include <fmt/format.h>

#include <algorithm>


namespace weir {

namespace {

constexpr size_t kMostNodes = size_t{1} << 24;  // 1.3 GB

}  // namespace

CtcBeamSearch::CtcBeamSearch(int64_t classes, int64_t width)
    : width_(static_cast<size_t>(width)), child_(static_cast<size_t>(classes - 1)) {
  nodes_.push_back({.before = kNever, .now = {0, 0, kNoChance}});
  Push(0);
}

bool CtcBeamSearch::Above(int32_t i, int32_t j) const {
  const Node &a = nodes_[static_cast<size_t>(i)], &b = nodes_[static_cast<size_t>(j)];
  const bool a_none = std::isnan(a.now.total), b_none = std::isnan(b.now.total);  // which come last
  if (a_none != b_none) return b_none;
  if (!a_none && a.now.total != b.now.total) return a.now.total > b.now.total;
  return a.order < b.order;
}

bool CtcBeamSearch::HasPlace(double total) const {
  if (!(total > kNoChance)) return false;
  return leaves_.size() < width_ || total > nodes_[static_cast<size_t>(leaves_.front())].now.total;
}

void CtcBeamSearch::Push(int32_t i) {
  auto above = [this](int32_t a, int32_t b) { return Above(a, b); };
  if (leaves_.size() == width_) {
    std::pop_heap(leaves_.begin(), leaves_.end(), above);
    nodes_[static_cast<size_t>(leaves_.back())].now = kNever;
    leaves_.pop_back();
  }
  nodes_[static_cast<size_t>(i)].order = pushed_++;
  leaves_.push_back(i);
  std::push_heap(leaves_.begin(), leaves_.end(), above);
}

void CtcBeamSearch::Renew(Node& node, std::span<const double> logits, double norm) const {
  if (node.parent >= 0) {
    const Node& parent = nodes_[static_cast<size_t>(node.parent)];
    if (parent.now.total != kNoChance) {
      // A label like the one before it needs a blank between them.
      const double previous = node.label == parent.label ? parent.before.blank : parent.before.total;
      node.now.label = LogSum(node.now.label, previous);
    }
    node.now.label += logits[static_cast<size_t>(node.label)] - norm;
  }
  node.now.blank = node.before.total + logits.back() - norm;
  node.now.total = LogSum(node.now.blank, node.now.label);
}

Status CtcBeamSearch::Expand(int32_t i, std::span<const double> logits, double norm) {
  const Node node = nodes_[static_cast<size_t>(i)];
  std::fill(child_.begin(), child_.end(), -1);
  for (int32_t c = node.first_child; c >= 0; c = nodes_[static_cast<size_t>(c)].sibling)
    child_[static_cast<size_t>(nodes_[static_cast<size_t>(c)].label)] = c;
  for (size_t k = 0; k < child_.size(); ++k) {
    const int32_t c = child_[k];
    if (c >= 0 && nodes_[static_cast<size_t>(c)].now.total != kNoChance) continue;
    const auto label = static_cast<int32_t>(k);
    const double chance = logits[k] - norm + (label == node.label ? node.before.blank : node.before.total);
    if (!HasPlace(chance)) {
      if (c >= 0) nodes_[static_cast<size_t>(c)].before = kNever;
      continue;
    }
    if (c < 0) WEIR_RETURN_IF_ERROR(AddChild(i, label));
    const int32_t added = c < 0 ? static_cast<int32_t>(nodes_.size()) - 1 : c;
    nodes_[static_cast<size_t>(added)].now = {chance, kNoChance, chance};
    Push(added);
  }
  return {};
}

Status CtcBeamSearch::AddChild(int32_t parent, int32_t label) {
  if (nodes_.size() == kMostNodes) return ResourceExhausted(fmt::format("has had {} candidates", kMostNodes));
  Node& node = nodes_[static_cast<size_t>(parent)];
  const Node child{.parent = parent, .label = label, .sibling = node.first_child, .before = kNever, .now = kNever};
  node.first_child = static_cast<int32_t>(nodes_.size());
  nodes_.push_back(child);
  return {};
}

Status CtcBeamSearch::Step(std::span<const double> logits) {
  const double norm = LogNorm(logits);
  std::vector<int32_t> branches = std::move(leaves_);
  leaves_.clear();
  std::sort(branches.begin(), branches.end(), [this](int32_t i, int32_t j) { return Above(i, j); });
  for (int32_t i : branches) nodes_[static_cast<size_t>(i)].before = nodes_[static_cast<size_t>(i)].now;
  for (int32_t i : branches) {
    Renew(nodes_[static_cast<size_t>(i)], logits, norm);
    Push(i);
  }
  for (int32_t i : branches) {
    if (HasPlace(nodes_[static_cast<size_t>(i)].before.total)) WEIR_RETURN_IF_ERROR(Expand(i, logits, norm));
  }
  return {};
}

Result<std::vector<CtcBeamSearch::Path>> CtcBeamSearch::Best(int64_t paths, bool merge_repeated) const {
  if (static_cast<size_t>(paths) > leaves_.size()) {
    return InvalidArgument(fmt::format("has found {} candidates, not top_paths = {}", leaves_.size(), paths));
  }
  std::vector<int32_t> sorted = leaves_;
  std::sort(sorted.begin(), sorted.end(), [this](int32_t i, int32_t j) { return Above(i, j); });
  std::vector<Path> best;
  for (int64_t k = 0; k < paths; ++k) {
    const Node* node = &nodes_[static_cast<size_t>(sorted[static_cast<size_t>(k)])];
    Path path{{}, node->now.total};
    for (int32_t last = -1; node->parent >= 0; node = &nodes_[static_cast<size_t>(node->parent)]) {
      if (!merge_repeated || node->label != last) path.labels.push_back(node->label);
      last = node->label;
    }
    std::reverse(path.labels.begin(), path.labels.end());
    best.push_back(std::move(path));
  }
  return best;
}

}  // namespace weir
