// Functions of libweir_deps.so: the part of Weir that stands on protobuf, Snappy, RE2, libjpeg, libpng and giflib.
//
// Why a library of its own: TensorFlow and others bring these in other versions and export their names. A name that two
// libraries of a process export is bound to whichever came first, and the other one crashes. libweir_deps.so lies
// beside libweir.so and is opened on first use so that its names are its own; nobody sees them and it sees nobody's.
// (Debian's static libraries cannot be hidden in a shared one: they are not position independent.)
//
// What it has stands in tables of functions, one a topic, exported under a C name: graph/wire/wire.h,
// runtime/io/messages.h, runtime/io/codec/image_codecs.h, session/events/event_messages.h, ops/string/cpu/regex.h.
#pragma once

#include "weir/graph/base/status.h"

namespace weir::deps {

// The address of the table `name`. Errors: the library is not there, or is of another build of Weir. Thread-safe.
Result<const void*> Find(const char* name);

template <class Table>
Result<const Table*> Get(const char* name) {
  WEIR_ASSIGN_OR_RETURN(const void* table, Find(name));
  return static_cast<const Table*>(table);
}

}  // namespace weir::deps

// Exports a table from libweir_deps.so.
#define WEIR_DEPS_TABLE(type, name) \
  extern "C" __attribute__((visibility("default"))) const type name; \
  const type name
