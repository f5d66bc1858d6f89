// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/os/godebug.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "sched/os/fatal.h"
#include "sched/os/os.h"

namespace gosling::sched {

namespace {

// Field is one name=value of the variable: the part up to the next comma.
struct Field {
  const char* text;
  std::size_t size;

  // Value returns where the value begins, nullptr: the field has another name.
  const char* Value(const char* name) const {
    const std::size_t length = std::strlen(name);
    if (size <= length || std::memcmp(text, name, length) != 0 ||
        text[length] != '=') {
      return nullptr;
    }
    return text + length + 1;
  }
};

// Last returns parse(field, value) of the last field with that name, or
// `otherwise`. Each is parsed: one that makes no sense is fatal, wherever it is.
template <class T, class F>
T Last(const char* name, T otherwise, F parse) {
  T result = otherwise;
  const char* text = os::Getenv("GODEBUG");
  while (text != nullptr) {
    const Field field = {text, std::strcspn(text, ",")};
    if (const char* value = field.Value(name)) result = parse(field, value);
    text = text[field.size] == '\0' ? nullptr : text + field.size + 1;
  }
  return result;
}

int ReadNumber(const Field& field, const char* text, const char* name,
               const char* what) {
  char* stop = nullptr;
  errno = 0;
  const long n = std::strtol(text, &stop, 10);
  if (stop == text || stop != field.text + field.size || errno != 0 || n < 0 ||
      n > INT32_MAX) {
    Throw("GODEBUG=%.*s: must be %s=n, with a whole number %s",
          static_cast<int>(field.size), field.text, name, what);
  }
  return static_cast<int>(n);
}

std::int64_t ReadDuration(const Field& field, const char* text,
                          const char* name) {
  struct Unit {
    const char* name;
    std::int64_t ns;
  };
  constexpr Unit kUnits[] = {
      {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}};
  char* stop = nullptr;
  errno = 0;
  const long n = std::strtol(text, &stop, 10);
  const auto left = static_cast<std::size_t>(field.text + field.size - stop);
  for (const Unit& unit : kUnits) {
    if (stop == text || errno != 0 || n < 0 || n > 1'000'000 ||
        left != std::strlen(unit.name) ||
        std::memcmp(stop, unit.name, left) != 0) {
      continue;
    }
    return n * unit.ns;
  }
  Throw(
      "GODEBUG=%.*s: must be %s=n, with a length of time such as 500ms, 10s or "
      "2m",
      static_cast<int>(field.size), field.text, name);
}

}  // namespace

std::int64_t GodebugDuration(const char* name) {
  return Last(name, std::int64_t{0}, [=](const Field& field, const char* text) {
    return ReadDuration(field, text, name);
  });
}

int Godebug(const char* name, const char* what, int otherwise) {
  return Last(name, otherwise, [=](const Field& field, const char* text) {
    return ReadNumber(field, text, name, what);
  });
}

}  // namespace gosling::sched
