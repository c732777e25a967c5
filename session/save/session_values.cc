#include "weir/session/save/session_values.h"

#include <fmt/format.h>

namespace weir {

Result<Tensor> ValueToSave(const Session& session, const SavedVariable& v, const std::string& help) {
  WEIR_ASSIGN_OR_RETURN(auto value, session.FindValue(v.variable));
  if (value) return *std::move(value);
  return FailedPrecondition(
             fmt::format("error[variable]: variable '{}' cannot be saved: it has no value", v.variable))
      .Help(help);
}

Status SetVariables(Session& session, const io::BundleReader& reader, const std::vector<SavedVariable>& variables,
                    const ReadValues& read) {
  for (const auto& [i, t] : read.values) {
    if (Status s = session.SetVariable(variables[i].variable, t); !s.ok())
      return std::move(s).Detail(fmt::format("read from the checkpoint '{}'", reader.prefix()));
  }
  return {};
}

}  // namespace weir
