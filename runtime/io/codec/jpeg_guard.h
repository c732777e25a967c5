// libjpeg's errors as values. They leave the library by a jump: what may fail runs inside Guarded, and keeps nothing
// there that has a destructor.
#pragma once

#include <csetjmp>
#include <cstdio>  // jpeglib.h wants it

#include <jpeglib.h>

#include "weir/graph/base/status.h"

namespace weir::io::codec {

struct JpegErrors {
  jpeg_error_mgr manager;  // first: libjpeg hands out its address
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];

  // Becomes the error manager of a libjpeg object, before that is created.
  jpeg_error_mgr* Init() {
    jpeg_std_error(&manager);
    manager.error_exit = [](j_common_ptr c) {
      auto* e = reinterpret_cast<JpegErrors*>(c->err);
      c->err->format_message(c, e->message);
      std::longjmp(e->jump, 1);
    };
    manager.output_message = [](j_common_ptr) {};
    manager.emit_message = [](j_common_ptr, int) {};
    message[0] = '\0';
    return &manager;
  }

  // Ends the step inside Guarded with an error of our own.
  [[noreturn]] void Fail(const char* why) {
    std::snprintf(message, sizeof message, "%s", why);
    std::longjmp(jump, 1);
  }

  // Whether `step` ended well; else `message` says why not.
  template <class F>
  bool Guarded(F step) {
    if (setjmp(jump)) return false;
    step();
    return true;
  }
};

}  // namespace weir::io::codec
