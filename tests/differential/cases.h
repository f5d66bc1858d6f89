// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Our side of tests/differential_test.py: one case by name, `program CASE`, or
// all names, `program --list`. Each has its twin of the same name in go/.

#ifndef GOSLING_TESTS_DIFFERENTIAL_CASES_H_
#define GOSLING_TESTS_DIFFERENTIAL_CASES_H_

#include <gosling/gosling.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace differential {

namespace go = gosling;

// Add is called by the functions below.
void Add(const std::string& name, std::function<void()> f);
void AddPanics();
void AddFatal();
void AddValues();
void AddTexts();
void AddNet();
void AddAddresses();

// Exit has the program end with that status once the case returns.
void Exit(int status);

// SayLine prints a line as it is.
void SayLine(std::string_view line);

// Text is what Go prints of a value.
inline std::string Text(bool b) { return b ? "true" : "false"; }
inline std::string Text(int n) { return std::to_string(n); }
inline std::string Text(std::size_t n) { return std::to_string(n); }
inline std::string Text(std::string_view text) { return std::string(text); }
inline std::string Text(const char* text) { return text; }
inline std::string Text(const go::Error& err) {
  return err ? err.message() : "nil";
}
inline std::string Text(const go::context::Context& ctx) {
  return ctx.String();
}
inline std::string Text(go::signal::Signal sig) { return sig.String(); }
// As Go prints the two results of a receive.
inline std::string Text(std::optional<int> v) {
  return std::to_string(v.value_or(0)) + " " + Text(v.has_value());
}

// Say prints a line of words: Say{1, "two"}. Braces, since the words are to be
// made from left to right, as Go's are.
struct Say {
  template <class... Words>
  explicit Say(const Words&... words) {
    std::string line;
    ((line += (line.empty() ? "" : " ") + Text(words)), ...);
    SayLine(line);
  }
};

// Settle lets all the others come to rest, where there is one P.
void Settle();

// InTurn starts n goroutines that have come to rest one after the other.
void InTurn(int n, const std::function<void(int i)>& f);

// PanicOf returns what f panics with.
std::string PanicOf(const std::function<void()>& f);

// Forever is how long those sleep that are not to wake.
inline constexpr std::chrono::hours kForever{1};

}  // namespace differential

#endif  // GOSLING_TESTS_DIFFERENTIAL_CASES_H_
