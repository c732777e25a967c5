#include "weir/graph/base/status.h"

namespace weir {

namespace {
const std::string kEmpty;
}

std::string_view CodeName(Code code) {
  static constexpr std::string_view kNames[] = {
      "OK",                "CANCELLED",          "UNKNOWN",       "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
      "ALREADY_EXISTS",    "PERMISSION_DENIED",  "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
      "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",   "DATA_LOSS"};
  auto i = static_cast<size_t>(code);
  return i < std::size(kNames) ? kNames[i] : "UNKNOWN";
}

Status::Status(Code code, std::string message) {
  if (code == Code::kOk) return;
  rep_ = std::make_shared<Rep>(Rep{code, std::move(message), {}, {}});
}

const std::string& Status::message() const { return rep_ ? rep_->message : kEmpty; }
const std::string& Status::details() const { return rep_ ? rep_->details : kEmpty; }
const std::string& Status::help() const { return rep_ ? rep_->help : kEmpty; }

Status::Rep& Status::Own() {
  if (rep_.use_count() > 1) rep_ = std::make_shared<Rep>(*rep_);
  return *rep_;
}

Status Status::Detail(std::string line) && {
  if (!rep_ || line.empty()) return std::move(*this);
  Rep& rep = Own();
  if (!rep.details.empty()) rep.details += '\n';
  rep.details += line;
  return std::move(*this);
}

Status Status::Help(std::string line) && {
  if (rep_) Own().help = std::move(line);
  return std::move(*this);
}

Status Status::Decorated(std::string headline) && {
  if (!rep_) return std::move(*this);
  Rep& rep = Own();
  rep.message = std::move(headline);
  rep.decorated = true;
  return std::move(*this);
}

std::string Status::ToString() const {
  if (ok()) return "OK";
  std::string text = rep_->message;
  if (!rep_->details.empty()) {
    text += "\n  ";
    for (char c : rep_->details) {
      text += c;
      if (c == '\n') text += "  ";
    }
  }
  if (!rep_->help.empty()) text += "\n  help: " + rep_->help;
  return text;
}

void Status::Check() const {
  if (!ok()) throw Error(code(), ToString());
}

Status InvalidArgument(std::string m) { return {Code::kInvalidArgument, std::move(m)}; }
Status NotFound(std::string m) { return {Code::kNotFound, std::move(m)}; }
Status AlreadyExists(std::string m) { return {Code::kAlreadyExists, std::move(m)}; }
Status PermissionDenied(std::string m) { return {Code::kPermissionDenied, std::move(m)}; }
Status ResourceExhausted(std::string m) { return {Code::kResourceExhausted, std::move(m)}; }
Status FailedPrecondition(std::string m) { return {Code::kFailedPrecondition, std::move(m)}; }
Status OutOfRange(std::string m) { return {Code::kOutOfRange, std::move(m)}; }
Status Unimplemented(std::string m) { return {Code::kUnimplemented, std::move(m)}; }
Status Internal(std::string m) { return {Code::kInternal, std::move(m)}; }
Status DataLoss(std::string m) { return {Code::kDataLoss, std::move(m)}; }
Status Cancelled(std::string m) { return {Code::kCancelled, std::move(m)}; }
Status DeadlineExceeded(std::string m) { return {Code::kDeadlineExceeded, std::move(m)}; }

}  // namespace weir
