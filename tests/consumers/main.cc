// A program that uses nothing but the public headers: computes 3 * 2 + 1.
#include <weir/weir.h>

#include <iostream>

int main() {
  weir::Builder g;
  weir::Output x = weir::ops::Placeholder(g, weir::kFloat, {}, {.name = "x"});
  weir::Output y = x * 2.0f + 1.0f;
  weir::Session session(g, {.threads = 1});
  const float result = session.Run(y, {{x, 3.0f}}).value().scalar<float>();
  std::cout << result << "\n";
  return result == 7 ? 0 : 1;
}
