// recorded_graphs: runs recorded graphs and says how many equal TensorFlow's results.
//
//   recorded_graphs [--runs] FILE.pb…      exit 0: at least 99.9 % equal
//
// --runs: the files are recorded runs (make_services.py).

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "weir/tests/oracle/recorded_graph.h"
#include "weir/tests/oracle/recorded_runs.h"

int main(int argc, char** argv) {
  int equal = 0;
  const bool runs = argc > 1 && std::strcmp(argv[1], "--runs") == 0;
  for (int i = runs ? 2 : 1; i < argc; ++i) {
    std::ostringstream bytes;
    bytes << std::ifstream(argv[i], std::ios::binary).rdbuf();
    const std::string difference =
        runs ? weir::testing::CompareRecordedRuns(bytes.str()) : weir::testing::CompareRecorded(bytes.str());
    if (difference.empty()) ++equal;
    else std::printf("%s: %s\n", argv[i], difference.c_str());
  }
  const int all = argc - (runs ? 2 : 1);
  std::printf("%d of %d equal\n", equal, all);
  return all == 0 || equal < 0.999 * all;
}
