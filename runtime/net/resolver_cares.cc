// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// DNS: which names, servers and types are asked in what order, and what the
// answers mean. Go: net/dnsclient_unix.go.

#include <ares.h>
#include <gosling/chan.h>
#include <gosling/go.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <utility>

#include "runtime/net/addr_select.h"
#include "runtime/net/cares_exchange.h"
#include "runtime/net/resolver.h"
#include "runtime/net/resolver_error.h"
#include "runtime/net/text_file.h"

namespace gosling::net {

namespace {

using std::size_t;
using std::uint8_t;

constexpr int kTypeA = 1;
constexpr int kTypePtr = 12;
constexpr int kTypeAaaa = 28;

constexpr size_t kHeaderSize = 12;

constexpr char kMisbehaving[] = "server misbehaving";
constexpr char kLame[] = "lame referral";
constexpr char kUnreadable[] = "cannot unmarshal DNS message";

// Record is one of an answer.
struct Record {
  int type;
  std::span<const uint8_t> data;  // in the message
};

// Message is a reply, read.
struct Message {
  Message() = default;
  // Moved only: the records point into it.
  Message(Message&&) = default;
  Message& operator=(Message&&) = default;

  std::vector<uint8_t> bytes;
  bool readable = false;
  bool authoritative = false;
  bool recursion = false;  // is available
  int code = 0;
  bool has_additional = false;
  std::vector<Record> answers;
};

int Number(std::span<const uint8_t> bytes, size_t at) {
  return bytes[at] << 8 | bytes[at + 1];
}

// NameAt reads the name at `at`, which may be written as a reference to another
// place, and moves `at` behind it; false: there is none.
bool NameAt(std::span<const uint8_t> bytes, size_t& at, std::string* name) {
  char* text = nullptr;
  long size = 0;
  if (at >= bytes.size() || ares_expand_name(bytes.data() + at, bytes.data(),
                                             static_cast<int>(bytes.size()),
                                             &text, &size) != ARES_SUCCESS) {
    return false;
  }
  if (name != nullptr) *name = text;
  ares_free_string(text);
  at += static_cast<size_t>(size);
  return true;
}

Message Read(std::vector<uint8_t> reply) {
  Message message;
  message.bytes = std::move(reply);
  const std::span<const uint8_t> bytes = message.bytes;
  if (bytes.size() < kHeaderSize) return message;
  message.authoritative = (bytes[2] & 4) != 0;
  message.recursion = (bytes[3] & 0x80) != 0;
  message.code = bytes[3] & 15;
  message.has_additional = Number(bytes, 10) > 0;
  size_t at = kHeaderSize;
  for (int n = Number(bytes, 4); n > 0; n--) {
    if (!NameAt(bytes, at, nullptr) || bytes.size() - at < 4) return message;
    at += 4;
  }
  for (int n = Number(bytes, 6); n > 0; n--) {
    if (!NameAt(bytes, at, nullptr) || bytes.size() - at < 10) return message;
    const int type = Number(bytes, at);
    const auto size = static_cast<size_t>(Number(bytes, at + 8));
    at += 10;
    if (bytes.size() - at < size) return message;
    message.answers.push_back({type, bytes.subspan(at, size)});
    at += size;
  }
  message.readable = true;
  return message;
}

bool Has(const Message& message, int type) {
  for (const Record& record : message.answers) {
    if (record.type == type) return true;
  }
  return false;
}

struct Answer {
  Message message;
  std::string server;
  Error err;
};

// Judge says what a reply means: nil, that it is the answer. `final`: no other
// server can know better. Go: checkHeader, skipToAnswer.
Error Judge(const Message& message, int type, const std::string& name,
            const std::string& server, bool* final) {
  constexpr int kNoError = 0;
  constexpr int kServerFailure = 2;
  constexpr int kNoName = 3;
  DNSError what;
  what.name = name;
  what.server = server;
  if (message.bytes.size() >= kHeaderSize && message.code == kNoName) {
    *final = true;
    return NotFound(name, server);
  }
  if (!message.readable) {
    what.err = kUnreadable;
  } else if (message.code == kNoError && !message.authoritative &&
             !message.recursion && message.answers.empty() &&
             !message.has_additional) {
    what.err = kLame;
  } else if (message.code != kNoError) {
    what.err = kMisbehaving;
    what.is_temporary = message.code == kServerFailure;
  } else if (!Has(message, type)) {
    *final = true;
    return NotFound(name, server);
  } else {
    return nullptr;
  }
  return MakeDNSError(std::move(what));
}

// AskServer asks one, once.
Answer AskServer(const context::Context& ctx, const DNSServer& server,
                 const Question& question, bool* final) {
  Answer answer;
  answer.server =
      JoinHostPort(IPAddr{server.ip, server.zone}.String(), server.port);
  Exchanged exchanged = Exchange(ctx, server, question);
  if (exchanged.ended) {
    *final = true;
    answer.err = Ended(ctx, question.name);
  } else if (exchanged.reply.empty()) {
    DNSError what;
    what.err = std::move(exchanged.trouble);
    what.name = question.name;
    what.server = answer.server;
    what.is_timeout = exchanged.is_timeout;
    what.is_temporary = true;
    answer.err = MakeDNSError(std::move(what));
  } else {
    answer.message = Read(std::move(exchanged.reply));
    answer.err = Judge(answer.message, question.type, question.name,
                       answer.server, final);
  }
  return answer;
}

// FirstServer is another one each time if the configuration says so.
size_t FirstServer(const DnsConfig& config) {
  static constinit std::atomic<size_t> next{0};
  if (!config.rotate) return 0;
  return next.fetch_add(1, std::memory_order_relaxed) % config.servers.size();
}

// AskOne asks for one name and type, one server after the other. Go: tryOneName.
Answer AskOne(const context::Context& ctx, const DnsConfig& config,
              const std::string& name, int type) {
  const Question question = {name, type, config.timeout, config.tcp};
  const size_t first = FirstServer(config);
  Answer answer;
  bool final = false;
  for (int attempt = 0; attempt < config.attempts; attempt++) {
    for (size_t i = 0; i < config.servers.size(); i++) {
      const DNSServer& server =
          config.servers[(first + i) % config.servers.size()];
      answer = AskServer(ctx, server, question, &final);
      if (!answer.err || final) return answer;
    }
  }
  return answer;
}

bool IsTemporary(const Error& err) {
  const DNSError* what = AsDNSError(err);
  return what != nullptr && (what->is_temporary || what->is_timeout);
}

// AskAll asks for both kinds of addresses at the same time, or as the
// configuration says.
std::vector<Answer> AskAll(const context::Context& ctx, const DnsConfig& config,
                           const std::string& name,
                           const std::vector<int>& types) {
  std::vector<Answer> answers;
  if (types.size() == 1 || config.single_request) {
    for (const int type : types) {
      answers.push_back(AskOne(ctx, config, name, type));
    }
    return answers;
  }
  auto second = MakeChan<Answer>(1);
  Go([ctx, config, name, type = types[1], second] {
    second.Send(AskOne(ctx, config, name, type));
  });
  answers.push_back(AskOne(ctx, config, name, types[0]));
  answers.push_back(*second.Recv());
  return answers;
}

// AddAddresses adds those of an answer: aliases that lead to them are taken on
// trust, as the server was asked to follow them.
void AddAddresses(const Answer& answer, std::vector<IPAddr>& addresses) {
  for (const Record& record : answer.message.answers) {
    if ((record.type == kTypeA && record.data.size() == 4) ||
        (record.type == kTypeAaaa && record.data.size() == 16)) {
      addresses.push_back({IP(record.data), ""});
    }
  }
}

}  // namespace

std::pair<std::vector<IPAddr>, Error> AskForAddresses(
    const context::Context& ctx, const DnsConfig& config,
    std::string_view network, std::string_view host) {
  if (!IsDomainName(host)) return {{}, NotFound(host)};
  std::vector<int> types = {kTypeA, kTypeAaaa};
  if (network == "ip4") types = {kTypeA};
  if (network == "ip6") types = {kTypeAaaa};
  std::vector<IPAddr> addresses;
  Error last;
  for (const std::string& name : NamesToAsk(config, host)) {
    bool give_up = false;
    for (const Answer& answer : AskAll(ctx, config, name, types)) {
      if (!answer.err) {
        AddAddresses(answer, addresses);
        continue;
      }
      give_up = give_up || (config.strict_errors && IsTemporary(answer.err));
      // The name that was asked for counts most, if it was asked.
      if (!last || give_up || name == Rooted(host)) last = answer.err;
    }
    if (ctx.Err()) return {{}, Ended(ctx, host)};
    if (give_up) return {{}, Named(last, host)};
    if (!addresses.empty()) break;
  }
  if (last && addresses.empty()) return {{}, Named(last, host)};
  SortAddresses(addresses);
  return {std::move(addresses), nullptr};
}

std::pair<std::vector<std::string>, Error> AskForNames(
    const context::Context& ctx, const DnsConfig& config, const IP& ip) {
  const std::string reverse = ReverseName(ip);
  const Answer answer = AskOne(ctx, config, reverse, kTypePtr);
  if (answer.err) return {{}, answer.err};
  std::vector<std::string> names;
  DNSError what;
  what.name = ip.String();
  for (const Record& record : answer.message.answers) {
    if (record.type != kTypePtr) continue;
    size_t at =
        static_cast<size_t>(record.data.data() - answer.message.bytes.data());
    std::string name;
    if (!NameAt(answer.message.bytes, at, &name)) {
      what.err = kUnreadable;
      what.server = answer.server;
      return {{}, MakeDNSError(std::move(what))};
    }
    name = Rooted(name);
    if (IsDomainName(name)) {
      names.push_back(std::move(name));
    } else {
      what.err = "DNS response contained records which contain invalid names";
    }
  }
  // Beside the names that are right. Go: Resolver.LookupAddr.
  return {std::move(names),
          what.err.empty() ? Error() : MakeDNSError(std::move(what))};
}

}  // namespace gosling::net
