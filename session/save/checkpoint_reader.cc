#include "weir/session/save/checkpoint_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/op_def.h"
#include "weir/runtime/io/bundle.h"
#include "weir/session/save/saver.h"

namespace weir {

class CheckpointReader::Impl {
 public:
  explicit Impl(io::BundleReader r) : reader(std::move(r)) {}
  const io::BundleReader reader;
};

CheckpointReader::CheckpointReader(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

Result<CheckpointReader> CheckpointReader::Open(const std::string& path) {
  std::string prefix = path;
  if (io::IsDirectory(path)) { WEIR_ASSIGN_OR_RETURN(prefix, LatestCheckpoint(path)); }
  WEIR_ASSIGN_OR_RETURN(auto reader, io::BundleReader::Open(prefix));
  return CheckpointReader(std::make_shared<const Impl>(std::move(reader)));
}

const std::string& CheckpointReader::prefix() const { return impl_->reader.prefix(); }

std::vector<CheckpointTensor> CheckpointReader::List() const {
  std::vector<CheckpointTensor> all;
  for (const auto& [name, e] : impl_->reader.entries())
    all.push_back({name, e.dtype, e.shape, std::max(1, static_cast<int>(e.slices.size()))});
  return all;
}

bool CheckpointReader::Has(const std::string& name) const { return impl_->reader.Find(name) != nullptr; }

Result<Tensor> CheckpointReader::Read(const std::string& name) const {
  if (Has(name)) return impl_->reader.Read(name);
  std::vector<std::string> names;
  for (const auto& [known, e] : impl_->reader.entries()) names.push_back(known);
  auto near = NearestNames(name, names);
  return NotFound(fmt::format("error[file]: the checkpoint '{}' has no tensor '{:.200}'", prefix(), name))
      .Help(near.empty() ? "" : fmt::format("did you mean '{}'?", near[0]));
}

}  // namespace weir
