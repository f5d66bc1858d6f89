// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Keys and values of contexts, made in a program and found in a shared library,
// and the other way around. Compiled twice by modes.py, with PART as the
// library.

#include <gosling/context.h>

#include <cstdio>
#include <string>

namespace go = gosling;

// In both, as from a header.
enum class Key { kUser };
struct Point {
  int x, y;
  bool operator==(const Point&) const = default;
};
bool FindAll(const go::context::Context& ctx);
go::context::Context MakeAll(const go::context::Context& parent);

// Of the same name in both, and another type in each.
namespace {
struct Own {
  bool operator==(const Own&) const = default;
};
}  // namespace

#ifdef PART

bool FindAll(const go::context::Context& ctx) {
  const auto* user = ctx.Value<std::string>(Key::kUser);
  const auto* number = ctx.Value<int>(Point{1, 2});
  const auto* text = ctx.Value<double>("text");
  return user != nullptr && *user == "ada" && number != nullptr &&
         *number == 7 && text != nullptr && *text == 0.5 &&
         ctx.Value<int>(Point{2, 1}) == nullptr &&
         ctx.Value<int>(Key::kUser) == nullptr &&
         ctx.Value<int>(Own()) == nullptr;
}

go::context::Context MakeAll(const go::context::Context& parent) {
  return go::context::WithValue(
      go::context::WithValue(
          go::context::WithValue(
              go::context::WithValue(parent, Key::kUser, std::string("ada")),
              Point{1, 2}, 7),
          "text", 0.5),
      Own(), 1);
}

#else

int main() {
  const go::context::Context user = go::context::WithValue(
      go::context::Background(), Key::kUser, std::string("ada"));
  const go::context::Context point =
      go::context::WithValue(user, Point{1, 2}, 7);
  const go::context::Context text =
      go::context::WithValue(point, std::string("text"), 0.5);
  const go::context::Context all = go::context::WithValue(text, Own(), 1);
  if (!FindAll(all)) {
    std::puts("the library does not find the program's values");
    return 1;
  }
  const go::context::Context theirs = MakeAll(go::context::Background());
  const auto* ada = theirs.Value<std::string>(Key::kUser);
  const auto* seven = theirs.Value<int>(Point{1, 2});
  const auto* half = theirs.Value<double>("text");
  if (ada == nullptr || *ada != "ada" || seven == nullptr || *seven != 7 ||
      half == nullptr || *half != 0.5 || theirs.Value<int>(Own()) != nullptr) {
    std::puts("the program does not find the library's values");
    return 1;
  }
}

#endif
