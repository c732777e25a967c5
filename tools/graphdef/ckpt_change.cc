// graphdef ckpt diff, convert, merge: checkpoints compared with one another and made of others.
#include <fmt/format.h>

#include "weir/graph/base/distance.h"
#include "weir/runtime/io/npy.h"
#include "weir/tools/graphdef/ckpt.h"

namespace weir::tool {

namespace {

// The tensors of a checkpoint, or of an .npz file.
class TensorFile {
 public:
  static Result<TensorFile> Open(const std::string& path) {
    TensorFile f;
    if (path.ends_with(".npz")) {
      WEIR_ASSIGN_OR_RETURN(f.arrays_, io::ReadNpz(path));
      return f;
    }
    WEIR_ASSIGN_OR_RETURN(io::BundleReader reader, OpenCheckpoint(path));
    f.reader_ = std::make_shared<io::BundleReader>(std::move(reader));
    return f;
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& [name, t] : arrays_) names.push_back(name);
    for (const auto& [name, e] : reader_ ? reader_->entries() : std::map<std::string, io::BundleEntry>())
      names.push_back(name);
    return names;
  }
  bool Has(const std::string& name) const { return reader_ ? reader_->Find(name) != nullptr : arrays_.count(name) > 0; }
  Result<Tensor> Read(const std::string& name) const { return reader_ ? reader_->Read(name) : arrays_.at(name); }
  // "f32[2,3]"
  std::string TypeOf(const std::string& name) const {
    const DType dtype = reader_ ? reader_->Find(name)->dtype : arrays_.at(name).dtype();
    return DTypeShortName(dtype) + (reader_ ? reader_->Find(name)->shape : arrays_.at(name).shape()).ToString();
  }

 private:
  std::map<std::string, Tensor> arrays_;
  std::shared_ptr<const io::BundleReader> reader_;
};

// What is different at one name; null where nothing is.
Result<Json> Difference(const TensorFile& a, const TensorFile& b, const std::string& name, double tolerance) {
  if (!b.Has(name)) return Json{{"name", name}, {"kind", "removed"}, {"before", a.TypeOf(name)}};
  if (!a.Has(name)) return Json{{"name", name}, {"kind", "added"}, {"after", b.TypeOf(name)}};
  if (a.TypeOf(name) != b.TypeOf(name))
    return Json{{"name", name}, {"kind", "type"}, {"before", a.TypeOf(name)}, {"after", b.TypeOf(name)}};
  WEIR_ASSIGN_OR_RETURN(const Tensor before, a.Read(name));
  WEIR_ASSIGN_OR_RETURN(const Tensor after, b.Read(name));
  const TensorDistance d = DistanceOf(before, after);
  if (d.relative <= tolerance) return Json();
  return Json{{"name", name},
              {"kind", "value"},
              {"type", a.TypeOf(name)},
              {"different", d.different},
              {"elements", before.num_elements()},
              {"max_abs", d.max_abs},
              {"relative", d.relative}};
}

std::string TextOfDifference(const Json& d) {
  const std::string name = d["name"], kind = d["kind"];
  if (kind == "removed") return fmt::format("- {} : {}\n", name, d["before"].get<std::string>());
  if (kind == "added") return fmt::format("+ {} : {}\n", name, d["after"].get<std::string>());
  if (kind == "type")
    return fmt::format("~ {} : {} -> {}\n", name, d["before"].get<std::string>(), d["after"].get<std::string>());
  return fmt::format("~ {} : {} differs in {} of {} elements, by at most {:.6g} (relative {:.2g})\n", name,
                     d["type"].get<std::string>(), d["different"].get<int64_t>(), d["elements"].get<int64_t>(),
                     d["max_abs"].get<double>(), d["relative"].get<double>());
}

}  // namespace

bool HoldsTensors(const std::string& path) {
  return path.ends_with(".npz") || io::CheckpointExists(path);
}

Result<int64_t> ConvertTensors(const std::string& from, const std::string& to) {
  WEIR_ASSIGN_OR_RETURN(const TensorFile source, TensorFile::Open(from));
  const std::vector<std::string> names = source.Names();
  if (to.ends_with(".npz")) {
    std::vector<std::pair<std::string, Tensor>> arrays;
    for (const std::string& name : names) {
      WEIR_ASSIGN_OR_RETURN(Tensor t, source.Read(name));
      arrays.emplace_back(name, std::move(t));
    }
    WEIR_RETURN_IF_ERROR(io::WriteNpz(to, arrays));
    return static_cast<int64_t>(names.size());
  }
  WEIR_ASSIGN_OR_RETURN(auto writer, io::BundleWriter::Create(to));
  for (const std::string& name : names) {
    WEIR_ASSIGN_OR_RETURN(const Tensor t, source.Read(name));
    WEIR_RETURN_IF_ERROR(writer.Add(name, t));
  }
  WEIR_RETURN_IF_ERROR(writer.Finish());
  return static_cast<int64_t>(names.size());
}

int CkptDiff(const CkptOptions& o) {
  auto before = TensorFile::Open(o.prefix), after = TensorFile::Open(o.other);
  for (const auto* f : {&before, &after}) {
    if (!f->ok()) return Report(f->status(), kBadFile);
  }
  std::set<std::string> names;
  for (const auto* f : {&before, &after}) {
    for (const std::string& name : (*f)->Names()) names.insert(name);
  }
  Json list = Json::array();
  for (const std::string& name : names) {
    if (interrupted) return kInterrupted;
    auto d = Difference(*before, *after, name, o.tolerance);
    if (!d.ok()) return Report(d.status(), kBadFile);
    if (d->is_null()) continue;
    if (!o.json) Print(TextOfDifference(*d));
    list.push_back(std::move(*d));
  }
  const bool equal = list.empty();
  if (o.json) {
    PrintJson({{"schema", "graphdef.ckpt.diff/1"}, {"equal", equal}, {"tensors", names.size()}, {"differences", list}});
  } else {
    Print(equal ? fmt::format("equal: {} tensors\n", names.size())
                : fmt::format("{} of {} tensors differ\n", list.size(), names.size()));
  }
  return equal ? kOk : kNegative;
}

int CkptConvert(const CkptOptions& o) {
  auto tensors = ConvertTensors(o.prefix, o.output);
  if (!tensors.ok()) return Report(tensors.status(), kBadFile);
  if (o.json) PrintJson({{"schema", "graphdef.ckpt.convert/1"}, {"tensors", *tensors}, {"out", o.output}});
  else Print(fmt::format("{} tensors in '{}'\n", *tensors, o.output));
  return kOk;
}

int CkptMerge(const CkptOptions& o) {
  std::vector<std::string> prefixes;
  for (const std::string& path : o.prefixes) {
    auto r = OpenCheckpoint(path);
    if (!r.ok()) return Report(r.status(), kBadFile);
    prefixes.push_back(r->prefix());
  }
  if (Status s = io::MergeBundles(prefixes, o.output, io::MergedSources::kCopied); !s.ok()) return Report(s, kBadFile);
  auto merged = io::BundleReader::Open(o.output);
  if (!merged.ok()) return Report(merged.status(), kBadFile);
  const size_t tensors = merged->entries().size();
  if (o.json) {
    PrintJson({{"schema", "graphdef.ckpt.merge/1"}, {"tensors", tensors}, {"shards", merged->num_shards()},
               {"out", o.output}});
  } else {
    Print(fmt::format("{} tensors in {} data files\n", tensors, merged->num_shards()));
  }
  return kOk;
}

}  // namespace weir::tool
