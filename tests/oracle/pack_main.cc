// pack_runner: runs case packs and says how many cases equal TensorFlow's results.
//
//   pack_runner [--verbose] [--exceptions=FILE] PACK.pb…      exit 0: at least 99.9 % equal

#include <cstdio>
#include <cstring>

#include "weir/tests/oracle/pack_runner.h"

int main(int argc, char** argv) {
  using namespace weir::testing;
  PackOptions options;
  PackReport report;
  bool failed = false;
  for (int i = 1; i < argc; ++i) {
    std::string arg = argv[i];
    if (arg == "--verbose") {
      options.verbose = true;
    } else if (arg.rfind("--exceptions=", 0) == 0) {
      auto read = ReadExceptions(arg.substr(13));
      if (!read.ok()) return std::fprintf(stderr, "%s\n", read.status().ToString().c_str()), 2;
      options.exceptions = *read;
    } else if (weir::Status s = RunPack(arg, options, &report); !s.ok()) {
      std::fprintf(stderr, "%s: %s\n", arg.c_str(), s.ToString().c_str());
      failed = true;
    }
  }
  for (const std::string& m : report.mismatches) std::printf("%s\n", m.c_str());
  std::printf("%s", report.Table().c_str());
  int cases = report.cases(), wrong = report.failed();
  double percent = cases ? 100.0 * (cases - wrong) / cases : 0;
  std::printf("%d of %d equal (%.3f %%)\n", cases - wrong, cases, percent);
  return failed || percent < 99.9;
}
