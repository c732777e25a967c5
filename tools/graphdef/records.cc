// graphdef records: looks into TFRecord files.
#include <fmt/format.h>

#include <algorithm>

#include "weir/runtime/io/example.h"
#include "weir/runtime/io/record.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

namespace {

struct RecordsOptions {
  std::string path;
  int64_t limit = 10;
  int64_t values = 8;
  bool json = false;
};

// Bytes that JSON can hold: those that are no ASCII letter, digit or sign as \xNN.
std::string Printable(const std::string& bytes) {
  std::string text;
  for (char c : bytes) {
    if (c >= ' ' && c <= '~') text += c;
    else text += fmt::format("\\x{:02x}", static_cast<uint8_t>(c));
  }
  return text;
}

template <class T>
Json Listed(const std::vector<T>& values, int64_t limit) {
  Json list = Json::array();
  for (const T& v : values) {
    if (static_cast<int64_t>(list.size()) == limit) break;
    if constexpr (std::is_same_v<T, std::string>) list.push_back(Printable(v));
    else list.push_back(v);
  }
  return list;
}

Json Described(const Feature& feature, int64_t limit) {
  static constexpr const char* kKinds[] = {"none", "bytes", "float", "int64"};
  Json described{{"kind", kKinds[feature.index()]}, {"count", 0}, {"values", Json::array()}};
  std::visit(
      [&]<class T>(const T& values) {
        if constexpr (!std::is_same_v<T, std::monostate>)
          described["count"] = values.size(), described["values"] = Listed(values, limit);
      },
      feature);
  return described;
}

// What a record says. Bytes of anything may parse as a message that says nothing; an Example's bytes are a
// SequenceExample's, too, without lists.
std::variant<std::monostate, Example, SequenceExample> Read(const std::string& record) {
  auto sequence = SequenceExample::Parse(record);
  if (!sequence.ok()) return {};
  if (!sequence->feature_lists.empty()) return std::move(*sequence);
  if (sequence->context.empty()) return {};
  return Example{std::move(sequence->context)};
}

Json Described(const std::string& record, int64_t limit) {
  Json described{{"bytes", record.size()}};
  const auto read = Read(record);
  if (const auto* example = std::get_if<Example>(&read)) {
    for (const auto& [name, feature] : example->features) described["features"][name] = Described(feature, limit);
  } else if (const auto* sequence = std::get_if<SequenceExample>(&read)) {
    for (const auto& [name, feature] : sequence->context) described["context"][name] = Described(feature, limit);
    for (const auto& [name, list] : sequence->feature_lists) {
      Json& to = described["feature_lists"][name] = Json::array();
      for (const Feature& f : list) to.push_back(Described(f, limit));
    }
  } else {
    described["begins"] = Printable(record.substr(0, 64));
  }
  return described;
}

void PrintFeature(const std::string& name, const Json& f) {
  std::string values;
  for (const Json& v : f["values"])
    values += (values.empty() ? "" : ", ") + (v.is_string() ? '"' + v.get<std::string>() + '"' : v.dump());
  const bool all = f["values"].size() == f["count"].get<size_t>();
  Print(fmt::format("  {}: {}[{}] {}{}\n", name, f["kind"].get<std::string>(), f["count"].get<int64_t>(), values,
                    all ? "" : ", …"));
}

void PrintRecord(int64_t number, const Json& record) {
  Print(fmt::format("record {}: {} bytes\n", number, record["bytes"].get<int64_t>()));
  for (const char* part : {"features", "context"}) {
    if (!record.contains(part)) continue;
    for (const auto& [name, f] : record[part].items()) PrintFeature(name, f);
  }
  if (record.contains("feature_lists")) {
    for (const auto& [name, list] : record["feature_lists"].items()) {
      for (size_t i = 0; i < list.size(); ++i) PrintFeature(fmt::format("{}[{}]", name, i), list[i]);
    }
  }
  if (record.contains("begins")) Print("  " + record["begins"].get<std::string>() + "\n");
}

int List(const RecordsOptions& o) {
  auto reader = RecordReader::Open(o.path);
  if (!reader.ok()) return Report(reader.status(), kBadFile);
  int64_t bytes = 0, examples = 0;
  while (true) {
    auto record = reader->Next();
    if (!record.ok()) return Report(record.status(), kBadFile);
    if (!*record) break;
    bytes += static_cast<int64_t>((*record)->size());
    examples += Read(**record).index() != 0;
  }
  if (o.json) {
    PrintJson({{"schema", "graphdef.records.ls/1"}, {"path", o.path}, {"records", reader->count()}, {"bytes", bytes},
               {"examples", examples}});
  } else {
    Print(fmt::format("{}: {} records of {} bytes, {} of them Examples\n", o.path, reader->count(), bytes, examples));
  }
  return kOk;
}

int Cat(const RecordsOptions& o) {
  auto reader = RecordReader::Open(o.path);
  if (!reader.ok()) return Report(reader.status(), kBadFile);
  Json all = Json::array();
  while (o.limit == 0 || reader->count() < o.limit) {
    auto record = reader->Next();
    if (!record.ok()) return Report(record.status(), kBadFile);
    if (!*record) break;
    Json described = Described(**record, o.values);
    if (o.json) all.push_back(std::move(described));
    else PrintRecord(reader->count() - 1, described);
  }
  if (o.json) PrintJson({{"schema", "graphdef.records.cat/1"}, {"records", all}});
  return kOk;
}

}  // namespace

void AddRecords(CLI::App& app, Action* action) {
  auto o = std::make_shared<RecordsOptions>();
  CLI::App* verb = AddVerb(app, "records", "Looks into TFRecord files, plain, gzip or zlib.",
                           {"graphdef records ls train.tfrecord", "graphdef records cat train.tfrecord --limit 3"});
  verb->require_subcommand(1);
  CLI::App* ls = AddVerb(*verb, "ls", "Counts records, and checks their checksums.",
                         {"graphdef records ls train.tfrecord", "graphdef records ls train.tfrecord.gz --json"});
  CLI::App* cat = AddVerb(*verb, "cat", "Prints records: the features of Examples, the first bytes of others.",
                          {"graphdef records cat train.tfrecord", "graphdef records cat train.tfrecord --limit 0"});
  for (CLI::App* sub : {ls, cat}) {
    sub->add_option("file", o->path, "The file")->required();
    sub->add_flag("--json", o->json, "As JSON");
  }
  cat->add_option("--limit", o->limit, "Records to print; 0: all")->check(CLI::NonNegativeNumber);
  cat->add_option("--values", o->values, "Values of a feature to print")->check(CLI::NonNegativeNumber);
  ls->callback([=] { *action = [o] { return List(*o); }; });
  cat->callback([=] { *action = [o] { return Cat(*o); }; });
}

}  // namespace weir::tool
