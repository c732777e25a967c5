// PersistentVector: a vector as a value. Copies share their elements; changing one copies the few nodes on the way to
// it that another vector holds, too (a tree of 32 branches: at most 6 nodes for a billion elements), so that a list
// which a program writes element by element, and keeps versions of, costs what it changes. What was never set takes no
// memory.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace weir {

template <class T>
class PersistentVector {
 public:
  size_t size() const { return size_; }

  // T() where nothing was set.
  const T& operator[](size_t i) const {
    static const T none;
    const Node* n = root_.get();
    for (int level = depth_; n && level > 0; --level)
      n = Place(i, level) < n->children.size() ? n->children[Place(i, level)].get() : nullptr;
    return n && Place(i, 0) < n->elements.size() ? n->elements[Place(i, 0)] : none;
  }
  // i < size()
  void Set(size_t i, T value) {
    Node* leaf = Own(i, 0);
    if (leaf->elements.size() <= Place(i, 0)) leaf->elements.resize(Place(i, 0) + 1);
    leaf->elements[Place(i, 0)] = std::move(value);
  }
  void Resize(size_t size) {
    if (size == 0) *this = {};
    if (size < size_) Cut(size);
    while (size > Capacity()) {
      if (root_) {
        auto root = std::make_shared<Node>();
        root->children.push_back(std::move(root_));
        root_ = std::move(root);
      }
      ++depth_;
    }
    size_ = size;
  }
  void push_back(T value) {
    Resize(size_ + 1);
    Set(size_ - 1, std::move(value));
  }
  void pop_back() { Resize(size_ - 1); }

  // Calls fn(i, element) for all that were set, and perhaps for some that were not, in order.
  template <class Fn>
  void ForEachSet(Fn fn) const { if (root_) Visit(*root_, depth_, 0, fn); }

  // Whether both are versions of one vector between which nothing has changed.
  bool SameAs(const PersistentVector& o) const { return root_ == o.root_ && size_ == o.size_; }

 private:
  static constexpr int kBits = 5, kWidth = 1 << kBits;
  struct Node {
    std::vector<std::shared_ptr<Node>> children;  // of an inner node; null or missing: nothing set
    std::vector<T> elements;                      // of a leaf; missing: not set
  };
  static size_t Place(size_t i, int level) { return (i >> (kBits * level)) & (kWidth - 1); }
  size_t Capacity() const { return size_t{kWidth} << (kBits * depth_); }

  // The node at `level` on the way to element i, held by this vector alone.
  Node* Own(size_t i, int level) {
    std::shared_ptr<Node>* at = &root_;
    for (int l = depth_;; --l) {
      if (!*at) *at = std::make_shared<Node>();
      else if (at->use_count() > 1) *at = std::make_shared<Node>(**at);
      if (l == level) return at->get();
      auto& children = (*at)->children;
      if (children.size() <= Place(i, l)) children.resize(Place(i, l) + 1);
      at = &children[Place(i, l)];
    }
  }
  // Forgets the elements from `size` on.
  void Cut(size_t size) {
    for (int level = depth_; level > 0; --level) {
      auto& children = Own(size, level)->children;
      if (children.size() > Place(size, level) + 1) children.resize(Place(size, level) + 1);
    }
    auto& elements = Own(size, 0)->elements;
    if (elements.size() > Place(size, 0)) elements.resize(Place(size, 0));
  }
  template <class Fn>
  static void Visit(const Node& n, int level, size_t first, Fn& fn) {
    for (size_t k = 0; k < n.elements.size(); ++k) fn(first + k, n.elements[k]);
    for (size_t k = 0; k < n.children.size(); ++k) {
      if (n.children[k]) Visit(*n.children[k], level - 1, first + (k << (kBits * level)), fn);
    }
  }

  std::shared_ptr<Node> root_;
  int depth_ = 0;
  size_t size_ = 0;
};

}  // namespace weir
