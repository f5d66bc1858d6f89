// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// See json.h.

#include "tools/sigstorm/json.h"

#include <cmath>

#include "absl/strings/str_format.h"

namespace sigstorm {
namespace {

// Quoted escapes what JSON does not allow inside a string; the rest is UTF-8.
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += absl::StrFormat("\\u%04x", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

Json& Json::End() {
  const Level level = levels_.back();
  levels_.pop_back();
  if (!level.empty) NewLine();
  text_ += level.close;
  if (levels_.empty()) text_ += '\n';
  return *this;
}

Json& Json::Key(std::string_view key) {
  Separate();
  text_ += Quoted(key) + ": ";
  after_key_ = true;
  return *this;
}

Json& Json::String(std::string_view value) { return Raw(Quoted(value)); }

Json& Json::Number(double value) {
  if (!std::isfinite(value)) return Raw("null");
  return Raw(absl::StrFormat("%.6g", value));
}

Json& Json::Begin(char open, char close) {
  Separate();
  text_ += open;
  levels_.push_back({close, true});
  return *this;
}

Json& Json::Raw(std::string_view value) {
  Separate();
  text_ += value;
  return *this;
}

// Separate puts what must stand before the next key or value.
void Json::Separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) return;
  if (!levels_.back().empty) text_ += ',';
  levels_.back().empty = false;
  NewLine();
}

void Json::NewLine() {
  text_ += '\n';
  text_.append(2 * levels_.size(), ' ');
}

}  // namespace sigstorm
