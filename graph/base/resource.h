// Resource: what a handle refers to. Two handles of one kind, container and name are one resource of a session.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace weir {

enum class ResourceKind : uint8_t { kVariable };

struct Resource {
  ResourceKind kind = ResourceKind::kVariable;
  std::string container, name;
  auto operator<=>(const Resource&) const = default;
};

}  // namespace weir
