// A folder that goes with the test.
#pragma once

#include <filesystem>
#include <random>
#include <string>

namespace weir {

struct TempFolder {
  TempFolder() : path(std::filesystem::temp_directory_path() / ("weir_" + std::to_string(std::random_device()()))) {
    std::filesystem::create_directories(path);
  }
  ~TempFolder() { std::filesystem::remove_all(path); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  std::filesystem::path path;
};

}  // namespace weir
