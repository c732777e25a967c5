// graphdef ckpt: what is in a checkpoint, and whether it is sound; see ckpt_change.cc for the other verbs.
#include <fmt/format.h>

#include "weir/runtime/io/npy.h"
#include "weir/session/save/saver.h"
#include "weir/tools/graphdef/ckpt.h"

namespace weir::tool {

Result<io::BundleReader> OpenCheckpoint(const std::string& path) {
  if (!io::IsDirectory(path)) return io::BundleReader::Open(path);
  std::vector<std::string> skipped;
  WEIR_ASSIGN_OR_RETURN(std::string latest, LatestCheckpoint(path, &skipped));
  for (const std::string& s : skipped) Message("warning: passed over: " + s);
  return io::BundleReader::Open(latest);
}

namespace {

int List(const CkptOptions& o) {
  auto r = OpenCheckpoint(o.prefix);
  if (!r.ok()) return Report(r.status(), kBadFile);
  Json list = Json::array();
  std::string text;
  int64_t elements = 0;
  for (const auto& [name, e] : r->entries()) {
    elements += e.shape.num_elements();
    list.push_back({{"name", name},
                    {"dtype", DTypeName(e.dtype)},
                    {"shape", e.shape.dims()},
                    {"shard", e.shard},
                    {"offset", e.offset},
                    {"bytes", e.size},
                    {"parts", e.slices.size()}});
    text += fmt::format("{:<60} {}{}{}\n", name, DTypeShortName(e.dtype), e.shape.ToString(),
                        e.slices.empty() ? "" : fmt::format("  in {} parts", e.slices.size()));
  }
  if (o.json) {
    PrintJson({{"schema", "graphdef.ckpt.ls/1"}, {"prefix", r->prefix()}, {"tensors", list}});
  } else {
    Print(text + fmt::format("{} tensors, {} elements, {} bytes in {} data files\n", r->entries().size(),
                             Thousands(elements), Thousands(r->data_bytes()), r->num_shards()));
  }
  return kOk;
}

int Cat(const CkptOptions& o) {
  auto r = OpenCheckpoint(o.prefix);
  if (!r.ok()) return Report(r.status(), kBadFile);
  std::vector<std::string> all;
  for (const auto& [name, e] : r->entries()) all.push_back(name);
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const std::string& name : o.names.empty() ? all : o.names) {
    auto t = r->Read(name);
    if (!t.ok()) {
      auto near = r->Find(name) ? std::vector<std::string>() : NearestNames(name, all);
      return Report(near.empty() ? t.status() : Status(t.status()).Help("did you mean '" + near[0] + "'?"), kBadFile);
    }
    tensors.emplace_back(name, std::move(*t));
  }
  if (!o.output.empty()) {
    Status s = io::WriteNpz(o.output, tensors);
    return s.ok() ? kOk : Report(s, kBadFile);
  }
  Json list = Json::array();
  for (const auto& [name, t] : tensors) {
    if (o.json) {
      list.push_back({{"name", name},
                      {"dtype", DTypeName(t.dtype())},
                      {"shape", t.shape().dims()},
                      {"value", t.ToString(o.limit)}});
    } else {
      Print(fmt::format("{} {}{}\n{}\n", name, DTypeShortName(t.dtype()), t.shape().ToString(), t.ToString(o.limit)));
    }
  }
  if (o.json) PrintJson({{"schema", "graphdef.ckpt.cat/1"}, {"tensors", list}});
  return kOk;
}

int Verify(const CkptOptions& o) {
  auto r = OpenCheckpoint(o.prefix);
  if (!r.ok()) return Report(r.status(), kBadFile);
  Json bad = Json::array();
  for (const auto& [name, e] : r->entries()) {
    Status s = r->Verify(name);
    if (s.ok()) continue;
    bad.push_back({{"name", name}, {"error", s.message()}});
    if (!o.json) Report(s, kNegative);
  }
  if (o.json) {
    PrintJson({{"schema", "graphdef.ckpt.verify/1"},
               {"prefix", r->prefix()},
               {"tensors", r->entries().size()},
               {"damaged", bad}});
  } else {
    Print(fmt::format("{}: {} of {} tensors are sound\n", r->prefix(), r->entries().size() - bad.size(),
                      r->entries().size()));
  }
  return bad.empty() ? kOk : kNegative;
}

}  // namespace

namespace {

struct Sub {
  const char *name, *what, *example, *second;
  int (*run)(const CkptOptions&);
};

CLI::App* AddSub(CLI::App& verb, const Sub& s, const std::shared_ptr<CkptOptions>& o, Action* action) {
  CLI::App* sub = AddVerb(verb, s.name, s.what, {s.example, s.second});
  sub->add_flag("--json", o->json, "As JSON");
  sub->callback([=, run = s.run] { *action = [o, run] { return run(*o); }; });
  return sub;
}

constexpr char kPath[] = "The checkpoint's path without .index, or a folder", kOrNpz[] = ", or an .npz file";

// Those that read one checkpoint.
void AddReading(CLI::App& verb, const std::shared_ptr<CkptOptions>& o, Action* action) {
  for (const Sub& s :
       {Sub{"ls", "Lists tensors: names, dtypes, shapes.", "graphdef ckpt ls model/net-100",
            "graphdef ckpt ls model --json", List},
        Sub{"cat", "Prints tensors, or writes them as .npz.", "graphdef ckpt cat model/net-100 dense/kernel",
            "graphdef ckpt cat model/net-100 --out all.npz", Cat},
        Sub{"verify", "Reads everything and checks the checksums.", "graphdef ckpt verify model/net-100",
            "graphdef ckpt verify model --json", Verify}}) {
    CLI::App* sub = AddSub(verb, s, o, action);
    sub->add_option("prefix", o->prefix, kPath)->required();
    if (s.run != Cat) continue;
    sub->add_option("name", o->names, "Only these tensors");
    sub->add_option("--limit", o->limit, "Elements of a tensor to print");
    sub->add_option("--out", o->output, "Write an .npz instead");
  }
}

// Those that compare or make checkpoints.
void AddChanging(CLI::App& verb, const std::shared_ptr<CkptOptions>& o, Action* action) {
  CLI::App* diff = AddSub(verb, {"diff", "Compares tensors by name. Exit code 1: they differ.",
                                 "graphdef ckpt diff model/net-100 model/net-200",
                                 "graphdef ckpt diff model/net-100 all.npz --tolerance 1e-6 --json", CkptDiff},
                          o, action);
  diff->add_option("prefix", o->prefix, std::string(kPath) + kOrNpz)->required();
  diff->add_option("other", o->other, "What to compare it with")->required();
  diff->add_option("--tolerance", o->tolerance, "Values may be this far apart, relative to a tensor's largest")
      ->check(CLI::NonNegativeNumber);
  CLI::App* convert = AddSub(verb, {"convert", "Writes a checkpoint of an .npz file, or the other way round.",
                                    "graphdef ckpt convert weights.npz -o model/net-1",
                                    "graphdef ckpt convert model/net-100 -o weights.npz", CkptConvert},
                             o, action);
  convert->add_option("prefix", o->prefix, std::string(kPath) + kOrNpz)->required();
  convert->add_option("-o,--out", o->output, "An .npz file, or the path of a checkpoint without .index")->required();
  CLI::App* merge = AddSub(verb, {"merge", "Makes one checkpoint of several with different tensors, which stay.",
                                  "graphdef ckpt merge encoder/net-7 decoder/net-9 -o both/net-1",
                                  "graphdef ckpt merge a b c -o all --json", CkptMerge},
                           o, action);
  merge->add_option("prefix", o->prefixes, kPath)->required()->expected(2, 10000);
  merge->add_option("-o,--out", o->output, "The new checkpoint's path without .index")->required();
}

}  // namespace

void AddCkpt(CLI::App& app, Action* action) {
  auto o = std::make_shared<CkptOptions>();
  CLI::App* verb = AddVerb(
      app, "ckpt", "Looks into checkpoints (V2) by their prefix, or the latest of a folder; compares and makes them.",
      {"graphdef ckpt ls model/net-100", "graphdef ckpt cat model/net-100 dense/kernel --json"});
  verb->require_subcommand(1);
  AddReading(*verb, o, action);
  AddChanging(*verb, o, action);
}

}  // namespace weir::tool
