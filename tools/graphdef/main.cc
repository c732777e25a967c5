// graphdef: looks at graphs, checks, differentiates, optimises and runs them. One file a verb.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <new>

#include "weir/tools/graphdef/tool.h"
#include "weir/version.h"

namespace {

using namespace weir::tool;

constexpr char kVersion[] = "graphdef (Weir) " WEIR_VERSION;

// A second interrupt ends the process at once.
void OnInterrupt(int) {
  if (interrupted.exchange(true)) _exit(kInterrupted);
}

// Whether the first argument is meant as a verb but is none; says which ones are near.
bool IsUnknownVerb(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    verbs.push_back(verb->get_name());
  if (std::find(verbs.begin(), verbs.end(), argv[1]) != verbs.end()) return false;
  auto near = weir::NearestNames(argv[1], verbs);
  Message(std::string("error: there is no verb '") + argv[1] +
          "'\n  help: " + (near.empty() ? "see graphdef --help" : "did you mean '" + near[0] + "'?"));
  return true;
}

int Main(int argc, char** argv) {
  CLI::App app("Looks at, checks, differentiates, optimises and runs graphs of Weir and TensorFlow.", "graphdef");
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 fine, 1 negative result, 2 usage, 3 bad input file, 4 run error, 5 out of resources, 130 "
      "interrupted.\n"
      "`graphdef VERB --help` tells more.");
  Action action;
  AddVerbs(app, &action);
  if (IsUnknownVerb(app, argc, argv)) return kUsage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kOk : kUsage;
  }
  return action ? action() : kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is no failure of ours: output is dropped
  std::signal(SIGINT, OnInterrupt);
  int code = kRunError;
  try {
    code = Main(argc, argv);
  } catch (const weir::Error& e) {
    Message(e.what());
  } catch (const std::bad_alloc&) {
    Message("error[memory]: out of memory");
    code = kResources;
  } catch (const std::exception& e) {
    Message(std::string("error: ") + e.what());
  }
  std::fflush(stdout);
  return code;
}
