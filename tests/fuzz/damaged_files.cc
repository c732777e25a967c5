// damaged_files: three small files of each kind that Weir reads, cut off at every byte and with every single bit
// turned. Each must be an error or load well, in 64 MB of memory and four times the file, and end no process.
//
//   damaged_files [KIND…]       all kinds where none is named
//
// "Well" is, where there are checksums, the value of the sound file, or what comes before the damage; elsewhere
// whatever the bytes say now, which is then written and read again. When a case ends a process, stderr names it.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <new>

#include "weir/graph/base/file.h"
#include "weir/graph/base/memory.h"
#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/graph/text/text.h"
#include "weir/graph/verify.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/collections.h"
#include "weir/ops/registry.h"
#include "weir/runtime/io/bundle.h"
#include "weir/runtime/io/example.h"
#include "weir/runtime/io/npy.h"
#include "weir/runtime/io/record.h"
#include "weir/runtime/io/v1_checkpoint.h"
#include "weir/session/events/summary_writer.h"
#include "weir/session/save/saved_model.h"
#include "weir/session/save/saver.h"
#include "weir/session/session.h"
#include "weir/tests/fuzz/current_case.h"
#include "weir/tests/fuzz/read_image.h"

namespace weir::fuzz {

namespace {

constexpr int64_t kMemory = int64_t{64} << 20;
constexpr rlim_t kPatience = 20;  // seconds of the processor, for a case

// What the files of a kind say, as a text, or the error.
using Read = std::function<Result<std::string>(const std::string& bytes)>;

struct Kind {
  std::string name;
  std::vector<std::string> files;
  Read read;
  bool checksums = false;
};

// A file in the working folder, in memory.
std::string Put(const std::string& name, const std::string& bytes) {
  std::ofstream(name, std::ios::binary) << bytes;
  return name;
}

std::string Content(const std::string& path) { return io::ReadFile(path).value(); }

// ---- graphs

constexpr const char* kGraphs[] = {
    "x = Placeholder() {dtype: f32, shape: [?,2]}\nw = Const() {value: f32[2,1] [[1], [2]]}\ny = MatMul(x, w)\n",
    "a = Const() {value: str[2] [\"a\", \"b\"]}\nb = Odd(a, ^a) {k: [1, 2], s: \"x\"} @\"/gpu:0\"\n"
    "c = Neg(b:1) {T: f32}\n",
    "function f(x: T) -> (y: T) {\n  attr T: type\n  x = _Arg() {T: $T, index: 0}\n  n = Neg(x) {T: $T}\n"
    "  y = _Retval(n) {T: $T, index: 0}\n}\nv = VariableV2() {dtype: i64, shape: [2]}\nr = f(v) {T: i64}\n"};

Graph GraphOf(const char* text) { return ParseGraph(text, &AllOps(), {.infer = false}).value(); }

// As what it was, since a damaged one may look like another kind.
Result<LoadedGraph> ReadAgain(const std::string& bytes, bool meta) {
  if (meta) return LoadGraphFromString(bytes, &AllOps());
  WEIR_ASSIGN_OR_RETURN(Graph g, ImportGraphDef(bytes, &AllOps()));
  return LoadedGraph{std::move(g), GraphFormat::kGraphDef, false, nullptr};
}

// What was loaded is written, and gives the same again if it is sound.
Result<std::string> ReadGraph(const std::string& bytes) {
  WEIR_ASSIGN_OR_RETURN(const LoadedGraph m, LoadGraphFromString(bytes, &AllOps()));
  auto write = [](const LoadedGraph& g) {
    return g.meta ? ExportMetaGraph(g.graph, *g.meta) : ExportGraphDef(g.graph);
  };
  auto written = write(m);
  if (!written.ok()) return written;
  if (m.graph.num_nodes() == 0 || !Verify(m.graph).ok()) return written;
  auto again = ReadAgain(*written, m.meta != nullptr);
  if (!again.ok()) return Status(Code::kAborted, "is not read again: " + again.status().ToString());
  auto twice = write(*again);
  if (!twice.ok() || *twice != *written) return Status(Code::kAborted, "is not written as it was read");
  return written;
}

Kind GraphKind(const std::string& name, Result<std::string> (*write)(const Graph& g)) {
  Kind kind{name, {}, ReadGraph};
  for (const char* text : kGraphs) kind.files.push_back(write(GraphOf(text)).value());
  return kind;
}

MetaGraph MetaOf(int i) {
  MetaGraph meta;
  meta.tags = {"serve"};
  if (i == 0) meta.signatures["s"] = {"m", {{"x", {"x:0", kFloat, {None, 2}}}}, {{"y", {"y:0", kFloat, {}}}}};
  if (i == 1) meta.collections["train_op"] = {.nodes = {"c"}}, meta.saver = SaverInfo{"a:0", "b:0", "c", 5};
  if (i == 2) meta.variables["variables"] = {{.name = "v:0", .initializer = "r", .snapshot = "r:0"}};
  return meta;
}

Kind MetaGraphs() {
  Kind kind{"MetaGraph", {}, ReadGraph};
  for (int i = 0; i < 3; ++i) kind.files.push_back(ExportMetaGraph(GraphOf(kGraphs[i]), MetaOf(i)).value());
  return kind;
}

// ---- SavedModels and checkpoints

// A model of a variable, in the folder `name`; what more there is goes by `i`.
void WriteModel(const std::string& name, int i) {
  Builder g;
  Variable v(g, Tensor::Of<float>({2}, {1, 2}), {.name = "v"});
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
  Output y = i == 0 ? Output(x + v) : x * v;
  Operation init = GlobalVariablesInitializer(g);
  Session session(g);
  session.Run(init).Check();
  MetaGraphOptions options{.signatures = {{"s", PredictSignature({{"x", x}}, {{"y", y}})}}};
  if (i == 1) options.init_op = init;
  if (i == 2) options.strip_default_attrs = true;
  SavedModelBuilder model(name);
  model.AddMetaGraph(g, options).Check();
  model.Save(session).Check();
}

Kind SavedModels() {
  Kind kind{"SavedModel", {}, [](const std::string& bytes) -> Result<std::string> {
              Put("model0/saved_model.pb", bytes);
              WEIR_ASSIGN_OR_RETURN(const SavedModel m, LoadSavedModel("model0"));
              return std::to_string(m.signatures().size());
            }};
  for (int i = 0; i < 3; ++i) {
    const std::string folder = "model" + std::to_string(i);
    WriteModel(folder, i);
    kind.files.push_back(Content(folder + "/saved_model.pb"));
  }
  return kind;
}

constexpr char kData[] = ".data-00000-of-00001";

Result<std::string> ReadCheckpoint(const std::string& prefix) {
  WEIR_ASSIGN_OR_RETURN(const auto reader, io::BundleReader::Open(prefix));
  std::string text;
  for (const auto& [name, e] : reader.entries()) {
    WEIR_ASSIGN_OR_RETURN(const Tensor t, reader.Read(name));
    text += name + t.shape().ToString() + t.ToString() + "\n";
  }
  return text;
}

std::vector<std::vector<std::pair<std::string, Tensor>>> SavedTensors() {
  return {{{"a", Tensor::Of<float>({2}, {1, 2})}, {"a/b", Tensor(int64_t{7})}},
          {{"s", Tensor(std::vector<std::string>{"", "words"})}},
          {{"h", Tensor(Half(1))}, {"none", Tensor::Zeros(kInt32, {0, 3})}, {"z", Tensor(Complex64(1, 2))}}};
}

// Those of the old format, which are one file.
Kind V1Checkpoints() {
  Kind kind{"v1", {}, [](const std::string& bytes) { return ReadCheckpoint(Put("v1", bytes)); }, /*checksums=*/true};
  for (const auto& tensors : SavedTensors()) {
    io::V1Writer writer;
    for (const auto& [key, t] : tensors) writer.Add(key, t).Check();
    writer.Finish("v1").Check();
    kind.files.push_back(Content("v1"));
  }
  return kind;
}

// Three checkpoints, of whose two files `damaged` is; the other one is sound.
Kind Checkpoints(const std::string& name, const std::string& damaged) {
  Kind kind{name, {}, {}, /*checksums=*/true};
  const auto tensors = SavedTensors();
  for (int i = 0; i < 3; ++i) {
    const std::string prefix = name + std::to_string(i);
    auto writer = io::BundleWriter::Create(prefix).value();
    for (const auto& [key, t] : tensors[i]) writer.Add(key, t).Check();
    writer.Finish().Check();
    kind.files.push_back(Content(prefix + damaged));
  }
  kind.read = [=, files = kind.files](const std::string& bytes) {
    // Which checkpoint it is of, the other file being its own: by its length, but for what was cut off.
    static size_t at = 0;
    for (size_t i = 0; i < files.size(); ++i) {
      if (bytes == files[i]) at = i;
    }
    const std::string prefix = name + std::to_string(at);
    Put(prefix + damaged, bytes);
    return ReadCheckpoint(prefix);
  };
  return kind;
}

// ---- records, events, arrays

Result<std::string> ReadAllRecords(const std::string& bytes) {
  WEIR_ASSIGN_OR_RETURN(auto reader, RecordReader::Open(Put("records", bytes)));
  std::string text;
  while (true) {
    auto record = reader.Next();
    if (!record.ok() || !*record) return text;  // what comes before the damage counts
    text += **record + "\n";
  }
}

Kind Records() {
  Kind kind{"TFRecord", {}, ReadAllRecords, /*checksums=*/true};
  for (Compression c : {Compression::kNone, Compression::kGzip, Compression::kZlib}) {
    auto writer = RecordWriter::Open("written", c).value();
    for (const char* record : {"one", "", "another"}) writer.Write(record).Check();
    writer.Close().Check();
    kind.files.push_back(Content("written"));
  }
  return kind;
}

Kind Examples() {
  Kind kind{"Example", {}, [](const std::string& bytes) -> Result<std::string> {
              WEIR_ASSIGN_OR_RETURN(const SequenceExample sequence, SequenceExample::Parse(bytes));
              WEIR_ASSIGN_OR_RETURN(const Example example, Example::Parse(bytes));
              WEIR_RETURN_IF_ERROR(example.Serialize().status());
              return sequence.Serialize();
            }};
  const Example numbers{{{"f", std::vector<float>{1, 2}}, {"i", std::vector<int64_t>{-1, 300}}}};
  const Example words{{{"b", std::vector<std::string>{"", "bytes"}}, {"none", {}}}};
  SequenceExample sequence{{{"n", std::vector<int64_t>{2}}}, {}};
  sequence.feature_lists["l"] = {std::vector<float>{1}, std::vector<float>{}};
  kind.files = {numbers.Serialize().value(), words.Serialize().value(), sequence.Serialize().value()};
  return kind;
}

Result<std::string> ReadEvent(const std::string& bytes) {
  WEIR_ASSIGN_OR_RETURN(const Event event, Event::Parse(bytes));
  if (const auto* s = std::get_if<SummaryEvent>(&event.what)) {
    WEIR_ASSIGN_OR_RETURN(const auto values, ParseSummary(s->summary));
    return std::to_string(values.size());
  }
  return event.Serialize();
}

// The files, whose checksums find damage first; or their events without them.
Kind Events(bool files) {
  Kind kind = files ? Kind{"events", {}, ReadAllRecords, /*checksums=*/true} : Kind{"Event", {}, ReadEvent};
  for (int i = 0; i < 3; ++i) {
    auto writer = SummaryWriter::Open("logs" + std::to_string(i)).value();
    if (i == 0) writer.AddScalar("loss", 0.5, 1).Check();
    if (i == 1) writer.AddHistogram("h", Tensor::Of<float>({3}, {1, 2, 3}), 2).Check();
    if (i == 2) writer.AddImage("i", Tensor::Of<uint8_t>({1, 2}, {0, 255}), 3).Check();
    writer.Close().Check();
    kind.files.push_back(files ? Content(writer.path()) : ReadRecords(writer.path()).value().back());
  }
  return kind;
}

Kind Arrays(bool one) {
  const Tensor tensors[] = {Tensor::Of<float>({2, 1}, {1, 2}), Tensor(std::vector<std::string>{"a", "bc"}),
                            Tensor::Zeros(kInt64, {0, 4})};
  Kind kind{one ? "npy" : "npz", {}, {}};
  if (one) {
    kind.read = [](const std::string& bytes) -> Result<std::string> {
      WEIR_ASSIGN_OR_RETURN(const Tensor t, io::ParseNpy(bytes));
      return t.ToString();
    };
  } else {
    kind.read = [](const std::string& bytes) -> Result<std::string> {
      WEIR_ASSIGN_OR_RETURN(const auto arrays, io::ReadNpz(Put("a.npz", bytes)));
      std::string text;
      for (const auto& [name, t] : arrays) text += name + t.ToString() + "\n";
      return text;
    };
  }
  for (const Tensor& t : tensors) {
    if (!one) io::WriteNpz("w.npz", {{"a", t}, {"b/c", tensors[0]}}).Check();
    kind.files.push_back(one ? io::NpyBytes(t).value() : Content("w.npz"));
  }
  return kind;
}

// Those of tests/data/files/images that end so.
Kind Images(const std::string& name, const std::string& ending, const std::vector<std::string>& files) {
  Kind kind{name, {}, ReadImage, /*checksums=*/name == "png"};
  for (const std::string& file : files)
    kind.files.push_back(Content(std::string(WEIR_TEST_DATA "/files/images/") + file + ending));
  return kind;
}

// Why functions: each process makes its own, since none may be forked off where a session's threads run.
const std::vector<std::pair<std::string, std::function<Kind()>>> kKinds{
    {"GraphDef", [] { return GraphKind("GraphDef", ExportGraphDef); }},
    {"GraphDefText", [] { return GraphKind("GraphDefText", ExportGraphDefText); }},
    {"text", [] { return GraphKind("text", [](const Graph& g) { return Result<std::string>(PrintGraph(g)); }); }},
    {"MetaGraph", MetaGraphs},
    {"SavedModel", SavedModels},
    {"index", [] { return Checkpoints("index", ".index"); }},
    {"data", [] { return Checkpoints("data", kData); }},
    {"v1", V1Checkpoints},
    {"TFRecord", Records},
    {"Example", Examples},
    {"events", [] { return Events(true); }},
    {"Event", [] { return Events(false); }},
    {"npy", [] { return Arrays(true); }},
    {"npz", [] { return Arrays(false); }},
    {"jpeg", [] { return Images("jpeg", ".jpg", {"sampled", "print", "progressive"}); }},
    {"png", [] { return Images("png", ".png", {"palette", "deep", "bits"}); }},
    {"gif", [] { return Images("gif", ".gif", {"still", "frames", "two"}); }},
    {"bmp", [] { return Images("bmp", ".bmp", {"gray", "colors", "alpha"}); }}};

// ---- running

struct Counts {
  int64_t cases = 0, loaded = 0, wrong = 0;
};

// An error that is none of the file's: that of ReadGraph, or a pass that is blamed.
bool IsNoAnswer(const Status& s) {
  return s.code() == Code::kAborted || s.message().find("broke the graph") != std::string::npos;
}

// Ends the process where it takes the processor for longer than kPatience from here on.
void LimitTime() {
  const rlimit cpu{static_cast<rlim_t>(std::clock() / CLOCKS_PER_SEC) + kPatience, RLIM_INFINITY};
  setrlimit(RLIMIT_CPU, &cpu);
}

void RunCase(const Kind& kind, const std::string& bytes, const std::string& sound, const std::string& what, Counts* n) {
  std::snprintf(current, sizeof current, "damaged_files: %s\n", what.c_str());
  LimitTime();
  const auto read = kind.read(bytes);
  ++n->cases, n->loaded += read.ok();
  if (!(read.ok() ? kind.checksums && !sound.starts_with(*read) : IsNoAnswer(read.status()))) return;
  ++n->wrong;
  fmt::print(stderr, "{}: {}\n", what, read.ok() ? "another value: " + *read : read.status().ToString());
}

// No more memory than this from here on, besides that of tensors, which has a budget of its own.
void Limit(int64_t bytes) {
  memory::set_budget(memory::bytes_in_use() + bytes);
  std::set_new_handler([] { std::abort(); });
#ifndef __SANITIZE_ADDRESS__
  int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const auto limit = static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE) + bytes);
  const rlimit memory{limit, limit};
  setrlimit(RLIMIT_AS, &memory);
#endif
}

int RunKind(const Kind& kind) {
  Counts n;
  for (size_t f = 0; f < kind.files.size(); ++f) {
    const std::string& file = kind.files[f];
    auto sound = kind.read(file);  // and what is opened once is open
    if (!sound.ok()) return fmt::print(stderr, "{} {}: {}\n", kind.name, f, sound.status().ToString()), 1;
    if (f == 0) {
      size_t largest = 0;
      for (const std::string& other : kind.files) largest = std::max(largest, other.size());
      Limit(kMemory + 4 * static_cast<int64_t>(largest));
    }
    for (size_t cut = 0; cut < file.size(); ++cut)
      RunCase(kind, file.substr(0, cut), *sound, fmt::format("{} {} cut at {}", kind.name, f, cut), &n);
    std::string bytes = file;
    for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
      RunCase(kind, bytes, *sound, fmt::format("{} {} bit {} of byte {}", kind.name, f, bit % 8, bit / 8), &n);
      bytes[bit / 8] = file[bit / 8];
    }
  }
  fmt::print("{}: {} cases, {} loaded, {} wrong\n", kind.name, n.cases, n.loaded, n.wrong);
  return n.wrong ? 1 : 0;
}

// In a process of its own, whose limits are its own.
bool RunApart(const std::string& name, const std::function<Kind()>& make) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    SayCurrentAtAnyEnd();
    const int code = RunKind(make());
    std::fflush(stdout);
    _exit(code);
  }
  int state = 0;
  if (child < 0 || waitpid(child, &state, 0) < 0) return false;
  if (WIFSIGNALED(state)) fmt::print(stderr, "{}: ended by signal {}\n", name, WTERMSIG(state));
  return WIFEXITED(state) && WEXITSTATUS(state) == 0;
}

int Main(int argc, char** argv) {
  std::string folder = "/dev/shm/damaged_files_XXXXXX";
  if (!mkdtemp(folder.data())) {
    folder = std::filesystem::temp_directory_path() / "damaged_files_XXXXXX";
    if (!mkdtemp(folder.data())) folder.clear();
  }
  if (folder.empty() || chdir(folder.c_str()) != 0)
    return fmt::print(stderr, "damaged_files: no folder to work in\n"), 2;
  bool good = true;
  const std::vector<std::string> wanted(argv + 1, argv + argc);
  for (const auto& [name, make] : kKinds) {
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end()) good &= RunApart(name, make);
  }
  std::filesystem::remove_all(folder);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace weir::fuzz

int main(int argc, char** argv) { return weir::fuzz::Main(argc, argv); }
