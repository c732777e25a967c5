// Files of every kind that Weir reads, damaged: an error or a value, never a signal. Seeds are the files of tests/data
// and what is made of them here.
//
//   parser_fuzzer [--parser=NAME] [--seconds=10] [--runs=N] [--first=0] [--seed=1]      all parsers, in turn
//   parser_fuzzer --parsers                                                             their names
//
// When an input ends the process, stderr names it: --parser=NAME --seed=S --first=NUMBER --runs=1 runs it again. With
// libFuzzer (the preset fuzz, tools/nightly) WEIR_PARSER names the parser; the first folder named is filled with the
// parser's seeds where it is empty:
//
//   WEIR_PARSER=bundle_index parser_fuzzer -runs=1000000 CORPUS
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>

#include "weir/graph/base/file.h"
#include "weir/graph/builder.h"
#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/graph/infer.h"
#include "weir/graph/message_file.h"
#include "weir/graph/text/text.h"
#include "weir/graph/verify.h"
#include "weir/ops/registry.h"
#include "weir/runtime/io/bundle.h"
#include "weir/runtime/io/checkpoint_state.h"
#include "weir/runtime/io/example.h"
#include "weir/runtime/io/npy.h"
#include "weir/runtime/io/record.h"
#include "weir/runtime/io/key_table.h"
#include "weir/session/events/event.h"
#include "weir/session/save/saved_model.h"
#include "weir/tests/fuzz/current_case.h"
#include "weir/tests/fuzz/read_image.h"
#include "weir/tests/temp_folder.h"

namespace weir::fuzz {
namespace {

namespace fs = std::filesystem;

const std::string kData = WEIR_TEST_DATA;

std::string File(const std::string& path) { return io::ReadFile(kData + path).value(); }

// Where damaged files are put: in memory where possible, since disks are slow to write a file again.
const TempFolder& Folder() {
  if (fs::is_directory("/dev/shm")) setenv("TMPDIR", "/dev/shm", 0);
  static const TempFolder folder;
  return folder;
}

std::string Written(const std::string& name, std::string_view bytes) {
  const std::string path = Folder() / name;
  std::FILE* f = std::fopen(path.c_str(), "wb");  // not by WriteFile, which flushes to the disk
  if (!f || std::fwrite(bytes.data(), 1, bytes.size(), f) != bytes.size() || std::fclose(f) != 0) std::abort();
  return path;
}

// What loads must be whole: it can be checked, inferred and written.
void Use(Result<Graph> loaded) {
  if (!loaded.ok()) return;
  Verify(*loaded).IgnoreError();
  InferBestEffort(*loaded);
  ExportGraphDef(*loaded).status().IgnoreError();
  ExportGraphDefText(*loaded).status().IgnoreError();
  PrintGraph(*loaded);
}

void UseFile(std::string_view bytes) {
  auto loaded = LoadGraphFromString(bytes, &AllOps());
  if (!loaded.ok()) return;
  if (loaded->meta) ExportMetaGraph(loaded->graph, *loaded->meta).status().IgnoreError();
  Use(std::move(loaded->graph));
}

void UseCheckpoint(const std::string& prefix) {
  auto reader = io::BundleReader::Open(prefix);
  if (!reader.ok()) return;
  reader->VerifyAll().IgnoreError();
  reader->ObjectNames().status().IgnoreError();
  for (const auto& [name, e] : reader->entries()) reader->Read(name).status().IgnoreError();
}

constexpr char kIndex[] = ".index", kDataFile[] = ".data-00000-of-00001";

// A checkpoint of which one file is damaged; the other one is that of tests/data.
void UseBundle(const std::string& of, const char* damaged, std::string_view bytes) {
  const std::string name = of.substr(of.rfind('/') + 1) + (damaged == kIndex ? "_index" : "_data");
  const char* sound = damaged == kIndex ? kDataFile : kIndex;
  if (!fs::exists(Folder() / (name + sound))) Written(name + sound, File(of + sound));
  Written(name + damaged, bytes);
  UseCheckpoint(Folder() / name);
}

void UseRecords(std::string_view bytes) {
  auto reader = RecordReader::Open(Written("records", bytes));
  while (reader.ok()) {
    auto record = reader->Next();
    if (!record.ok() || !*record) return;
  }
}

void UseImage(std::string_view bytes) { ReadImage(bytes).status().IgnoreError(); }

// The images of tests/data/files/images whose names end so.
std::vector<std::string> Images(const std::string& format) {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator(kData + "/files/images")) {
    if (entry.path().extension() == "." + format) all.push_back(io::ReadFile(entry.path().string()).value());
  }
  return all;
}

struct Parser {
  const char* name;
  std::function<void(std::string_view)> use;
  std::function<std::vector<std::string>()> seeds;
};

std::vector<std::string> Files(std::initializer_list<const char*> paths) {
  std::vector<std::string> all;
  for (const char* path : paths) all.push_back(File(path));
  return all;
}

std::string TextOf(const char* path) { return ExportGraphDefText(LoadGraph(kData + path).value().graph).value(); }

std::vector<Parser> AllParsers() {
  auto graphs = [] { return Files({"/files/features.pb", "/files/published_run.pb"}); };
  auto metas = [] { return Files({"/state/ema_eval.meta", "/state/parts3.meta", "/state/old.meta"}); };
  auto saved_model = [] {
    const LoadedGraph g = LoadGraph(kData + "/state/parts3.meta").value();
    MetaGraph meta = *g.meta;
    meta.tags = {"serve"};
    meta.signatures["s"] = {"m", {}, {{"y", {"y:0", kFloat, {7, 2}}}}};
    return std::vector<std::string>{ExportSavedModel({{&g.graph, &meta}}).value()};
  };
  auto text = [] {
    return std::vector<std::string>{TextOf("/files/features.pb"), TextOf("/files/published_run.pb")};
  };
  auto own_text = [] {
    return std::vector<std::string>{PrintGraph(LoadGraph(kData + "/files/features.pb").value().graph),
                                    PrintGraph(LoadGraph(kData + "/files/published_run.pb").value().graph)};
  };
  auto attrs = [] {
    return std::vector<std::string>{"[1, 2, 3]", "f32[2,?] [[1.5, -inf], [nan, 1e30]]", "\"a\\n\\x00\"", "true",
                                    "[[f32, i64], [\"a\"]]", "f32[?,3]", "@f{T: f32}", "c64[1] [1+2j]"};
  };
  return {
      {"graph_def", UseFile, graphs},
      {"graph_text", UseFile, text},
      {"meta_graph", UseFile, metas},
      {"saved_model", UseFile, saved_model},
      {"saved_model_folder",
       [](std::string_view bytes) {
         fs::create_directories(Folder() / "model/variables");
         Written("model/saved_model.pb", bytes);
         LoadSavedModel(Folder() / "model", {}, {.threads = 1}).status().IgnoreError();
       },
       saved_model},
      {"message_file",
       [](std::string_view bytes) { ReadMessageFile(Written("message", bytes), 0, 16).status().IgnoreError(); },
       graphs},
      {"own_text", [](std::string_view bytes) { Use(ParseGraph(bytes, &AllOps(), {.infer = false})); }, own_text},
      {"attr", [](std::string_view bytes) { ParseAttr(bytes).status().IgnoreError(); }, attrs},
      {"bundle_index", [](std::string_view bytes) { UseBundle("/files/checkpoint", kIndex, bytes); },
       [] { return Files({"/files/checkpoint.index"}); }},
      {"bundle_data", [](std::string_view bytes) { UseBundle("/files/checkpoint", kDataFile, bytes); },
       [] { return Files({"/files/checkpoint.data-00000-of-00001"}); }},
      {"object_index", [](std::string_view bytes) { UseBundle("/state/objects", kIndex, bytes); },
       [] { return Files({"/state/objects.index"}); }},
      {"object_data", [](std::string_view bytes) { UseBundle("/state/objects", kDataFile, bytes); },
       [] { return Files({"/state/objects.data-00000-of-00001"}); }},
      {"v1_checkpoint",
       [](std::string_view bytes) {
         Written("v1", bytes);
         UseCheckpoint(Folder() / "v1");
       },
       [] { return Files({"/state/old.ckpt", "/state/old_shards.ckpt-00001-of-00003"}); }},
      {"table", [](std::string_view bytes) { io::ReadTable(bytes).status().IgnoreError(); },
       [] { return Files({"/files/checkpoint.index", "/state/old.ckpt"}); }},
      {"checkpoint_state",
       [](std::string_view bytes) {
         Written("checkpoint", bytes);
         io::ReadCheckpointState(Folder().path.string()).status().IgnoreError();
       },
       [] { return std::vector<std::string>{"model_checkpoint_path: \"a\"\nall_model_checkpoint_paths: \"a\"\n"}; }},
      {"records", UseRecords, [] { return Files({"/files/records/examples.tfrecord", "/files/records/examples.gz"}); }},
      {"example",
       [](std::string_view bytes) {
         if (auto e = Example::Parse(bytes); e.ok()) e->Serialize().status().IgnoreError();
         if (auto e = SequenceExample::Parse(bytes); e.ok()) e->Serialize().status().IgnoreError();
       },
       [] { return ReadRecords(kData + "/files/records/sequence.tfrecord").value(); }},
      {"event",
       [](std::string_view bytes) {
         if (auto e = Event::Parse(bytes); e.ok()) e->Serialize().status().IgnoreError();
         ParseSummary(bytes).status().IgnoreError();
       },
       [] {
         std::vector<std::string> all;
         for (const std::string& file : EventFiles(kData + "/files/records").value()) {
           for (std::string& record : ReadRecords(file).value()) all.push_back(std::move(record));
         }
         return all;
       }},
      {"npy", [](std::string_view bytes) { io::ParseNpy(bytes).status().IgnoreError(); },
       [] { return std::vector<std::string>{io::NpyBytes(Tensor::Of<float>({2, 3}, {1, 2, 3, 4, 5, 6})).value()}; }},
      {"npz", [](std::string_view bytes) { io::ReadNpz(Written("n.npz", bytes)).status().IgnoreError(); },
       [] { return Files({"/state/objects.npz"}); }},
      {"jpeg", UseImage, [] { return Images("jpg"); }},
      {"png", UseImage, [] { return Images("png"); }},
      {"gif", UseImage, [] { return Images("gif"); }},
      {"bmp", UseImage, [] { return Images("bmp"); }},
  };
}

const Parser* Find(const std::vector<Parser>& all, std::string_view name) {
  for (const Parser& p : all) {
    if (name == p.name) return &p;
  }
  fmt::print(stderr, "no parser '{}'; --parsers lists them\n", name);
  std::exit(2);
}

// Prints the parsers' names and ends the process where an argument asks for them.
void ListParsersIfAsked(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--parsers") continue;
    for (const Parser& p : AllParsers()) fmt::print("{}\n", p.name);
    std::exit(0);
  }
}

#ifndef WEIR_LIBFUZZER

// A seed with bits flipped, bytes set, parts cut out, doubled, moved or taken from another seed.
std::string Damaged(const std::vector<std::string>& seeds, std::mt19937_64& random) {
  std::string s = seeds[random() % seeds.size()];
  for (int n = 1 + static_cast<int>(random() % 6); n > 0 && !s.empty(); --n) {
    const size_t at = random() % s.size(), length = 1 + random() % std::min<size_t>(64, s.size() - at);
    switch (random() % 8) {
      case 0: s[at] ^= static_cast<char>(1 << random() % 8); break;
      case 1: s[at] = static_cast<char>(random()); break;
      case 2: s[at] = "\0\x7f\x80\xff\x01"[random() % 5]; break;
      case 3: s.resize(at); break;
      case 4: s.erase(at, length); break;
      case 5: s.insert(random() % s.size(), s.substr(at, length)); break;
      case 6: s.insert(at, length, static_cast<char>(random())); break;
      default: {
        const std::string& other = seeds[random() % seeds.size()];
        if (!other.empty()) s.replace(at, length, other.substr(random() % other.size(), length));
      }
    }
  }
  return s;
}

#endif

}  // namespace
}  // namespace weir::fuzz

using namespace weir::fuzz;

#ifdef WEIR_LIBFUZZER

const Parser& Chosen() {
  static const std::vector<Parser> all = AllParsers();
  static const char* name = std::getenv("WEIR_PARSER");
  static const Parser* parser = Find(all, name ? name : "graph_def");
  return *parser;
}

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  ListParsersIfAsked(*argc, *argv);
  for (int i = 1; i < *argc; ++i) {
    const std::string folder = (*argv)[i];
    if (!fs::is_directory(folder)) continue;
    const std::vector<std::string> seeds = fs::is_empty(folder) ? Chosen().seeds() : std::vector<std::string>();
    for (size_t n = 0; n < seeds.size(); ++n)
      weir::io::WriteFile(fmt::format("{}/seed{}", folder, n), seeds[n]).IgnoreError();
    break;
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Chosen().use({reinterpret_cast<const char*>(data), size});
  return 0;
}

#else

int main(int argc, char** argv) {
  ListParsersIfAsked(argc, argv);
  double seconds = 10, runs = 1e18, first = 0, seed = 1;
  std::string only;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i], value = arg.substr(std::min(arg.size(), arg.find('=') + 1));
    if (arg.starts_with("--parser=")) only = value;
    else if (arg.starts_with("--seconds=")) seconds = std::atof(value.c_str());
    else if (arg.starts_with("--runs=")) runs = std::atof(value.c_str()), seconds = 1e9;
    else if (arg.starts_with("--first=")) first = std::atof(value.c_str());
    else if (arg.starts_with("--seed=")) seed = std::atof(value.c_str());
    else return std::fprintf(stderr, "no option %s; see the head of parser_fuzzer.cc\n", arg.c_str()), 2;
  }
  SayCurrentAtAnyEnd();
  std::vector<Parser> all = AllParsers();
  if (!only.empty()) all = {*Find(all, only)};
  for (const Parser& parser : all) {
    const std::vector<std::string> seeds = parser.seeds();
    const auto start = std::chrono::steady_clock::now();
    auto passed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
    double n = 0;
    for (; n < runs && passed() < seconds / static_cast<double>(all.size()); ++n) {
      std::snprintf(current, sizeof current, "\nin --parser=%s --seed=%.0f --first=%.0f --runs=1\n", parser.name, seed,
                    first + n);
      std::mt19937_64 random(static_cast<uint64_t>(seed) * 1000003 + static_cast<uint64_t>(first + n));
      parser.use(Damaged(seeds, random));
    }
    std::printf("%s: %.0f inputs in %.1f s\n", parser.name, n, passed());
  }
  ended = true;
}

#endif
