#include "weir/session/events/event.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "weir/graph/base/file.h"
#include "weir/session/events/event_messages.h"

namespace weir {

Result<std::string> Event::Serialize() const {
  WEIR_ASSIGN_OR_RETURN(const EventMessages* messages, GetEventMessages());
  return messages->event_bytes(*this);
}

Result<Event> Event::Parse(std::string_view bytes) {
  WEIR_ASSIGN_OR_RETURN(const EventMessages* messages, GetEventMessages());
  return messages->parse_event(bytes);
}

Result<std::vector<SummaryValue>> ParseSummary(std::string_view bytes) {
  WEIR_ASSIGN_OR_RETURN(const EventMessages* messages, GetEventMessages());
  return messages->parse_summary(bytes);
}

std::string PluginOf(const SummaryValue& value) {
  auto messages = GetEventMessages();
  return messages.ok() && value.metadata ? (*messages)->plugin_of(*value.metadata) : "";
}

Result<std::vector<std::string>> EventFiles(const std::string& path) {
  if (io::FileExists(path)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".tfevents.") != name.npos) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());  // names tell seconds, in ten digits
  if (!files.empty()) return files;
  return NotFound(fmt::format("error[file]: there is no file of events in '{}'", path))
      .Help("they are called events.out.tfevents.*");
}

}  // namespace weir
