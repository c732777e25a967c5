// Regular expressions: rows, and what TensorFlow 2.21 gives (RE2's), found by RegexFullMatch and RegexReplace.
#include "weir/ops/string/cpu/regex.h"

#include <gtest/gtest.h>

#include <chrono>

#include "weir/ops/array/array.h"
#include "weir/ops/string/string.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir {
namespace {

TEST(Regex, MatchesWhatTensorFlowMatches) {
  struct Case {
    std::string pattern, text;
    bool matches;
  };
  for (const Case& c : {
           Case{"", "", true}, Case{"", "a", false}, Case{"a|ab", "ab", true}, Case{"\\_", "_", true},
           Case{"^*a", "a", true}, Case{"a{,3}", "a{,3}", true}, Case{"a{2", "a{2", true}, Case{"{", "{", true},
           Case{"]", "]", true}, Case{"(?i)k", "\u212a", true}, Case{"(?i)[^k]", "\u212a", false},
           Case{"(?i)s", "\u017f", true}, Case{"(?i:\u00e4)", "\u00c4", true}, Case{"[^a]", "\n", true},
           Case{".", "\n", false}, Case{"(?s).", "\n", true}, Case{".", "\xff", false}, Case{".", "\u00e9", true},
           Case{"a$", "a\n", false}, Case{"(?m)a$\n", "a\n", true}, Case{"[\\d-z]", "-", true},
           Case{"\\07", "\a", true}, Case{"\\12", "\n", true}, Case{"\\x41", "A", true},
           Case{"\\x{e9}", "\u00e9", true}, Case{"(?U)a+", "aa", true}, Case{"[[:word:]]", "_", true},
           Case{"[[:^alpha:]]", "1", true}, Case{"\\Qa.b\\E+", "a.bb", true}, Case{"\\Qa", "a", true},
           Case{"(?P<a>.)(?P<a>.)", "ab", true}, Case{"(?)a", "a", true}, Case{"(?i-i)a", "A", false},
           Case{"[]a]", "]", true}, Case{"[^]a]", "b", true}, Case{"[a-]", "-", true}, Case{"[a-c-e]", "-", true},
           Case{"\\bfoo\\b", "foo", true}, Case{"x{0}", "", true}, Case{"x{0,0}y", "y", true},
           Case{".{1000}.{1000}", std::string(2000, 'a'), true}, Case{"\\s", "\v", false}, Case{"\\W", "\u00e9", true},
           Case{"(a|b)*c", "abbac", true}, Case{"(a{1,2}){2}", "aaa", true}, Case{"\\pL", "\u00e9", true},
           Case{"\\p{Greek}+", "\u03b1\u03b2", true}, Case{"\\C", "\xff", true},
       }) {
    auto re = Regex::Compile(c.pattern);
    ASSERT_TRUE(re.ok()) << c.pattern << ": " << re.status().ToString();
    EXPECT_EQ(re->FullMatch(c.text), c.matches) << c.pattern << " on " << c.text;
  }
}

TEST(Regex, RefusesWhatTensorFlowRefuses) {
  for (const char* pattern :
       {"a**", "a++", "a{2}{3}", "(?<n>a)", "(a{1000}){2}", "a{1001}", "[a-\\d]", "\\8", "\\1", "(?x)a", "(*a)",
        "\\x{110000}", "(", ")", "[", "[[:foo:]]", "\\Z", "(?=a)a", "a|*", "(?-)a", "(?s-)a", "[b-a]", "x{2,1}",
        "\\cA", "\\e", "\\x4", "\\x{}", "{1,2}", "\\En", "a\\", "(?P<>a)", "(?P<a", "(?",
        "((a{100}){100}){100}", "\xff"}) {
    auto re = Regex::Compile(pattern);
    EXPECT_FALSE(re.ok()) << pattern;
    if (!re.ok()) {
      EXPECT_NE(re.status().message().find("has the invalid pattern"), std::string::npos) << re.status().ToString();
    }
  }
}

TEST(Regex, ReplacesWhatTensorFlowReplaces) {
  struct Case {
    std::string pattern, rewrite, text;
    bool all;
    std::string want;
  };
  for (const Case& c : {
           Case{"a*", "-", "baac", true, "-b-c-"}, Case{"", "-", "\u00e9", true, "-\u00e9-"},
           Case{"a|", "x", "aab", true, "xxbx"}, Case{"(b)(c)?", "[\\2\\1\\0]", "abcab", true, "a[cbbc]a[bb]"},
           Case{"b", "\\1", "abc", true, "abc"}, Case{"b", "\\x", "abc", true, "ac"},
           Case{"b", "\\x", "abc", false, "abc"}, Case{"b", "\\", "abc", true, "ac"},
           Case{"b", "\\\\", "abc", true, "a\\c"}, Case{"^a", "x", "aaa", true, "xaa"},
           Case{"a", "x", "aaa", false, "xaa"}, Case{"z", "\\x", "abc", true, "abc"},
           Case{"\\b", "|", "ab cd", true, "|ab| |cd|"}, Case{"\\B", "|", "ab cd", true, "a|b c|d"},
           Case{".", "x", "a\xff" "b", true, "x\xff" "x"}, Case{"x*", "-", "\xc3", true, "-\xc3-"},
           Case{"\\b", "|", "a\u00e9b", true, "|a|\u00e9|b|"}, Case{"(a*)*", "<\\1>", "aab", true, "<aa>b<>"},
           Case{"(a|b)*", "<\\1>", "abac", true, "<a>c<>"}, Case{"(|a)*", "<\\0>", "aab", true, "<>a<>a<>b<>"},
           Case{"(a*?)+", "<\\1>", "aab", true, "<>a<>a<>b<>"}, Case{"a\?\?", "-", "aa", true, "-a-a-"},
           Case{"(?:(a)|b)*", "<\\1>", "ab", true, "<a>"}, Case{"$", "x", "a\n", true, "a\nx"},
           Case{"(?m)^", "> ", "a\nb\n", true, "> a\n> b\n> "}, Case{"(a+?)(a*)", "\\1|\\2", "aaa", true, "a|aa"},
           Case{"(?U)a+", "x", "aaa", true, "xxx"},
       }) {
    auto re = Regex::Compile(c.pattern);
    ASSERT_TRUE(re.ok()) << c.pattern << ": " << re.status().ToString();
    EXPECT_EQ(re->Replace(c.text, c.rewrite, c.all), c.want) << c.pattern << " -> " << c.rewrite << " on " << c.text;
  }
}

// What makes other engines take for ever, and stacks overflow.
TEST(Regex, HostilePatternsTakeNoTime) {
  auto start = std::chrono::steady_clock::now();
  auto nested = Regex::Compile("(a*)*(a*)*b");
  ASSERT_TRUE(nested.ok());
  EXPECT_FALSE(nested->FullMatch(std::string(20000, 'a')));
  EXPECT_FALSE(Regex::Compile(std::string(100000, '(')).ok());
  EXPECT_FALSE(Regex::Compile("(((a{99}){99}){99}){99}").ok());
  std::string folds = "(?i)";
  for (int i = 0; i < 20000; ++i) folds += "\\W";
  EXPECT_FALSE(Regex::Compile(folds).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Regex, OpsWork) {
  Builder g;
  Output x = ops::Placeholder(g, kString, {None}, {.name = "x"});
  Output match = ops::RegexFullMatch(x, "[ab]+"), replaced = ops::RegexReplace(x, "(a)(b)", "\\2\\1");
  Session session(g);
  Feeds feeds{{x, Tensor::Vector(std::vector<std::string>{"abab", "abc", ""})}};
  EXPECT_EQ(session.Run(match, feeds).value().ToString(), "[true, false, false]");
  EXPECT_EQ(session.Run(replaced, feeds).value().ToString(), "[\"baba\", \"bac\", \"\"]");
}

}  // namespace
}  // namespace weir

namespace weir::testing {

std::vector<OpRow> RegexRows() {
  return {
      {"RegexFullMatch", {Tensor::Vector(std::vector<std::string>{"ab", "b"}), Text("a.")}},
      {"RegexFullMatch", {Tensor::Zeros(kString, {0}), Text("a.")}},
      {"StaticRegexFullMatch", {Tensor::Vector(std::vector<std::string>{"ab", "b"})}, {{"pattern", "a."}}},
      {"StaticRegexFullMatch", {Tensor::Zeros(kString, {0})}, {{"pattern", "a."}}},
      {"RegexReplace", {Tensor::Vector(std::vector<std::string>{"abab", "b"}), Text("(a)b"), Text("\\1-")}},
      {"RegexReplace", {Tensor::Zeros(kString, {0}), Text("a."), Text("")}},
      {"StaticRegexReplace", {Tensor::Vector(std::vector<std::string>{"abab", "b"})},
       {{"pattern", "(a)b"}, {"rewrite", "\\1-"}, {"replace_global", false}}},
      {"StaticRegexReplace", {Tensor::Zeros(kString, {0})}, {{"pattern", "a."}, {"rewrite", ""}}},
  };
}

}  // namespace weir::testing
