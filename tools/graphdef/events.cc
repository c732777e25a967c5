// graphdef events: looks into the files that TensorBoard reads.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "weir/runtime/io/record.h"
#include "weir/session/events/event.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

namespace {

struct EventsOptions {
  std::string path, tag;
  int width = 72, height = 16;
  bool json = false;
};

// A value of a summary, with the step and the time of its event.
struct Logged {
  int64_t step = 0;
  double wall_time = 0;
  SummaryValue value;
};

// Calls `event(const Event&)` for all events of all files. A file that is still written may end within a record: what
// comes before counts, and the message tells.
template <class F>
Status ForEvents(const std::string& path, F&& visit) {
  WEIR_ASSIGN_OR_RETURN(const auto files, EventFiles(path));
  for (const std::string& file : files) {
    WEIR_ASSIGN_OR_RETURN(RecordReader reader, RecordReader::Open(file));
    while (true) {
      auto record = reader.Next();
      if (!record.ok() && reader.count() > 0) {
        Message(record.status().ToString());
        break;
      }
      if (!record.ok()) return record.status();
      if (!*record) break;
      WEIR_ASSIGN_OR_RETURN(const Event event, Event::Parse(**record));
      WEIR_RETURN_IF_ERROR(visit(event));
    }
  }
  return {};
}

template <class F>
Status ForValues(const std::string& path, F&& visit) {
  return ForEvents(path, [&](const Event& event) -> Status {
    const auto* summary = std::get_if<SummaryEvent>(&event.what);
    if (!summary) return {};
    WEIR_ASSIGN_OR_RETURN(auto values, ParseSummary(summary->summary));
    for (SummaryValue& v : values) visit(Logged{event.step, event.wall_time, std::move(v)});
    return {};
  });
}

// The number, of a scalar as TensorFlow 1 writes it, or as 2 does.
std::optional<double> NumberOf(const SummaryValue& v) {
  if (const float* number = std::get_if<float>(&v.value)) return *number;
  const Tensor* t = std::get_if<Tensor>(&v.value);
  std::optional<double> number;
  if (t && t->num_elements() == 1)
    DispatchType(t->dtype(), RealTypes{}, [&](auto zero) { number = static_cast<double>(*t->data<decltype(zero)>()); });
  return number;
}

std::string KindOf(const SummaryValue& v) {
  if (std::get_if<HistogramCounts>(&v.value)) return "histogram";
  if (std::get_if<SummaryImage>(&v.value)) return "image";
  if (std::get_if<SummaryAudio>(&v.value)) return "audio";
  if (NumberOf(v)) return "scalar";
  const std::string plugin = PluginOf(v);
  return plugin.empty() ? "tensor" : plugin;
}

Json Described(const SummaryValue& v) {
  if (auto number = NumberOf(v)) return Json{{"value", *number}};
  if (const auto* h = std::get_if<HistogramCounts>(&v.value))
    return Json{{"count", h->count}, {"min", h->min}, {"max", h->max}, {"mean", h->count > 0 ? h->sum / h->count : 0}};
  if (const auto* image = std::get_if<SummaryImage>(&v.value))
    return Json{{"height", image->height}, {"width", image->width}, {"channels", image->channels},
                {"bytes", image->png.size()}};
  if (const auto* audio = std::get_if<SummaryAudio>(&v.value))
    return Json{{"sample_rate", audio->sample_rate}, {"channels", audio->channels}, {"frames", audio->frames},
                {"bytes", audio->wav.size()}};
  return Json{{"tensor", std::get<Tensor>(v.value).ToString(64)}};
}

std::string Text(const Json& described) {
  if (described.contains("value")) return fmt::format("{:.6g}", described["value"].get<double>());
  if (described.contains("tensor")) return described["tensor"].get<std::string>();
  std::string text;
  for (const auto& [name, v] : described.items())
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, v.dump());
  return text;
}

int List(const EventsOptions& o) {
  struct Series {
    std::string kind;
    int64_t count = 0, first = 0, last = 0;
  };
  std::map<std::string, Series> tags;
  int64_t events = 0, graphs = 0, runs = 0;
  Status s = ForEvents(o.path, [&](const Event& event) -> Status {
    ++events;
    graphs += std::holds_alternative<GraphEvent>(event.what);
    runs += std::holds_alternative<RunEvent>(event.what);
    const auto* summary = std::get_if<SummaryEvent>(&event.what);
    if (!summary) return {};
    WEIR_ASSIGN_OR_RETURN(const auto values, ParseSummary(summary->summary));
    for (const SummaryValue& v : values) {
      Series& t = tags[v.tag];
      if (t.count++ == 0) t.kind = KindOf(v), t.first = event.step;
      t.last = event.step;
    }
    return {};
  });
  if (!s.ok()) return Report(s, kBadFile);
  if (o.json) {
    Json list = Json::array();
    for (const auto& [tag, t] : tags) {
      list.push_back(
          {{"tag", tag}, {"kind", t.kind}, {"count", t.count}, {"first_step", t.first}, {"last_step", t.last}});
    }
    PrintJson({{"schema", "graphdef.events.ls/1"}, {"events", events}, {"graphs", graphs}, {"runs", runs},
               {"tags", list}});
    return kOk;
  }
  Print(fmt::format("{} events, {} graphs, {} runs, {} tags\n", events, graphs, runs, tags.size()));
  for (const auto& [tag, t] : tags)
    Print(fmt::format("{:10} {:40} {:6} of steps {} to {}\n", t.kind, tag, t.count, t.first, t.last));
  return kOk;
}

Status NoSuchTag(const EventsOptions& o, const std::set<std::string>& tags) {
  Status s = NotFound(fmt::format("error[file]: no summary in '{}' has the tag '{}'", o.path, o.tag));
  auto near = NearestNames(o.tag, std::vector<std::string>(tags.begin(), tags.end()));
  return near.empty() ? s : std::move(s).Help("did you mean '" + near[0] + "'?");
}

// Those of the tag, or all where none is asked for.
Result<std::vector<Logged>> ValuesOf(const EventsOptions& o) {
  std::vector<Logged> values;
  std::set<std::string> tags;
  WEIR_RETURN_IF_ERROR(ForValues(o.path, [&](Logged v) {
    tags.insert(v.value.tag);
    if (o.tag.empty() || v.value.tag == o.tag) values.push_back(std::move(v));
  }));
  if (!o.tag.empty() && values.empty()) return NoSuchTag(o, tags);
  return values;
}

int Cat(const EventsOptions& o) {
  auto values = ValuesOf(o);
  if (!values.ok()) return Report(values.status(), kBadFile);
  Json list = Json::array();
  for (const Logged& v : *values) {
    Json described = Described(v.value);
    if (o.json) {
      Json entry{{"step", v.step}, {"wall_time", v.wall_time}, {"tag", v.value.tag}, {"kind", KindOf(v.value)}};
      entry.update(described);
      list.push_back(std::move(entry));
    } else {
      const auto seconds = static_cast<std::time_t>(v.wall_time);
      Print(fmt::format("{:>8}  {:%F %T}  {}  {}\n", v.step, fmt::gmtime(seconds), v.value.tag, Text(described)));
    }
  }
  if (o.json) PrintJson({{"schema", "graphdef.events.cat/1"}, {"values", list}});
  return kOk;
}

// Rows of characters, the largest value on top; each column shows the mean of the values that fall into it.
std::vector<std::string> Drawn(const std::vector<std::pair<int64_t, double>>& points, int width, int height) {
  const int64_t first = points.front().first, last = points.back().first;
  std::vector<double> sums(width), counts(width);
  for (auto [step, v] : points) {
    const double at = last > first ? double(step - first) / double(last - first) : 0;
    const int x = std::clamp(static_cast<int>(at * (width - 1) + 0.5), 0, width - 1);
    sums[x] += v, counts[x] += 1;
  }
  double low = INFINITY, high = -INFINITY;
  for (int x = 0; x < width; ++x) {
    if (counts[x] > 0) low = std::min(low, sums[x] / counts[x]), high = std::max(high, sums[x] / counts[x]);
  }
  std::vector<std::string> rows(height, std::string(width, ' '));
  for (int x = 0; x < width; ++x) {
    if (counts[x] <= 0) continue;
    const double at = high > low ? (sums[x] / counts[x] - low) / (high - low) : 0.5;
    rows[height - 1 - static_cast<int>(at * (height - 1) + 0.5)][x] = '*';
  }
  for (int y = 0; y < height; ++y) {
    const bool labelled = y == 0 || y == height - 1;
    rows[y] = fmt::format("{:>12} |{}", labelled ? fmt::format("{:.5g}", y == 0 ? high : low) : "", rows[y]);
  }
  rows.push_back(fmt::format("{:>12} +{}", "", std::string(width, '-')));
  const std::string end = fmt::format("{}", last);
  rows.push_back(fmt::format("{:>14}{:<{}}{}", "", first, width - static_cast<int>(end.size()), end));
  return rows;
}

int Plot(const EventsOptions& o) {
  auto values = ValuesOf(o);
  if (!values.ok()) return Report(values.status(), kBadFile);
  std::map<std::string, std::vector<std::pair<int64_t, double>>> series;
  for (const Logged& v : *values) {
    const auto number = NumberOf(v.value);
    if (number && std::isfinite(*number)) series[v.value.tag].emplace_back(v.step, *number);
  }
  if (series.empty())
    return Report(NotFound(fmt::format("error[file]: there are no finite scalars to plot in '{}'", o.path)), kNegative);
  for (auto& [tag, points] : series)
    std::stable_sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  if (o.json) {
    PrintJson({{"schema", "graphdef.events.plot/1"}, {"series", series}});
    return kOk;
  }
  for (const auto& [tag, points] : series) {
    Print(tag + "\n");
    for (const std::string& row : Drawn(points, o.width, o.height)) Print(row + "\n");
  }
  return kOk;
}

}  // namespace

void AddEvents(CLI::App& app, Action* action) {
  auto o = std::make_shared<EventsOptions>();
  CLI::App* verb = AddVerb(app, "events", "Looks into TensorBoard's files of events.",
                           {"graphdef events ls logs", "graphdef events plot logs --tag loss"});
  verb->require_subcommand(1);
  struct Sub {
    const char *name, *what, *example, *second;
    int (*run)(const EventsOptions&);
  };
  for (const Sub& s : {Sub{"ls", "Lists tags: kinds, how many values, of which steps.", "graphdef events ls logs",
                           "graphdef events ls logs --json", List},
                       Sub{"cat", "Prints values.", "graphdef events cat logs --tag loss",
                           "graphdef events cat logs --json", Cat},
                       Sub{"plot", "Draws scalars.", "graphdef events plot logs --tag loss",
                           "graphdef events plot logs --width 120 --height 30", Plot}}) {
    CLI::App* sub = AddVerb(*verb, s.name, s.what, {s.example, s.second});
    sub->add_option("path", o->path, "A folder with files of events, or one of them")->required();
    if (s.run != List) sub->add_option("--tag", o->tag, "Only the summaries of this tag");
    if (s.run == Plot) {
      sub->add_option("--width", o->width, "Columns")->check(CLI::Range(8, 1000));
      sub->add_option("--height", o->height, "Rows")->check(CLI::Range(2, 1000));
    }
    sub->add_flag("--json", o->json, s.run == Plot ? "As JSON: of each tag its steps with their values" : "As JSON");
    sub->callback([=, run = s.run] { *action = [o, run] { return run(*o); }; });
  }
}

}  // namespace weir::tool
