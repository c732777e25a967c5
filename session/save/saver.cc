#include "weir/session/save/saver.h"

#include <fmt/format.h>

#include <set>

#include "weir/runtime/io/bundle.h"
#include "weir/session/save/checkpoint_folder.h"
#include "weir/session/save/checkpoint_map.h"
#include "weir/session/save/session_values.h"
#include "weir/session/session.h"

namespace weir {

namespace {

constexpr char kValueHelp[] = "run its initialiser first, or name the variables to save in SaverOptions";
constexpr std::string_view kRandomKey = "_weir/random/";

Status CheckSound(const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(auto reader, io::BundleReader::Open(path));
  return reader.VerifyAll();
}

std::vector<std::string> NamesOf(const io::BundleReader& reader) {
  std::vector<std::string> names;
  for (const auto& [name, e] : reader.entries()) names.push_back(name);
  return names;
}

using RandomStates = std::map<std::string, std::vector<uint64_t>>;

Result<RandomStates> ReadRandomStates(const io::BundleReader& reader) {
  RandomStates states;
  for (const auto& [name, e] : reader.entries()) {
    if (!name.starts_with(kRandomKey)) continue;
    WEIR_ASSIGN_OR_RETURN(Tensor t, reader.Read(name));
    if (t.dtype() != kUint64)
      return DataLoss(
          fmt::format("error[file]: '{}' of the checkpoint '{}' is no random state", name, reader.prefix()));
    states[name.substr(kRandomKey.size())].assign(t.span<uint64_t>().begin(), t.span<uint64_t>().end());
  }
  return states;
}

// Which of these a name that is not among them most likely stands for: the nearest, or one of another scope.
std::string Meant(const std::string& name, const std::vector<std::string>& present) {
  if (const auto near = NearestNames(name, present); !near.empty()) return near[0];
  const std::string last = name.substr(name.rfind('/') + 1);
  for (const std::string& other : present) {
    if (other.substr(other.rfind('/') + 1) == last) return other;
  }
  return "";
}

Status Missing(const io::BundleReader& reader, const std::vector<std::string>& missing) {
  std::vector<std::string> present = NamesOf(reader);
  Status s = NotFound(fmt::format("error[file]: the checkpoint '{}' lacks {} of the graph's variables", reader.prefix(),
                                  missing.size()));
  for (size_t i = 0; i < missing.size() && i < 5; ++i) {
    const std::string meant = Meant(missing[i], present);
    s = std::move(s).Detail(fmt::format("'{}'{}", missing[i], meant.empty() ? "" : ": it has '" + meant + "'"));
  }
  return s;
}

Status NoVariable(const std::string& name, const std::vector<SavedVariable>& all) {
  std::vector<std::string> names;
  for (const SavedVariable& v : all) names.push_back(v.variable);
  const auto near = NearestNames(name, names);
  return NotFound(fmt::format("error[variable]: the graph has no variable '{}' to restore or save", name))
      .Help(near.empty() ? "" : fmt::format("did you mean '{}'?", near[0]));
}

}  // namespace

std::vector<std::string> CheckpointNames(const Graph& g) {
  std::vector<std::string> names;
  for (const SavedVariable& v : VariablesByName(g)) names.push_back(v.variable);
  return names;
}

Saver::Saver(Session* session, SaverOptions options) : session_(session), options_(std::move(options)) {}

Result<std::vector<SavedVariable>> Saver::Variables() const {
  if (options_.variables.empty() && options_.names.empty()) {
    const Graph& g = session_->graph();
    if (auto tables = SavedTables(g); !tables.empty()) {
      return Unimplemented(fmt::format("error[variable]: the graph's own saver keeps the table '{}', too", tables[0]))
          .Help("run its save and restore ops, or name the variables to save in SaverOptions");
    }
    return CheckpointMap(g);
  }
  const std::vector<SavedVariable> known = VariablesByName(session_->graph());
  std::map<std::string, SavedVariable> all;
  for (const SavedVariable& v : known) all.emplace(v.variable, v);
  std::vector<SavedVariable> chosen;
  auto choose = [&](const std::string& name) -> Status {
    if (auto it = all.find(name); it != all.end()) {
      chosen.push_back(it->second);
      return {};
    }
    return NoVariable(name, known);
  };
  for (const std::string& name : options_.variables) WEIR_RETURN_IF_ERROR(choose(name));
  for (const auto& [key, name] : options_.names) {
    WEIR_RETURN_IF_ERROR(choose(name));
    chosen.back().key = key;
  }
  return chosen;
}

Result<std::vector<Tensor>> Saver::Values(const std::vector<SavedVariable>& variables) const {
  std::vector<Tensor> values;
  for (const SavedVariable& v : variables) {
    WEIR_ASSIGN_OR_RETURN(Tensor value, ValueToSave(*session_, v, kValueHelp));
    values.push_back(std::move(value));
  }
  return values;
}

namespace {

Status Write(const std::string& path, const std::vector<SavedVariable>& variables, const std::vector<Tensor>& values,
             const RandomStates& states) {
  int64_t bytes = 0;
  for (const Tensor& t : values) bytes += IsPlain(t.dtype()) ? t.bytes() : 0;
  WEIR_ASSIGN_OR_RETURN(auto writer, io::BundleWriter::Create(path));
  WEIR_RETURN_IF_ERROR(writer.Reserve(bytes));
  for (size_t i = 0; i < variables.size(); ++i) WEIR_RETURN_IF_ERROR(AddVariable(variables[i], values[i], &writer));
  for (const auto& [node, state] : states)
    WEIR_RETURN_IF_ERROR(writer.Add(std::string(kRandomKey) + node, Tensor::Vector(state)));
  WEIR_RETURN_IF_ERROR(writer.Finish());
  return CheckSound(path);
}

}  // namespace

Result<std::string> Saver::Save(const std::string& prefix, int64_t step) const {
  std::string path = step >= 0 ? fmt::format("{}-{}", prefix, step) : prefix;
  WEIR_ASSIGN_OR_RETURN(auto variables, Variables());
  WEIR_ASSIGN_OR_RETURN(auto values, Values(variables));
  RandomStates states = options_.random_states ? session_->RandomStates() : RandomStates();
  if (values.empty() && states.empty()) return FailedPrecondition("error[variable]: there are no variables to save");
  CheckpointFolder folder(prefix);
  folder.Clean();
  WEIR_RETURN_IF_ERROR(folder.Enter(path));
  if (Status s = Write(path, variables, values, states); !s.ok()) {
    folder.Leave(path);
    return s;
  }
  WEIR_RETURN_IF_ERROR(folder.Finish(path, options_.max_to_keep, options_.keep_checkpoint_every_n_hours));
  return path;
}

Status Saver::Set(const io::BundleReader& reader, const std::vector<SavedVariable>& variables,
                  const ReadValues& read) const {
  RandomStates states;
  if (options_.random_states) { WEIR_ASSIGN_OR_RETURN(states, ReadRandomStates(reader)); }
  WEIR_RETURN_IF_ERROR(SetVariables(*session_, reader, variables, read));
  session_->SetRandomStates(states);
  return {};
}

Status Saver::Restore(const std::string& path) const {
  WEIR_ASSIGN_OR_RETURN(auto reader, io::BundleReader::Open(path));
  WEIR_ASSIGN_OR_RETURN(auto variables, Variables());
  WEIR_ASSIGN_OR_RETURN(const ReadValues read, ReadVariables(reader, variables));
  std::vector<std::string> missing;
  for (size_t i : read.missing) {
    if (variables[i].required) missing.push_back(variables[i].key);
  }
  if (!missing.empty()) return Missing(reader, missing);
  if (!read.other.empty()) return read.other[0].second;
  return Set(reader, variables, read);
}

Result<RestoreReport> Saver::RestorePartial(const std::string& path) const {
  WEIR_ASSIGN_OR_RETURN(auto reader, io::BundleReader::Open(path));
  WEIR_ASSIGN_OR_RETURN(auto variables, Variables());
  WEIR_ASSIGN_OR_RETURN(const ReadValues read, ReadVariables(reader, variables));
  WEIR_RETURN_IF_ERROR(Set(reader, variables, read));
  RestoreReport report;
  for (const std::string& name : NamesOf(reader)) {
    if (!read.keys.count(name) && !name.starts_with('_')) report.unused.push_back(name);
  }
  for (const auto& [i, value] : read.values) report.restored.push_back(variables[i].variable);
  for (size_t i : read.missing) {
    const std::string meant = Meant(variables[i].key, report.unused);
    report.missing.push_back({variables[i].variable, meant.empty() ? "" : "it has '" + meant + "'"});
  }
  for (const auto& [i, why] : read.other) report.other.push_back({variables[i].variable, why.message()});
  return report;
}

std::string RestoreReport::ToString() const {
  std::string text = fmt::format("{} variables restored\n", restored.size());
  for (const Left& v : missing) {
    const std::string hint = v.why.empty() ? "" : fmt::format(" ({})", v.why);
    text += fmt::format("the checkpoint lacks '{}'{}\n", v.variable, hint);
  }
  for (const Left& v : other) text += v.why + "\n";
  for (const std::string& name : unused) text += fmt::format("no variable took the checkpoint's '{}'\n", name);
  return text;
}

namespace {

// What `name` of the scope `from` is called in the scope `to`; scopes end in "/", which alone is the outermost one.
std::optional<std::string> InScope(const std::string& name, const std::string& from, const std::string& to) {
  const std::string inside = from == "/" ? "" : from, outside = to == "/" ? "" : to;
  if (!name.starts_with(inside)) return std::nullopt;
  return outside + name.substr(inside.size());
}

// Variables under the names of another graph's checkpoint.
Result<std::vector<SavedVariable>> Assigned(const Graph& g, const std::map<std::string, std::string>& assignment) {
  std::vector<SavedVariable> chosen;
  const std::vector<SavedVariable> all = VariablesByName(g);
  for (const auto& [key, name] : assignment) {
    if (key.empty() || name.empty() || (key.back() == '/') != (name.back() == '/')) {
      return InvalidArgument(fmt::format("error[variable]: '{}' cannot be assigned to '{}'", key, name))
          .Help("assign a variable to a variable, or a scope to a scope: both end in '/'");
    }
    const size_t before = chosen.size();
    for (SavedVariable v : all) {
      auto other = key.back() == '/' ? InScope(v.key, name, key)
                   : v.variable == name ? std::optional(key) : std::nullopt;
      if (!other) continue;
      v.key = *other;
      chosen.push_back(std::move(v));
    }
    if (chosen.size() == before) return NoVariable(name, all);
  }
  return chosen;
}

}  // namespace

Result<std::vector<std::string>> InitFromCheckpoint(Session& session, const std::string& path,
                                                    const std::map<std::string, std::string>& assignment) {
  WEIR_ASSIGN_OR_RETURN(auto reader, io::BundleReader::Open(path));
  WEIR_ASSIGN_OR_RETURN(auto variables, Assigned(session.graph(), assignment));
  WEIR_ASSIGN_OR_RETURN(const ReadValues read, ReadVariables(reader, variables));
  std::vector<std::string> missing, set;
  for (size_t i : read.missing) missing.push_back(variables[i].key);
  if (!missing.empty()) return Missing(reader, missing);
  if (!read.other.empty()) return read.other[0].second;
  WEIR_RETURN_IF_ERROR(SetVariables(session, reader, variables, read));
  for (const SavedVariable& v : variables) set.push_back(v.variable);
  return set;
}

Result<std::string> LatestCheckpoint(const std::string& directory, std::vector<std::string>* skipped) {
  if (!io::IsDirectory(directory)) return NotFound(fmt::format("error[file]: there is no folder '{}'", directory));
  auto state = io::ReadCheckpointState(directory);
  std::vector<std::string> candidates = state.ok() ? state->paths : CheckpointsByAge(directory);
  if (state.ok() && !state->latest.empty()) candidates.push_back(state->latest);
  std::set<std::string> tried;
  for (auto it = candidates.rbegin(); it != candidates.rend(); ++it) {
    std::string path = io::ResolveCheckpoint(directory, *it);
    if (!tried.insert(path).second) continue;
    Status s = CheckSound(path);
    if (s.ok()) return path;
    if (skipped) skipped->push_back(s.message());
  }
  if (tried.empty()) return NotFound(fmt::format("error[file]: there is no checkpoint in '{}'", directory));
  return DataLoss(fmt::format("error[file]: none of the {} checkpoints in '{}' is sound", tried.size(), directory));
}

}  // namespace weir
