// recorded_graphs: runs recorded graphs and says how many equal TensorFlow's results.
//
//   recorded_graphs FILE.pb…      exit 0: at least 99.9 % equal

#include <cstdio>
#include <fstream>
#include <sstream>

#include "weir/tests/oracle/recorded_graph.h"

int main(int argc, char** argv) {
  int equal = 0;
  for (int i = 1; i < argc; ++i) {
    std::ostringstream bytes;
    bytes << std::ifstream(argv[i], std::ios::binary).rdbuf();
    const std::string difference = weir::testing::CompareRecorded(bytes.str());
    if (difference.empty()) ++equal;
    else std::printf("%s: %s\n", argv[i], difference.c_str());
  }
  const int all = argc - 1;
  std::printf("%d of %d equal\n", equal, all);
  return all == 0 || equal < 0.999 * all;
}
