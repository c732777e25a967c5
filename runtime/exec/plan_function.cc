#include "weir/runtime/exec/plan_function.h"

#include <fmt/format.h>

#include "weir/runtime/exec/executor.h"

namespace weir {

namespace {

class PlanCaller : public FunctionCaller {
 public:
  PlanCaller(const std::string& name, const std::shared_ptr<const Plan>& plan) : name_(name), context_(plan) {}

  Status Init() {
    context_.OwnStates();
    return context_.Init();
  }

  Result<std::vector<Tensor>> Call(const std::vector<Tensor>& args, const RunLimits& limits) override {
    const std::vector<PlanFeed>& feeds = context_.plan().feeds;
    if (args.size() != feeds.size()) {
      return InvalidArgument(
          fmt::format("calls function '{}' of {} arguments with {}", name_, feeds.size(), args.size()));
    }
    for (size_t i = 0; i < args.size(); ++i) {
      if (!feeds[i].Takes(args[i]) || (args[i].valid() && !feeds[i].shape.Admits(args[i].shape()))) {
        return InvalidArgument(fmt::format("calls function '{}' with {}{} for '{}', which is {}{}", name_,
                                           DTypeShortName(args[i].dtype()), args[i].shape().ToString(), feeds[i].name,
                                           DTypeShortName(feeds[i].dtype), feeds[i].shape.ToString()));
      }
      context_.SetFeed(static_cast<int>(i), args[i]);
    }
    RunOptions options;
    options.limits = limits;
    std::vector<Tensor> results;
    Status status = context_.Run(options);
    if (status.ok()) status = context_.TakeFetches(&results);
    context_.Finish();
    if (!status.ok()) return std::move(status).Detail(fmt::format("in function '{}'", name_));
    return results;
  }

 private:
  const std::string name_;
  RunContext context_;
};

class PlanFunction : public HeldFunction {
 public:
  PlanFunction(std::string name, std::shared_ptr<const Plan> plan, std::vector<DType> args, std::vector<DType> results)
      : name_(std::move(name)), plan_(std::move(plan)), args_(std::move(args)), results_(std::move(results)) {}

  const std::string& name() const override { return name_; }
  const std::vector<DType>& args() const override { return args_; }
  const std::vector<DType>& results() const override { return results_; }
  Result<std::unique_ptr<FunctionCaller>> MakeCaller() const override {
    WEIR_RETURN_IF_ERROR(plan_->refused);
    auto caller = std::make_unique<PlanCaller>(name_, plan_);
    WEIR_RETURN_IF_ERROR(caller->Init());
    return std::unique_ptr<FunctionCaller>(std::move(caller));
  }

 private:
  const std::string name_;
  const std::shared_ptr<const Plan> plan_;
  const std::vector<DType> args_, results_;
};

}  // namespace

std::shared_ptr<const HeldFunction> MakePlanFunction(std::string name, std::shared_ptr<const Plan> plan,
                                                     std::vector<DType> args, std::vector<DType> results) {
  return std::make_shared<PlanFunction>(std::move(name), std::move(plan), std::move(args), std::move(results));
}

}  // namespace weir
