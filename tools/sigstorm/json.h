// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A writer of JSON, as small as what sigstorm prints: objects, arrays, strings,
// numbers and booleans, two spaces of indentation.

#ifndef TOOLS_SIGSTORM_JSON_H_
#define TOOLS_SIGSTORM_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sigstorm {

// Json builds one document. Inside an object every value needs a key, inside an
// array none may have one; the caller sees to it, and to matching ends.
//
//   Json json;
//   json.Object();
//   json.Key("sent").Number(3);
//   json.Key("names").Array().String("a").String("b").End();
//   json.End();
//   json.text();  // {"sent": 3, "names": ["a", "b"]}, over several lines
class Json {
 public:
  Json& Object() { return Begin('{', '}'); }
  Json& Array() { return Begin('[', ']'); }
  Json& End();
  Json& Key(std::string_view key);

  Json& String(std::string_view value);
  Json& Number(std::uint64_t value) { return Raw(std::to_string(value)); }
  Json& Number(std::int64_t value) { return Raw(std::to_string(value)); }
  Json& Number(int value) { return Raw(std::to_string(value)); }
  // JSON knows no infinity and no NaN: they become null.
  Json& Number(double value);
  Json& Bool(bool value) { return Raw(value ? "true" : "false"); }

  const std::string& text() const { return text_; }

 private:
  Json& Begin(char open, char close);
  Json& Raw(std::string_view value);
  void Separate();
  void NewLine();

  struct Level {
    char close;
    bool empty;
  };
  std::string text_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_JSON_H_
