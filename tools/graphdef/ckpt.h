// What the verbs that read and write checkpoints share.
#pragma once

#include <string>
#include <vector>

#include "weir/runtime/io/bundle.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

struct CkptOptions {
  std::string prefix, other, output;
  std::vector<std::string> names, prefixes;
  int64_t limit = 100;
  double tolerance = 0;
  bool json = false;
};

// A prefix, or a folder, which means its latest checkpoint.
Result<io::BundleReader> OpenCheckpoint(const std::string& path);
// Whether it is an .npz file by its name, or a checkpoint by what is there.
bool HoldsTensors(const std::string& path);
// Copies all tensors of a checkpoint or an .npz file into one or the other, by the ending of `to`; returns how many.
Result<int64_t> ConvertTensors(const std::string& from, const std::string& to);

// ---- verbs of ckpt that make or compare checkpoints
int CkptDiff(const CkptOptions& o);
int CkptConvert(const CkptOptions& o);
int CkptMerge(const CkptOptions& o);

}  // namespace weir::tool
