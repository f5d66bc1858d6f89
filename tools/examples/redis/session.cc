// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Reading, dispatching, writing; and the commands.

#include "tools/examples/redis/session.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "tools/examples/connections.h"
#include "tools/examples/redis/number.h"

namespace examples::redis {

namespace go = gosling;
using std::chrono::milliseconds;

namespace {

// Replies of so many bytes are written before the batch is done.
constexpr std::size_t kMostReplies = 256 << 10;
// More for a subscriber that does not read closes its connection; Redis has 32
// MB for that too.
constexpr std::size_t kMostWaiting = 32 << 20;

char Upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool IsWord(std::string_view text, std::string_view upper) {
  return std::equal(text.begin(), text.end(), upper.begin(), upper.end(),
                    [](char a, char b) { return Upper(a) == b; });
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// In returns the moment that is so many milliseconds from now; nothing if the
// clock does not reach it.
std::optional<Store::Time> In(std::int64_t n, std::int64_t unit) {
  const Store::Time now = std::chrono::steady_clock::now();
  const milliseconds most = std::chrono::duration_cast<milliseconds>(
      Store::Time::max() - now - std::chrono::seconds(1));
  if (n > most.count() / unit || n < -(most.count() / unit)) {
    return std::nullopt;
  }
  return now + milliseconds(n * unit);
}

constexpr std::string_view kNoNumber =
    "ERR value is not an integer or out of range";

}  // namespace

struct Session::Verb {
  std::string_view name;
  std::size_t least;  // words, with the name
  std::size_t most;
  void (Session::*run)(Command command);
  bool is_for_subscribers = false;
};

constexpr std::size_t kAny = SIZE_MAX;
// The most frequent first.
const Session::Verb Session::kVerbs[] = {
    {"GET", 2, 2, &Session::Get},
    {"SET", 3, kAny, &Session::Set},
    {"INCR", 2, 2, &Session::Incr},
    {"PING", 1, 2, &Session::Ping, true},
    {"DEL", 2, kAny, &Session::Del},
    {"EXISTS", 2, kAny, &Session::Exists},
    {"EXPIRE", 3, 3, &Session::Expire},
    {"PEXPIRE", 3, 3, &Session::Expire},
    {"TTL", 2, 2, &Session::Ttl},
    {"PTTL", 2, 2, &Session::Ttl},
    {"ECHO", 2, 2, &Session::Echo},
    {"PUBLISH", 3, 3, &Session::Publish},
    {"SUBSCRIBE", 2, kAny, &Session::DoSubscribe, true},
    {"UNSUBSCRIBE", 1, kAny, &Session::DoUnsubscribe, true},
    {"DBSIZE", 1, 1, &Session::DbSize},
    {"CONFIG", 2, kAny, &Session::Config},
    {"COMMAND", 1, kAny, &Session::Commands},
    {"QUIT", 1, kAny, &Session::Quit, true},
};

Session::Session(go::net::Conn conn, Store* store, PubSub* pubsub)
    : conn_(std::move(conn)), store_(store), pubsub_(pubsub) {}

Session::~Session() {
  if (outbox_ == nullptr) return;
  for (const std::string& channel : channels_) {
    pubsub_->Unsubscribe(channel, outbox_, "");
  }
  outbox_->Close(std::chrono::seconds(1));
}

void Session::Serve() {
  while (!is_over_) {
    const auto [n, err] = conn_.Read(reader_.Room());
    if (err) break;
    reader_.Received(n);
    Command command;
    CommandReader::Result result = CommandReader::Result::kMore;
    while (!is_over_ && (result = reader_.Next(&command)) ==
                            CommandReader::Result::kCommand) {
      Execute(command);
      if (replies_.size() >= kMostReplies && !Flush()) return;
    }
    if (result == CommandReader::Result::kError) {
      PutError(&replies_,
               "ERR Protocol error: " + std::string(reader_.error()));
      is_over_ = true;
    }
    if (!Flush()) return;
  }
  if (!is_over_) return;
  if (outbox_ != nullptr) outbox_->Close(std::chrono::seconds(1));
  FinishWriting(conn_);
}

bool Session::Flush() {
  if (replies_.empty()) return true;
  if (outbox_ != nullptr) {
    outbox_->PutPatiently(replies_);
  } else if (conn_.Write(replies_).second) {
    return false;
  }
  // A long reply does not cost memory for ever.
  if (replies_.capacity() > 2 * kMostReplies) replies_ = std::string();
  replies_.clear();
  return true;
}

const Session::Verb* Session::FindVerb(std::string_view name) {
  for (const Verb& verb : kVerbs) {
    if (verb.name.size() == name.size() && IsWord(name, verb.name)) {
      return &verb;
    }
  }
  return nullptr;
}

void Session::Execute(Command command) {
  const Verb* verb = FindVerb(command[0]);
  if (verb == nullptr) {
    std::string text = "ERR unknown command '";
    text += command[0].substr(0, 128);
    text += "', with args beginning with: ";
    for (std::string_view word : command.subspan(1)) {
      if (text.size() > 256) break;
      (((text += '\'') += word.substr(0, 128)) += "' ");
    }
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n'; },
        ' ');
    PutError(&replies_, text);
  } else if (command.size() < verb->least || command.size() > verb->most) {
    PutError(&replies_, "ERR wrong number of arguments for '" +
                            Lower(verb->name) + "' command");
  } else if (!channels_.empty() && !verb->is_for_subscribers) {
    PutError(&replies_, "ERR Can't execute '" + Lower(verb->name) +
                            "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING "
                            "/ QUIT / RESET are allowed in this context");
  } else {
    (this->*verb->run)(command);
  }
}

// --- Keys ---

void Session::Get(Command command) {
  if (!store_->Read(command[1], [this](const std::string& value) {
        PutBulk(&replies_, value);
      })) {
    PutNil(&replies_);
  }
}

void Session::Set(Command command) {
  Store::SetOptions options;
  for (std::size_t i = 3; i < command.size(); i++) {
    const std::string_view word = command[i];
    const bool seconds = IsWord(word, "EX");
    if (IsWord(word, "NX") && options.when == Store::When::kAlways) {
      options.when = Store::When::kIfAbsent;
    } else if (IsWord(word, "XX") && options.when == Store::When::kAlways) {
      options.when = Store::When::kIfPresent;
    } else if (IsWord(word, "KEEPTTL") && options.expiry == Store::Time{}) {
      options.keep_expiry = true;
    } else if ((seconds || IsWord(word, "PX")) && !options.keep_expiry &&
               options.expiry == Store::Time{} && i + 1 < command.size()) {
      const auto number = ParseNumber(command[++i]);
      if (!number) return PutError(&replies_, kNoNumber);
      const auto expiry = In(*number, seconds ? 1000 : 1);
      if (*number <= 0 || !expiry) {
        return PutError(&replies_, "ERR invalid expire time in 'set' command");
      }
      options.expiry = *expiry;
    } else {
      return PutError(&replies_, "ERR syntax error");
    }
  }
  if (store_->Set(command[1], command[2], options)) {
    PutSimple(&replies_, "OK");
  } else {
    PutNil(&replies_);
  }
}

void Session::Incr(Command command) {
  const auto [sum, err] = store_->Add(command[1], 1);
  switch (err) {
    case Store::AddError::kNone:
      return PutInteger(&replies_, sum);
    case Store::AddError::kNoNumber:
      return PutError(&replies_, kNoNumber);
    case Store::AddError::kOverflow:
      return PutError(&replies_, "ERR increment or decrement would overflow");
  }
}

void Session::Del(Command command) {
  std::int64_t n = 0;
  for (std::string_view key : command.subspan(1)) n += store_->Delete(key);
  PutInteger(&replies_, n);
}

void Session::Exists(Command command) {
  std::int64_t n = 0;
  for (std::string_view key : command.subspan(1)) n += store_->Exists(key);
  PutInteger(&replies_, n);
}

void Session::Expire(Command command) {
  const bool milli = IsWord(command[0], "PEXPIRE");
  const auto number = ParseNumber(command[2]);
  if (!number) return PutError(&replies_, kNoNumber);
  const auto expiry = In(*number, milli ? 1 : 1000);
  if (!expiry) {
    return PutError(&replies_, "ERR invalid expire time in '" +
                                   Lower(command[0]) + "' command");
  }
  PutInteger(&replies_, store_->Expire(command[1], *expiry));
}

void Session::Ttl(Command command) {
  const auto expiry = store_->Expiry(command[1]);
  if (!expiry) return PutInteger(&replies_, -2);
  if (*expiry == Store::Time{}) return PutInteger(&replies_, -1);
  const milliseconds left = std::chrono::duration_cast<milliseconds>(
      *expiry - std::chrono::steady_clock::now());
  const std::int64_t n = std::max<std::int64_t>(left.count(), 0);
  PutInteger(&replies_,
             IsWord(command[0], "PTTL") ? n : (n + 500) / 1000);  // as Redis
}

void Session::DbSize(Command) {
  PutInteger(&replies_, static_cast<std::int64_t>(store_->Size()));
}

// --- Publishing ---

void Session::Publish(Command command) {
  PutInteger(&replies_, static_cast<std::int64_t>(
                            pubsub_->Publish(command[1], command[2])));
}

namespace {

std::string Confirmation(std::string_view kind, std::string_view channel,
                         std::size_t count) {
  std::string text;
  PutArray(&text, 3);
  PutBulk(&text, kind);
  PutBulk(&text, channel);
  PutInteger(&text, static_cast<std::int64_t>(count));
  return text;
}

}  // namespace

void Session::DoSubscribe(Command command) {
  // What was answered before comes first.
  if (!Flush()) return;
  if (outbox_ == nullptr) {
    outbox_ = Outbox::Open(conn_, kMostWaiting);
  }
  for (std::string_view channel : command.subspan(1)) {
    channels_.emplace(channel);
    pubsub_->Subscribe(channel, outbox_,
                       Confirmation("subscribe", channel, channels_.size()));
  }
}

void Session::DoUnsubscribe(Command command) {
  if (command.size() > 1) {
    for (std::string_view channel : command.subspan(1)) Unsubscribe(channel);
    return;
  }
  if (channels_.empty()) {
    PutArray(&replies_, 3);
    PutBulk(&replies_, "unsubscribe");
    PutNil(&replies_);
    PutInteger(&replies_, 0);
  }
  while (!channels_.empty()) Unsubscribe(std::string(*channels_.begin()));
}

void Session::Unsubscribe(std::string_view channel) {
  const auto at = channels_.find(channel);
  if (at != channels_.end()) channels_.erase(at);
  std::string text = Confirmation("unsubscribe", channel, channels_.size());
  if (outbox_ == nullptr) {
    replies_ += text;
  } else if (Flush()) {
    pubsub_->Unsubscribe(channel, outbox_, text);
  }
}

// --- The connection ---

void Session::Ping(Command command) {
  if (!channels_.empty()) {
    PutArray(&replies_, 2);
    PutBulk(&replies_, "pong");
    PutBulk(&replies_, command.size() > 1 ? command[1] : "");
  } else if (command.size() > 1) {
    PutBulk(&replies_, command[1]);
  } else {
    PutSimple(&replies_, "PONG");
  }
}

void Session::Echo(Command command) { PutBulk(&replies_, command[1]); }

// Config answers the two questions that redis-benchmark asks.
void Session::Config(Command command) {
  if (!IsWord(command[1], "GET") || command.size() != 3) {
    return PutError(&replies_, "ERR CONFIG knows GET of one name only");
  }
  const bool save = IsWord(command[2], "SAVE");
  if (!save && !IsWord(command[2], "APPENDONLY")) {
    return PutArray(&replies_, 0);
  }
  PutArray(&replies_, 2);
  PutBulk(&replies_, save ? "save" : "appendonly");
  PutBulk(&replies_, save ? "" : "no");
}

// Commands answers redis-cli, which asks for the commands' descriptions.
void Session::Commands(Command) { PutArray(&replies_, 0); }

void Session::Quit(Command) {
  PutSimple(&replies_, "OK");
  is_over_ = true;
}

}  // namespace examples::redis
