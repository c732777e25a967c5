// Errors as values. A function that can fail returns Status or Result<T>; both are [[nodiscard]].
//
// Invariant: a Status that is not ok has a code and a message; Result<T> holds a value iff its status is ok.
// Who prefers exceptions calls .value() / .Check(), which throw weir::Error with the same text.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace weir {

// Numbers are TensorFlow's (and gRPC's).
enum class Code {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
};

std::string_view CodeName(Code code);  // "INVALID_ARGUMENT"

class Error : public std::runtime_error {
 public:
  Error(Code code, const std::string& text) : std::runtime_error(text), code_(code) {}
  Code code() const { return code_; }

 private:
  Code code_;
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message);

  bool ok() const { return rep_ == nullptr; }
  Code code() const { return rep_ ? rep_->code : Code::kOk; }
  // The headline; from a shape function or kernel a phrase that goes on after the node's name ("cannot multiply …").
  const std::string& message() const;
  const std::string& details() const;  // further lines, joined by '\n'
  const std::string& help() const;     // what would mend it
  bool decorated() const { return rep_ && rep_->decorated; }

  // All of it: headline, detail lines indented by two, then "  help: …".
  std::string ToString() const;

  Status Detail(std::string line) &&;  // adds a line
  Status Help(std::string line) &&;    // sets the help line
  // Marks that the headline names node and op already, so that outer callers do not do it again.
  Status Decorated(std::string headline) &&;

  void Check() const;  // throws Error when not ok
  void IgnoreError() const {}

 private:
  struct Rep {
    Code code;
    std::string message, details, help;
    bool decorated = false;
  };
  Rep& Own();
  std::shared_ptr<Rep> rep_;
};

inline Status OkStatus() { return {}; }
Status InvalidArgument(std::string message);
Status NotFound(std::string message);
Status AlreadyExists(std::string message);
Status PermissionDenied(std::string message);
Status ResourceExhausted(std::string message);
Status FailedPrecondition(std::string message);
Status OutOfRange(std::string message);
Status Unimplemented(std::string message);
Status Internal(std::string message);
Status DataLoss(std::string message);
Status Cancelled(std::string message);
Status DeadlineExceeded(std::string message);

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}           // NOLINT: implicit by design
  Result(Status status) : status_(std::move(status)) {    // NOLINT: implicit by design
    if (status_.ok()) status_ = Internal("a Result was made of an ok Status");
  }

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Status& status() const { return status_; }

  // The value, or throws Error.
  T& value() & { status_.Check(); return *value_; }
  const T& value() const& { status_.Check(); return *value_; }
  T value() && { status_.Check(); return std::move(*value_); }  // by value: `for (x : F().value())` must not dangle

  // Only after ok().
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace weir

// Returns the status of an expression from the enclosing function unless it is ok.
#define WEIR_RETURN_IF_ERROR(expr)                         \
  do {                                                     \
    if (::weir::Status weir_status_ = (expr); !weir_status_.ok()) return weir_status_; \
  } while (false)

// `WEIR_ASSIGN_OR_RETURN(auto x, F());`: x is F's value, or its status is returned.
#define WEIR_ASSIGN_OR_RETURN(decl, expr) WEIR_ASSIGN_OR_RETURN_(WEIR_CONCAT_(weir_result_, __LINE__), decl, expr)
#define WEIR_CONCAT_(a, b) WEIR_CONCAT2_(a, b)
#define WEIR_CONCAT2_(a, b) a##b
#define WEIR_ASSIGN_OR_RETURN_(tmp, decl, expr) \
  auto tmp = (expr);                            \
  if (!tmp.ok()) return tmp.status();           \
  decl = std::move(*tmp)
