// Precompiled for the library's own sources: what almost every one of them includes.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "weir/graph/base/attr.h"
