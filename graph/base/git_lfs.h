// Git LFS: a repository cloned without it holds, in the place of a large file, a few lines of text that point to it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/graph/base/status.h"

namespace weir {

inline constexpr int64_t kGitLfsPointerLimit = 1024;  // bytes; by its specification

// Whether a file that begins so and is smaller than the limit is one.
inline bool IsGitLfsPointer(std::string_view content) {
  return content.size() < kGitLfsPointerLimit && content.starts_with("version https://git-lfs.github.com/spec/");
}

inline Status GitLfsPointer(const std::string& path) {
  return DataLoss("error[file]: '" + path + "' is a pointer of Git LFS, not the file itself")
      .Help("fetch the files by `git lfs pull`");
}

}  // namespace weir
