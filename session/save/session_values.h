// Between a session's variables and checkpoints: what Saver and SavedModels share. Not a public header.
#pragma once

#include "weir/session/save/checkpoint_map.h"
#include "weir/session/session.h"

namespace weir {

// What a variable holds. Error: it has no value, with this help.
Result<Tensor> ValueToSave(const Session& session, const SavedVariable& v, const std::string& help);
// Sets those that were read.
Status SetVariables(Session& session, const io::BundleReader& reader, const std::vector<SavedVariable>& variables,
                    const ReadValues& read);

}  // namespace weir
