// graphdef ops: the registry as a manual, and what of it is there.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "coverage.h"
#include "weir/graph/text/text.h"
#include "weir/ops/kernels.h"
#include "weir/ops/registry.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

namespace {

struct OpsOptions {
  std::vector<std::string> names;
  bool coverage = false, json = false;
};

std::string GradientText(const OpDef& op) {
  if (op.has_gradient()) return "yes";
  if (op.no_gradient_reason().empty()) return "missing";
  return (op.gradient_is_zero() ? "zero: " : "none: ") + op.no_gradient_reason();
}

std::string Manual(const OpDef& op) {
  std::string text = op.Signature() + "\n";
  std::string line = "   ";
  for (size_t i = 0; i < op.doc().size();) {  // wrapped at blanks
    size_t end = std::min(op.doc().find(' ', i), op.doc().size());
    if (line.size() + end - i > 100) text += line + "\n", line = "   ";
    line += " " + op.doc().substr(i, end - i);
    i = end + 1;
  }
  text += line + "\n";
  for (const AttrDef& a : op.attrs()) {
    text += fmt::format("    {}: {}", a.name, a.kind);
    for (size_t i = 0; i < a.allowed_types.size(); ++i)
      text += (i ? ", " : " in {") + DTypeName(a.allowed_types[i]) + (i + 1 == a.allowed_types.size() ? "}" : "");
    for (size_t i = 0; i < a.allowed_strings.size(); ++i)
      text += (i ? ", " : " in {") + a.allowed_strings[i] + (i + 1 == a.allowed_strings.size() ? "}" : "");
    if (a.minimum) text += fmt::format(", at least {}", *a.minimum);
    text += a.default_value ? ", default " + PrintAttr(*a.default_value) + "\n" : "\n";
  }
  text += "    gradient: " + GradientText(op) + "\n";
  if (op.stateful()) text += "    stateful\n";
  if (!AllKernels().Find(op.name())) text += "    no kernel of its own\n";
  return text;
}

Json OpJson(const OpDef& op) {
  return {{"name", op.name()},
          {"signature", op.Signature()},
          {"doc", op.doc()},
          {"gradient", GradientText(op)},
          {"shape_function", static_cast<bool>(op.shape_fn())},
          {"kernel", AllKernels().Find(op.name()) != nullptr},
          {"stateful", op.stateful()}};
}

// The lines of tests/data/coverage.tsv for these ops, in columns; a gap is a '-'.
std::string Coverage(const std::vector<const OpDef*>& ops) {
  std::map<std::string, std::vector<std::string>> lines;
  std::istringstream table(kCoverage);
  for (std::string line; std::getline(table, line);) {
    std::istringstream cells(line);
    std::vector<std::string> row;
    for (std::string cell; std::getline(cells, cell, '\t');) row.push_back(cell);
    if (!row.empty()) lines[row[0]] = row;
  }
  std::string text;
  int gaps = 0, shown = 0;
  auto add = [&](const std::vector<std::string>& row) {
    for (size_t i = 0; i < row.size(); ++i)
      text += fmt::format("{:<{}}", row[i], i == 0 ? 44 : i + 1 == row.size() ? 0 : 14);
    text += '\n';
  };
  add(lines["op"]);
  for (const OpDef* op : ops) {
    if (op->name()[0] == '_' || op->name().starts_with("CppFunc")) continue;  // the compiler's own, the user's own
    std::vector<std::string> row = lines[op->name()];
    if (row.empty()) row = {op->name(), "-", "-", "-", "-", "-", "-"};
    add(row);
    ++shown, gaps += static_cast<int>(std::count(row.begin(), row.end(), "-"));
  }
  return text + fmt::format("{} ops, {} gaps; from the tests (tests/data/coverage.tsv)\n", shown, gaps);
}

int RunOps(const OpsOptions& o) {
  std::vector<const OpDef*> ops;
  for (const std::string& name : o.names) {
    ops.push_back(AllOps().Find(name));
    if (ops.back()) continue;
    auto near = AllOps().Nearest(name);
    return Report(NotFound(fmt::format("error[graph]: there is no op '{}'", name))
                      .Help(near.empty() ? "" : "did you mean '" + near[0] + "'?"),
                  kNegative);
  }
  if (ops.empty()) {
    for (const auto& [name, op] : AllOps().ops()) ops.push_back(&op);
  }
  if (o.json) {
    Json list = Json::array();
    for (const OpDef* op : ops) list.push_back(OpJson(*op));
    PrintJson({{"schema", "graphdef.ops/1"}, {"ops", list}});
  } else if (o.coverage) {
    Print(Coverage(ops));
  } else {
    for (const OpDef* op : ops) Print(Manual(*op) + (op == ops.back() ? "" : "\n"));
  }
  return kOk;
}

}  // namespace

void AddOps(CLI::App& app, Action* action) {
  auto o = std::make_shared<OpsOptions>();
  CLI::App* verb = AddVerb(app, "ops", "Prints the ops that Weir knows: signatures, documentation, gradients.",
                           {"graphdef ops MatMul Conv2D", "graphdef ops --coverage"});
  verb->add_option("name", o->names, "Only these ops");
  verb->add_flag("--coverage", o->coverage, "A table: what the tests showed of each op");
  verb->add_flag("--json", o->json, "As JSON");
  verb->callback([=] { *action = [o] { return RunOps(*o); }; });
}

}  // namespace weir::tool
