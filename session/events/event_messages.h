// The messages of events: what of session/events is in libweir_deps.so (graph/base/deps.h).
#pragma once

#include "weir/graph/base/deps.h"
#include "weir/session/events/event.h"

namespace weir {

struct EventMessages {
  Result<std::string> (*event_bytes)(const Event& event);
  Result<Event> (*parse_event)(std::string_view bytes);
  Result<std::vector<SummaryValue>> (*parse_summary)(std::string_view bytes);
  // SummaryMetadata messages.
  std::string (*metadata_of)(const std::string& plugin);
  std::string (*plugin_of)(const std::string& metadata);
};

inline Result<const EventMessages*> GetEventMessages() { return deps::Get<EventMessages>("weir_event_messages"); }

}  // namespace weir
