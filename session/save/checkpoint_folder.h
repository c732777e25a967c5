// CheckpointFolder: the files of a saver's prefix in one folder, and the folder's state file. Not a public header.
//
// A saver enters a checkpoint into the state before it writes it, so that whatever a killed save leaves is known to
// be a saver's. What is dead is told by locks: a file under a temporary name (`net-3.index.tempAb3dEf`) is locked by
// the process that writes it as long as that lives. An index under such a name that nobody locks says that data of
// its checkpoint without an index is dead, too: a killed save leaves one, and a checkpoint is deleted by way of one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weir/runtime/io/checkpoint_state.h"

namespace weir {

// Held for a whole save: other savers of the folder, in any process, wait.
class CheckpointFolder {
 public:
  // Of the checkpoints `prefix` and `prefix-123`.
  explicit CheckpointFolder(const std::string& prefix);
  ~CheckpointFolder();
  CheckpointFolder(const CheckpointFolder&) = delete;
  CheckpointFolder& operator=(const CheckpointFolder&) = delete;

  // Deletes what dead processes left of this prefix. Files of live ones, of other prefixes and whatever is not told
  // by the names above stay.
  void Clean() const;
  // Puts the checkpoint that is to be written into the state, whose latest stays what it was.
  Status Enter(const std::string& path);
  // After a save that failed: the state as it was, unless the checkpoint is there all the same.
  void Leave(const std::string& path) const;
  // Makes the checkpoint the state's latest, and deletes the oldest of the prefix until `max_to_keep` are left (0:
  // none is). One that is `keep_hours` (0: never) younger than the one kept last stays, and the state forgets it.
  Status Finish(const std::string& path, int max_to_keep, double keep_hours = 0) const;

 private:
  bool IsOurs(const std::string& name) const;

  std::string directory_, base_;
  int lock_;
  std::optional<io::CheckpointState> before_;  // none: there was no state file
};

// The checkpoints of a folder, oldest first, by the ages of their indices.
std::vector<std::string> CheckpointsByAge(const std::string& directory);

}  // namespace weir
