// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Lookups (<gosling/resolver.h>), against a DNS server of the test's own that
// drops, truncates, lies, or says nothing. Cases after Go's net/lookup_test.go
// and net/dnsclient_unix_test.go.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gosling/context.h>
#include <gosling/resolver.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "runtime/net/dns_config.h"
#include "runtime/net/text_file.h"
#include "tests/descriptors.h"
#include "tests/dns_server.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using context::Background;
using net::AsDNSError;
using net::DNSError;
using net::IPAddr;
using net::Resolver;
using net::ResolverOptions;

using Strings = std::vector<std::string>;

// Options ask the server, and nothing of the machine's own files.
ResolverOptions Options(const DnsServer& server) {
  ResolverOptions options;
  options.servers = {{net::IP::V4(127, 0, 0, 1), server.port()}};
  options.search = Strings();
  options.timeout = 5s;
  options.attempts = 1;
  options.hosts_path = "";
  options.config_path = "";
  return options;
}

std::string On(const DnsServer& server) {
  return " on 127.0.0.1:" + std::to_string(server.port());
}

Strings Texts(const std::vector<IPAddr>& addresses) {
  Strings texts;
  for (const IPAddr& address : addresses) texts.push_back(address.String());
  std::sort(texts.begin(), texts.end());
  return texts;
}

// Lookup returns the sorted addresses, or the error's text alone.
Strings Lookup(const Resolver& resolver, std::string_view host,
               std::string_view network = "ip",
               const context::Context& ctx = Background()) {
  const auto [addresses, err] = resolver.LookupIP(ctx, network, host);
  if (err) {
    EXPECT_TRUE(addresses.empty());
    return {err.message()};
  }
  return Texts(addresses);
}

Error ErrorOf(const Resolver& resolver, std::string_view host,
              const context::Context& ctx = Background()) {
  return resolver.LookupIP(ctx, "ip", host).second;
}

// TwoAddresses is an ordinary server: each name has one of each version.
std::vector<DnsSent> TwoAddresses(const DnsQuery& query) {
  DnsReply reply(query);
  if (query.type == kDnsA) reply.A("192.0.2.1");
  if (query.type == kDnsAaaa) reply.Aaaa("2001:db8::1");
  return reply.Only();
}
const Strings kTwoAddresses = {"192.0.2.1", "2001:db8::1"};

#ifdef __linux__
bool HasLoopback6() {
  const int fd = ::socket(AF_INET6, SOCK_DGRAM, 0);
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const bool has = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address),
                                     sizeof(address)) == 0;
  if (fd >= 0) ::close(fd);
  return has;
}
#endif

// TemporaryFile is one with some text.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    std::string path = ::testing::TempDir() + "lookup_test_XXXXXX";
    const int fd = ::mkstemp(path.data());
    if (fd < 0) std::abort();
    ::close(fd);
    path_ = path;
    std::ofstream(path_) << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class LookupTest : public GoTest {};

INSTANTIATE_TEST_SUITE_P(Procs, LookupTest, kProcs, ProcsName);

// DnsTest is for what a build without c-ares cannot do, and says so.
class DnsTest : public GoTest {
 protected:
  void SetUp() override {
    ResolverOptions options;
    options.servers = {{net::IP::V4(127, 0, 0, 1), 1}};
    options.hosts_path = options.config_path = "";
    options.attempts = 1;
    options.search = Strings();
    RunWith(1, [&] {
      const Error err = ErrorOf(Resolver(options), "a.example");
      have_dns_ = err.message().find("no DNS client") == std::string::npos;
    });
    if (!have_dns_) GTEST_SKIP() << "built without c-ares";
    descriptors_ = LastingDescriptors();
  }
  void TearDown() override {
    if (have_dns_) {
      EXPECT_EQ(LastingDescriptors(), descriptors_);
    }
  }

 private:
  bool have_dns_ = false;
  std::set<int> descriptors_;
};

INSTANTIATE_TEST_SUITE_P(Procs, DnsTest, kProcs, ProcsName);

// --- Without a server ---

TEST_P(LookupTest, AnAddressNeedsNoLookingUp) {
  Run([] {
    const auto [cancelled, cancel] = context::WithCancel(Background());
    cancel();
    EXPECT_EQ(net::LookupHost(cancelled, "192.0.2.1").first,
              Strings{"192.0.2.1"});
    EXPECT_EQ(net::LookupHost(cancelled, "2001:DB8::1").first,
              Strings{"2001:DB8::1"});
    const auto [found, err] = net::LookupIP(cancelled, "ip", "fe80::1%7");
    EXPECT_FALSE(err);
    EXPECT_EQ(Texts(found), Strings{"fe80::1%7"});
    EXPECT_EQ(Lookup({}, "::", "ip"), (Strings{"0.0.0.0", "::"}));
    EXPECT_EQ(Lookup({}, "::1", "ip4"),
              Strings{"address ::1: no suitable address found"});
    EXPECT_EQ(Lookup({}, "127.0.0.1", "ip6"),
              Strings{"address 127.0.0.1: no suitable address found"});
    EXPECT_EQ(Lookup({}, "127.0.0.1", "tcp9"), Strings{"unknown network tcp9"});
    EXPECT_TRUE(errors::Is(net::LookupIP(Background(), "ip4", "::1").second,
                           net::NoSuchHost));
  });
}

TEST_P(LookupTest, WhatIsNoNameIsNoHost) {
  Run([] {
    for (const char* name :
         {"", "a b", "-a.example", "a-.example", "a..b", "127.0.0.1.", "1",
          "a.example..", "\xc3\xa4.example"}) {
      const Error err = ErrorOf({}, name);
      EXPECT_EQ(err.message(),
                std::string("lookup ") + name + ": no such host");
      EXPECT_TRUE(errors::Is(err, net::NoSuchHost)) << name;
    }
  });
}

TEST_P(DnsTest, NoServerIsToldOfOnionNames) {
  DnsServer server(TwoAddresses);
  Run([&] {
    ResolverOptions options = Options(server);
    const Resolver resolver(options);
    for (const std::string name : {"x.onion", "x.Onion.", "onion"}) {
      const Error err = ErrorOf(resolver, name);
      EXPECT_EQ(err.message(),
                "address " + name + ": no suitable address found");
      EXPECT_TRUE(errors::Is(err, net::NoSuchHost));
      EXPECT_EQ(resolver.LookupHost(Background(), name).second.message(),
                "lookup " + name + ": no such host");
    }
    EXPECT_TRUE(server.Asked().empty());
  });
}

TEST_P(LookupTest, TheHostsFileComesFirst) {
  const TemporaryFile hosts(
      "# names\n"
      "192.0.2.1 one.example One # and more\n"
      "2001:db8::2\ttwo.example\tone.example\n"
      "fe80::3%7 three\n"
      "192.0.2.400 wrong.example\n"
      "192.0.2.9\n"
      "192.0.2.4 one");
  ResolverOptions options;
  options.hosts_path = hosts.path();
  const Resolver resolver(options);
  Run([&] {
    EXPECT_EQ(Lookup(resolver, "ONE.example"),
              (Strings{"192.0.2.1", "2001:db8::2"}));
    EXPECT_EQ(Lookup(resolver, "one.example."),
              (Strings{"192.0.2.1", "2001:db8::2"}));
    EXPECT_EQ(Lookup(resolver, "one.example", "ip4"), Strings{"192.0.2.1"});
    EXPECT_EQ(Lookup(resolver, "two.example", "ip4"),
              Strings{"address two.example: no suitable address found"});
    EXPECT_EQ(Lookup(resolver, "three"), Strings{"fe80::3%7"});
    const auto [cancelled, cancel] = context::WithCancel(Background());
    cancel();
    EXPECT_EQ(resolver.LookupHost(cancelled, "one").second.message(),
              "lookup one: operation was canceled");
    EXPECT_EQ(resolver.LookupIP(cancelled, "ip", "one").second.message(),
              "lookup one: operation was canceled");
    EXPECT_EQ(resolver.LookupAddr(cancelled, "192.0.2.77").second.message(),
              "lookup 192.0.2.77: operation was canceled");
    // As the lines stand.
    EXPECT_EQ(resolver.LookupHost(Background(), "one").first,
              (Strings{"192.0.2.1", "192.0.2.4"}));
    EXPECT_EQ(resolver.LookupAddr(Background(), "2001:DB8::2").first,
              (Strings{"two.example.", "one.example."}));
    EXPECT_EQ(resolver.LookupAddr(Background(), "192.0.2.1").first,
              (Strings{"one.example.", "One"}));
  });
}

// For one number of Ps, as it takes seconds.
TEST(FilesTest, AreReadAgainIfTheyHaveChanged) {
  const TemporaryFile hosts("192.0.2.1 one\n");
  const TemporaryFile config("options ndots:3\n");
  const auto written = std::filesystem::last_write_time(hosts.path());
  ResolverOptions options;
  options.hosts_path = hosts.path();
  options.config_path = config.path();
  options.servers = {{net::IP::V4(127, 0, 0, 1), 1}};
  const Resolver resolver(options);
  options.hosts_path += ".later";
  const Resolver later(options);
  net::DnsSetup setup(options);
  RunWith(1, [&] {
    EXPECT_EQ(Lookup(resolver, "one"), Strings{"192.0.2.1"});
    EXPECT_EQ(later.LookupAddr(Background(), "192.0.2.5").first, Strings());
    EXPECT_EQ(setup.Get()->ndots, 3);
    std::ofstream(hosts.path()) << "192.0.2.22 one\n192.0.2.3 two\n";
    std::ofstream(config.path()) << "options ndots:4\n";
    // Of one only the size tells, of the other one only the time.
    std::filesystem::last_write_time(hosts.path(), written);
    std::filesystem::last_write_time(config.path(), written + 1s);
    std::ofstream(hosts.path() + ".later") << "192.0.2.5 five\n";
    // One that was empty, or not there, is looked at each time.
    EXPECT_EQ(Lookup(later, "five"), Strings{"192.0.2.5"});
    time::Sleep(net::kFileMaxAge + 10ms);
    EXPECT_EQ(Lookup(resolver, "one"), Strings{"192.0.2.22"});
    EXPECT_EQ(Lookup(resolver, "two"), Strings{"192.0.2.3"});
    EXPECT_EQ(resolver.LookupAddr(Background(), "192.0.2.22").first,
              Strings{"one"});
    EXPECT_EQ(resolver.LookupAddr(Background(), "192.0.2.1").first, Strings());
    EXPECT_EQ(setup.Get()->ndots, 4);
  });
  ::unlink((hosts.path() + ".later").c_str());
}

TEST_P(LookupTest, AFunctionReplacesTheSourceOfAnswers) {
  ResolverOptions options;
  options.lookup_ip =
      [](const context::Context&, std::string_view network,
         std::string_view host) -> std::pair<std::vector<IPAddr>, Error> {
    if (host == "fails") return {{}, errors::New("out of order")};
    if (host == "late") return {{}, context::DeadlineExceeded};
    if (host == "passes on") {
      return net::LookupIP(Background(), "ip", "a b");
    }
    if (host == "none") return {};
    EXPECT_EQ(network, "ip4");
    return {{{net::IP::V4(192, 0, 2, 7), ""}, {net::IPv6loopback, ""}},
            nullptr};
  };
  options.lookup_addr =
      [](const context::Context&,
         const net::IP& address) -> std::pair<Strings, Error> {
    return {{"name.of." + address.String()}, nullptr};
  };
  const Resolver resolver(options);
  Run([&] {
    EXPECT_EQ(Lookup(resolver, "localhost", "ip4"), Strings{"192.0.2.7"});
    EXPECT_EQ(Lookup(resolver, "fails"), Strings{"lookup fails: out of order"});
    const Error fails = ErrorOf(resolver, "fails");
    EXPECT_FALSE(fails.Timeout());
    EXPECT_FALSE(AsDNSError(fails)->is_temporary);
    const Error late = ErrorOf(resolver, "late");
    EXPECT_EQ(late.message(), "lookup late: context deadline exceeded");
    EXPECT_TRUE(late.Timeout());
    EXPECT_TRUE(AsDNSError(late)->is_temporary);
    EXPECT_TRUE(errors::Is(late, context::DeadlineExceeded));
    EXPECT_EQ(Lookup(resolver, "passes on"),
              Strings{"lookup a b: no such host"});
    EXPECT_EQ(Lookup(resolver, "none"), Strings{"lookup none: no such host"});
    EXPECT_EQ(resolver.LookupAddr(Background(), "127.0.0.1").first,
              Strings{"name.of.127.0.0.1"});
  });
}

TEST_P(LookupTest, TheDefaultResolverIsReplaced) {
  ResolverOptions options;
  options.lookup_ip =
      [](const context::Context&, std::string_view,
         std::string_view) -> std::pair<std::vector<IPAddr>, Error> {
    return {{{net::IP::V4(192, 0, 2, 8), ""}}, nullptr};
  };
  Run([&] {
    net::SetDefaultResolver(Resolver(options));
    EXPECT_EQ(net::LookupHost(Background(), "anything").first,
              Strings{"192.0.2.8"});
    EXPECT_EQ(net::DefaultResolver().LookupHost(Background(), "any").first,
              Strings{"192.0.2.8"});
    net::SetDefaultResolver(Resolver(ResolverOptions()));
    EXPECT_TRUE(net::LookupHost(Background(), "").second);
  });
}

// --- Ports ---

TEST_P(LookupTest, PortsAreNumbersAndServices) {
  struct Port {
    const char* network;
    const char* service;
    int port;
    const char* err;
  };
  const Port cases[] = {
      {"tcp", "0", 0, ""},
      {"tcp", "", 0, ""},
      {"tcp", "+80", 80, ""},
      {"tcp", "00080", 80, ""},
      {"tcp", "65535", 65535, ""},
      {"tcp", "http", 80, ""},
      {"tcp4", "HTTP", 80, ""},
      {"tcp6", "https", 443, ""},
      {"udp", "domain", 53, ""},
      {"ip", "domain", 53, ""},
      {"", "http", 80, ""},
      {"bad", "80", 80, ""},
      {"tcp", "-1", 0, "address -1: invalid port"},
      {"tcp", "65536", 0, "address 65536: invalid port"},
      {"tcp", "99999999999999999999", 0,
       "address 99999999999999999999: invalid port"},
      {"tcp", "12345678901z", 0, "lookup tcp/12345678901z: unknown port"},
      {"tcp", "xyz", 0, "lookup tcp/xyz: unknown port"},
      {"udp6", "xyz", 0, "lookup udp/xyz: unknown port"},
      {"ip", "xyz", 0, "lookup ip/xyz: unknown port"},
      {"bad", "http", 0, "address bad: unknown network"},
  };
  Run([&] {
    for (const Port& c : cases) {
      const auto [port, err] =
          net::LookupPort(Background(), c.network, c.service);
      EXPECT_EQ(port, c.port) << c.network << ' ' << c.service;
      EXPECT_EQ(err ? err.message() : "", c.err);
    }
    const Error err = net::LookupPort(Background(), "tcp", "xyz").second;
    ASSERT_NE(AsDNSError(err), nullptr);
    EXPECT_TRUE(AsDNSError(err)->is_not_found);
    EXPECT_FALSE(errors::Is(err, net::NoSuchHost));
  });
}

// --- Answers ---

TEST_P(DnsTest, BothKindsOfAddressesAreAskedFor) {
  DnsServer server(TwoAddresses);
  const Resolver resolver(Options(server));
  Run([&] {
    EXPECT_EQ(Lookup(resolver, "a.example"), kTwoAddresses);
    Strings asked = server.Asked();
    std::sort(asked.begin(), asked.end());
    EXPECT_EQ(asked, (Strings{"a.example. A udp", "a.example. AAAA udp"}));
    EXPECT_EQ(Lookup(resolver, "b.example", "ip4"), Strings{"192.0.2.1"});
    EXPECT_EQ(Lookup(resolver, "c.example", "ip6"), Strings{"2001:db8::1"});
    EXPECT_EQ(server.Count("b.example. AAAA udp"), 0);
    EXPECT_EQ(server.Count("c.example. A udp"), 0);
    auto [texts, err] = resolver.LookupHost(Background(), "d.example");
    std::sort(texts.begin(), texts.end());
    EXPECT_FALSE(err);
    EXPECT_EQ(texts, kTwoAddresses);
  });
}

TEST_P(DnsTest, AliasesAreFollowedInTheAnswer) {
  DnsServer server([](const DnsQuery& query) {
    DnsReply reply(query);
    reply.Cname("b.example").Cname("c.example", "b.example");
    if (query.type == kDnsA) {
      reply.A("192.0.2.3", "c.example").A("192.0.2.4", "c.example");
    }
    return reply.Only();
  });
  Run([&] {
    EXPECT_EQ(Lookup(Resolver(Options(server)), "a.example"),
              (Strings{"192.0.2.3", "192.0.2.4"}));
  });
}

TEST_P(DnsTest, ANameWithAddressesOfOneVersionHasThose) {
  DnsServer server([](const DnsQuery& query) {
    DnsReply reply(query);
    if (query.type == kDnsA) return reply.A("192.0.2.1").Only();
    return reply.Code(query.name == "a.example." ? 0 : 3).Only();
  });
  Run([&] {
    const Resolver resolver(Options(server));
    EXPECT_EQ(Lookup(resolver, "a.example"), Strings{"192.0.2.1"});
    EXPECT_EQ(Lookup(resolver, "b.example"), Strings{"192.0.2.1"});
    EXPECT_EQ(Lookup(resolver, "a.example", "ip6"),
              Strings{"lookup a.example" + On(server) + ": no such host"});
  });
}

TEST_P(DnsTest, ANameThatDoesNotExistIsToldAsThat) {
  DnsServer server(
      [](const DnsQuery& query) { return DnsReply(query).Code(3).Only(); });
  Run([&] {
    ResolverOptions options = Options(server);
    options.attempts = 3;
    const Error err = ErrorOf(Resolver(options), "nosuch.example");
    EXPECT_EQ(err.message(),
              "lookup nosuch.example" + On(server) + ": no such host");
    EXPECT_TRUE(errors::Is(err, net::NoSuchHost));
    EXPECT_FALSE(err.Timeout());
    const Error outer = errors::Wrap(err, "dial tcp");
    const DNSError* what = AsDNSError(outer);
    ASSERT_NE(what, nullptr);
    EXPECT_EQ(what->name, "nosuch.example");
    EXPECT_EQ(what->err, "no such host");
    EXPECT_TRUE(what->is_not_found);
    EXPECT_FALSE(what->is_temporary);
    // No attempt more can know better.
    EXPECT_EQ(server.Count("nosuch.example. A udp"), 1);
  });
}

TEST_P(DnsTest, AServerInTroubleIsAskedAgain) {
  DnsServer server([](const DnsQuery& query) {
    if (query.nth <= 2) return DnsReply(query).Code(2).Only();
    return TwoAddresses(query);
  });
  Run([&] {
    ResolverOptions options = Options(server);
    options.attempts = 2;
    const Error err = ErrorOf(Resolver(options), "a.example");
    EXPECT_EQ(err.message(),
              "lookup a.example" + On(server) + ": server misbehaving");
    ASSERT_NE(AsDNSError(err), nullptr);
    EXPECT_TRUE(AsDNSError(err)->is_temporary);
    EXPECT_FALSE(AsDNSError(err)->is_not_found);
    EXPECT_FALSE(errors::Is(err, net::NoSuchHost));
    options.attempts = 3;
    EXPECT_EQ(Lookup(Resolver(options), "b.example"), kTwoAddresses);
  });
}

TEST_P(DnsTest, AServerThatRefusesMisbehavesForGood) {
  DnsServer server([](const DnsQuery& query) {
    if (query.name == "lame.example.") return DnsReply(query).Lame().Only();
    return DnsReply(query).Code(5).Only();
  });
  Run([&] {
    const Resolver resolver(Options(server));
    const Error err = ErrorOf(resolver, "a.example");
    EXPECT_EQ(err.message(),
              "lookup a.example" + On(server) + ": server misbehaving");
    ASSERT_NE(AsDNSError(err), nullptr);
    EXPECT_FALSE(AsDNSError(err)->is_temporary);
    EXPECT_EQ(Lookup(resolver, "lame.example"),
              Strings{"lookup lame.example" + On(server) + ": lame referral"});
  });
}

TEST_P(DnsTest, AddressesOfOneVersionDoUnlessErrorsAreStrict) {
  DnsServer server([](const DnsQuery& query) {
    if (query.type == kDnsAaaa) return DnsReply(query).Code(2).Only();
    return TwoAddresses(query);
  });
  Run([&] {
    ResolverOptions options = Options(server);
    EXPECT_EQ(Lookup(Resolver(options), "a.example"), Strings{"192.0.2.1"});
    options.strict_errors = true;
    EXPECT_EQ(
        Lookup(Resolver(options), "a.example"),
        Strings{"lookup a.example" + On(server) + ": server misbehaving"});
  });
}

TEST_P(DnsTest, SearchDomainsAreTriedInOrder) {
  DnsServer server([](const DnsQuery& query) {
    if (query.name == "a.two.example.") return TwoAddresses(query);
    return DnsReply(query).Code(3).Only();
  });
  Run([&] {
    ResolverOptions options = Options(server);
    options.search = Strings{"one.example", "two.example."};
    const Resolver resolver(options);
    const auto asked_for = [&](const char* host) {
      const std::size_t before = server.Asked().size();
      const Strings found = Lookup(resolver, host, "ip4");
      Strings asked = server.Asked();
      asked.erase(asked.begin(),
                  asked.begin() + static_cast<std::ptrdiff_t>(before));
      return std::pair(found, asked);
    };
    EXPECT_EQ(
        asked_for("a"),
        (std::pair(Strings{"192.0.2.1"},
                   Strings{"a.one.example. A udp", "a.two.example. A udp"})));
    const Strings none = {"lookup b" + On(server) + ": no such host"};
    EXPECT_EQ(asked_for("b"),
              (std::pair(none, Strings{"b.one.example. A udp",
                                       "b.two.example. A udp", "b. A udp"})));
    // With a dot, as it is first; with one at the end, as it is only.
    EXPECT_EQ(asked_for("b.c").second,
              (Strings{"b.c. A udp", "b.c.one.example. A udp",
                       "b.c.two.example. A udp"}));
    EXPECT_EQ(asked_for("b.").second, Strings{"b. A udp"});
    options.ndots = 2;
    EXPECT_EQ(Lookup(Resolver(options), "d.e", "ip4"),
              Strings{"lookup d.e" + On(server) + ": no such host"});
    EXPECT_EQ(server.Asked().back(), "d.e. A udp");
  });
}

// The name that was asked for counts most, if it was asked.
TEST_P(DnsTest, TheErrorOfTheNameItselfIsTold) {
  DnsServer server([](const DnsQuery& query) {
    const bool itself = query.name == "b." || query.name == "b.c.";
    return DnsReply(query).Code(itself ? 3 : 2).Only();
  });
  Run([&] {
    ResolverOptions options = Options(server);
    options.search = Strings{"one.example", "two.example"};
    const Resolver resolver(options);
    for (const std::string name : {"b", "b.c"}) {
      EXPECT_EQ(Lookup(resolver, name),
                Strings{"lookup " + name + On(server) + ": no such host"});
      EXPECT_EQ(server.Count(name + ".one.example. A udp"), 1);
    }
    // Of others, the first one's.
    options.search = Strings{"one.example", "onion"};
    EXPECT_EQ(Lookup(Resolver(options), "x.onion"),
              Strings{"lookup x.onion" + On(server) + ": server misbehaving"});
  });
}

TEST_P(DnsTest, ANameWithoutThatKindOfAddressIsAskedForOnce) {
  DnsServer server(
      [](const DnsQuery& query) { return DnsReply(query).Only(); });
  Run([&] {
    ResolverOptions options = Options(server);
    options.attempts = 3;
    EXPECT_EQ(Lookup(Resolver(options), "a.example", "ip4"),
              Strings{"lookup a.example" + On(server) + ": no such host"});
    EXPECT_EQ(server.Count("a.example. A udp"), 1);
  });
}

// A referral is one that no server stands behind and that names none to ask.
TEST_P(DnsTest, AnEmptyAnswerIsLameOnlyIfNothingElseIsSaid) {
  DnsServer server([](const DnsQuery& query) {
    DnsReply reply(query);
    reply.Lame();
    if (query.name == "a.example.") reply.Authoritative();
    if (query.name == "b.example.") reply.MoreAdditional();
    if (query.name == "c.example.") reply.Cname("d.example");
    return reply.Only();
  });
  Run([&] {
    const Resolver resolver(Options(server));
    for (const std::string name : {"a.example", "b.example", "c.example"}) {
      EXPECT_EQ(Lookup(resolver, name, "ip4"),
                Strings{"lookup " + name + On(server) + ": no such host"});
    }
    EXPECT_EQ(Lookup(resolver, "e.example", "ip4"),
              Strings{"lookup e.example" + On(server) + ": lame referral"});
  });
}

TEST_P(DnsTest, AnAnswerThatEndsTooEarlyCannotBeRead) {
  DnsServer server([](const DnsQuery& query) {
    DnsReply reply(query);
    if (query.type == kDnsPtr) {
      return reply.Record(kDnsPtr, {5, 'a'}).Only();
    }
    reply.A("192.0.2.1");
    if (query.name == "one.more.example.") reply.MoreAnswers();
    DnsSent sent = reply.Sent();
    if (query.name == "cut.example.") sent.bytes.pop_back();
    if (query.name == "head.example.") sent.bytes.resize(sent.bytes.size() - 5);
    if (query.name == "none.example.") {
      reply.Code(3).MoreAnswers();
      sent = reply.Sent();
    }
    return std::vector<DnsSent>{sent};
  });
  Run([&] {
    const Resolver resolver(Options(server));
    for (const std::string name :
         {"one.more.example", "cut.example", "head.example"}) {
      EXPECT_EQ(Lookup(resolver, name, "ip4"),
                Strings{"lookup " + name + On(server) +
                        ": cannot unmarshal DNS message"});
    }
    EXPECT_EQ(Lookup(resolver, "none.example", "ip4"),
              Strings{"lookup none.example" + On(server) + ": no such host"});
    EXPECT_EQ(
        resolver.LookupAddr(Background(), "192.0.2.1").second.message(),
        "lookup 192.0.2.1" + On(server) + ": cannot unmarshal DNS message");
  });
}

TEST_P(DnsTest, RecordsOfAWrongSizeAreNoAddresses) {
  DnsServer server([](const DnsQuery& query) {
    DnsReply reply(query);
    reply.Record(query.type, {192, 0, 2});
    reply.Record(query.type, DnsBytes(17, 1));
    // What was not asked for, in sizes that are right for the other one.
    reply.Record(kDnsA, DnsBytes(16, 1)).Record(kDnsAaaa, DnsBytes(4, 1));
    if (query.name == "a.example." && query.type == kDnsA) reply.A("192.0.2.1");
    return reply.Only();
  });
  Run([&] {
    const Resolver resolver(Options(server));
    EXPECT_EQ(Lookup(resolver, "a.example"), Strings{"192.0.2.1"});
    EXPECT_EQ(Lookup(resolver, "b.example"),
              Strings{"address b.example: no suitable address found"});
  });
}

#ifdef __linux__
// No machine can send to the first, so the other one is the better one.
TEST_P(DnsTest, TheBestAddressComesFirst) {
  DnsServer server([](const DnsQuery& query) {
    return DnsReply(query).A("255.255.255.255").A("127.0.0.1").Only();
  });
  const TemporaryFile hosts(
      "255.255.255.255 b.example\n"
      "127.0.0.1 b.example\n");
  Run([&] {
    ResolverOptions options = Options(server);
    options.hosts_path = hosts.path();
    const Resolver resolver(options);
    for (const char* name : {"a.example", "b.example"}) {
      const auto [found, err] = resolver.LookupIP(Background(), "ip4", name);
      ASSERT_FALSE(err);
      ASSERT_EQ(found.size(), 2u);
      EXPECT_EQ(found[0].String(), "127.0.0.1") << name;
    }
  });
}
#endif

// --- Queries and answers that get lost, cut short, or are false ---

// Go: dnsclient_unix.go (newRequest).
TEST_P(DnsTest, ServersAreToldHowLongADatagramMayBe) {
  std::atomic<int> room{0};
  DnsServer server([&room](const DnsQuery& query) {
    room = query.room;
    DnsReply reply(query);
    // More than the 512 bytes of old.
    for (int i = 0; i < 60; i++) {
      reply.A(("192.0.2." + std::to_string(i)).c_str());
    }
    return reply.Only();
  });
  Run([&] {
    const Resolver resolver(Options(server));
    EXPECT_EQ(Lookup(resolver, "a.example", "ip4").size(), 60u);
    EXPECT_EQ(room, 1232);
    EXPECT_EQ(server.Count("a.example. A udp"), 1);
    EXPECT_EQ(server.Count("a.example. A tcp"), 0);
  });
}

// Such a server takes it for a mistake in the query.
TEST_P(DnsTest, AServerThatKnowsNoOptionsIsAskedWithout) {
  DnsServer server([](const DnsQuery& query) {
    if (query.room != 0) return DnsReply(query).Code(1).Only();
    return TwoAddresses(query);
  });
  Run([&] {
    EXPECT_EQ(Lookup(Resolver(Options(server)), "a.example"), kTwoAddresses);
    EXPECT_EQ(server.Count("a.example. A udp"), 2);
  });
}

TEST_P(DnsTest, ANameThatNoQueryCanHoldIsToldAsThat) {
  DnsServer server(TwoAddresses);
  Run([&] {
    ResolverOptions options = Options(server);
    options.search = Strings{"two..dots"};
    EXPECT_EQ(Lookup(Resolver(options), "a.b.c", "ip4"), Strings{"192.0.2.1"});
    options.ndots = 9;
    options.search = Strings{"two..dots", "example"};
    EXPECT_EQ(Lookup(Resolver(options), "a", "ip4"), Strings{"192.0.2.1"});
    options.search = Strings{"two..dots"};
    options.strict_errors = true;
    EXPECT_EQ(
        Lookup(Resolver(options), "a", "ip4"),
        Strings{"lookup a" + On(server) + ": cannot marshal DNS message"});
  });
}

#ifdef __linux__
// Nothing of a lookup is inherited, and nothing of it blocks a thread.
TEST_P(DnsTest, SocketsAreTheLookupsOwn) {
  std::atomic<int> seen{0};
  std::atomic<int> wrong{0};
  std::atomic<int> port{0};
  const auto look = [&] {
    for (const int fd : OpenDescriptors()) {
      sockaddr_in peer = {};
      socklen_t size = sizeof(peer);
      if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 ||
          peer.sin_family != AF_INET || ntohs(peer.sin_port) != port) {
        continue;
      }
      seen++;
      if ((::fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0 ||
          (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0) {
        wrong++;
      }
    }
  };
  DnsServer server([&](const DnsQuery& query) {
    look();
    return TwoAddresses(query);
  });
  port = server.port();
  Run([&] {
    ResolverOptions options = Options(server);
    for (const bool tcp : {false, true}) {
      options.tcp = tcp;
      EXPECT_EQ(Lookup(Resolver(options), "a.example", "ip4"),
                Strings{"192.0.2.1"});
      EXPECT_EQ(seen.exchange(0), 1);
      EXPECT_EQ(wrong, 0);
    }
  });
}
#endif

// Less than a millisecond is one, and not what c-ares would take it for: no word
// of how long.
TEST_P(DnsTest, ATimeOutOfNothingIsAShortOne) {
  DnsServer server([](const DnsQuery&) { return std::vector<DnsSent>(); });
  Run([&] {
    ResolverOptions options = Options(server);
    const time::Time start = time::Time::clock::now();
    for (const int timeout : {0, 1, -1'000'000}) {
      options.timeout = std::chrono::nanoseconds(timeout);
      EXPECT_TRUE(ErrorOf(Resolver(options), "a.example").Timeout());
    }
    EXPECT_LT(time::Time::clock::now() - start, 4s);
  });
}

TEST_P(DnsTest, AConnectionOnWhichNothingComesTimesOut) {
  DnsServer server([](const DnsQuery&) { return std::vector<DnsSent>(); });
  Run([&] {
    ResolverOptions options = Options(server);
    options.timeout = 500ms;  // enough to connect on a busy machine
    options.tcp = true;
    const Error err = ErrorOf(Resolver(options), "a.example");
    const std::string to = "127.0.0.1:" + std::to_string(server.port());
    EXPECT_TRUE(std::regex_match(
        err.message(), std::regex("lookup a.example on " + to + ": read tcp " +
                                  "127.0.0.1:[0-9]+->" + to + ": i/o timeout")))
        << err.message();
    EXPECT_TRUE(err.Timeout());
  });
}

#ifdef __linux__
TEST_P(DnsTest, AConnectionThatIsNotAcceptedTimesOut) {
  // Whose queue is full: the kernel says nothing to those that come.
  const int full = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* addr = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(full, addr, size), 0);
  ASSERT_EQ(::listen(full, 0), 0);
  ASSERT_EQ(::getsockname(full, addr, &size), 0);
  std::vector<int> before;
  for (int i = 0; i < 3; i++) {
    before.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    (void)::connect(before.back(), addr, size);
  }
  ResolverOptions options;
  options.servers = {
      {net::IP::V4(127, 0, 0, 1), static_cast<int>(ntohs(address.sin_port))}};
  options.search = Strings();
  options.hosts_path = options.config_path = "";
  options.attempts = 1;
  options.timeout = 50ms;
  options.tcp = true;
  Run([&] {
    const std::string to =
        "127.0.0.1:" + std::to_string(options.servers[0].port);
    EXPECT_EQ(Lookup(Resolver(options), "a.example"),
              Strings{"lookup a.example on " + to + ": dial tcp " + to +
                      ": i/o timeout"});
  });
  before.push_back(full);
  for (const int fd : before) ::close(fd);
}
#endif

TEST_P(DnsTest, QueriesThatGetLostAreSentAgain) {
  DnsServer server([](const DnsQuery& query) {
    return query.nth <= 2 ? std::vector<DnsSent>() : TwoAddresses(query);
  });
  Run([&] {
    ResolverOptions options = Options(server);
    options.timeout = 50ms;
    // The third may do, but on a busy machine its answer comes late.
    options.attempts = 20;
    EXPECT_EQ(Lookup(Resolver(options), "a.example", "ip4"),
              Strings{"192.0.2.1"});
    EXPECT_GE(server.Count("a.example. A udp"), 3);
  });
}

TEST_P(DnsTest, AServerThatSaysNothingTimesOut) {
  DnsServer server([](const DnsQuery&) { return std::vector<DnsSent>(); });
  Run([&] {
    ResolverOptions options = Options(server);
    options.timeout = 50ms;
    options.attempts = 2;
    const time::Time start = time::Time::clock::now();
    const Error err = ErrorOf(Resolver(options), "a.example");
    EXPECT_GE(time::Time::clock::now() - start, 100ms);
    const std::string server_text =
        "127.0.0.1:" + std::to_string(server.port());
    EXPECT_TRUE(std::regex_match(
        err.message(), std::regex("lookup a.example on " + server_text +
                                  ": read udp 127.0.0.1:[0-9]+->" +
                                  server_text + ": i/o timeout")))
        << err.message();
    EXPECT_TRUE(err.Timeout());
    ASSERT_NE(AsDNSError(err), nullptr);
    EXPECT_TRUE(AsDNSError(err)->is_temporary);
    EXPECT_FALSE(errors::Is(err, context::DeadlineExceeded));
    // The server's thread may come to the last query later than we give it up.
    EXPECT_TRUE(
        YieldUntil([&] { return server.Count("a.example. A udp") >= 2; }));
    EXPECT_EQ(server.Count("a.example. A udp"), 2);
  });
}

TEST_P(DnsTest, TheNextServerAnswersForOneThatDoesNot) {
  DnsServer silent([](const DnsQuery&) { return std::vector<DnsSent>(); });
  DnsServer broken(
      [](const DnsQuery& query) { return DnsReply(query).Code(2).Only(); });
  DnsServer server(TwoAddresses);
  Run([&] {
    ResolverOptions options = Options(silent);
    options.timeout = 500ms;  // enough for an answer on a busy machine
    // The first port has no server at all.
    options.servers = {{net::IP::V4(127, 0, 0, 1), 1},
                       {net::IP::V4(127, 0, 0, 1), silent.port()},
                       {net::IP::V4(127, 0, 0, 1), broken.port()},
                       {net::IP::V4(127, 0, 0, 1), server.port()}};
    EXPECT_EQ(Lookup(Resolver(options), "a.example", "ip4"),
              Strings{"192.0.2.1"});
    EXPECT_EQ(silent.Count("a.example. A udp"), 1);
    EXPECT_EQ(broken.Count("a.example. A udp"), 1);
  });
}

TEST_P(DnsTest, EachLookupBeginsWithAnotherServerIfTheConfigurationSaysSo) {
  const TemporaryFile rotate("options rotate\n");
  DnsServer one(TwoAddresses);
  DnsServer two(TwoAddresses);
  DnsServer three(TwoAddresses);
  Run([&] {
    ResolverOptions options = Options(one);
    options.servers.push_back({net::IP::V4(127, 0, 0, 1), two.port()});
    options.servers.push_back({net::IP::V4(127, 0, 0, 1), three.port()});
    const auto ask = [&] {
      const Resolver resolver(options);
      for (int i = 0; i < 6; i++) {
        EXPECT_EQ(Lookup(resolver, "a.example", "ip4"), Strings{"192.0.2.1"});
      }
      return std::vector<std::size_t>{one.Asked().size(), two.Asked().size(),
                                      three.Asked().size()};
    };
    EXPECT_EQ(ask(), (std::vector<std::size_t>{6, 0, 0}));
    options.config_path = rotate.path();
    EXPECT_EQ(ask(), (std::vector<std::size_t>{8, 2, 2}));
  });
}

TEST_P(DnsTest, OneQuestionFollowsTheOtherIfTheConfigurationSaysSo) {
  const TemporaryFile single("options single-request\n");
  // The first question is answered by the second attempt.
  DnsServer server([](const DnsQuery& query) {
    if (query.type == kDnsA && query.nth == 1) {
      return DnsReply(query).Code(2).Only();
    }
    return TwoAddresses(query);
  });
  Run([&] {
    ResolverOptions options = Options(server);
    options.attempts = 2;
    options.config_path = single.path();
    const Resolver resolver(options);
    Strings expected;
    for (const std::string name : {"a.example", "b.example", "c.example"}) {
      EXPECT_EQ(Lookup(resolver, name), kTwoAddresses);
      for (const char* type : {"A", "A", "AAAA"}) {
        expected.push_back(name + ". " + type + " udp");
      }
    }
    EXPECT_EQ(server.Asked(), expected);
  });
}

TEST_P(DnsTest, APortWithoutAServerIsRefused) {
  ResolverOptions options;
  options.servers = {{net::IP::V4(127, 0, 0, 1), 1}};
  options.search = Strings();
  options.hosts_path = options.config_path = "";
  Run([&] {
    // Long before the time-out.
    const Error err = ErrorOf(Resolver(options), "a.example");
    EXPECT_TRUE(std::regex_match(
        err.message(),
        std::regex("lookup a.example on 127.0.0.1:1: (read|write) udp "
                   "127.0.0.1:[0-9]+->127.0.0.1:1: (read|write): "
                   "connection refused")))
        << err.message();
    options.tcp = true;
    EXPECT_EQ(Lookup(Resolver(options), "a.example"),
              Strings{"lookup a.example on 127.0.0.1:1: dial tcp 127.0.0.1:1: "
                      "connect: connection refused"});
  });
}

TEST_P(DnsTest, AnAnswerThatIsCutShortIsAskedForOverTcp) {
  DnsServer server([](const DnsQuery& query) {
    DnsReply reply(query);
    if (!query.tcp) return reply.Truncated().Only();
    // Longer than any datagram that is asked for.
    for (int i = 0; i < 200; i++) {
      if (query.type == kDnsA) {
        reply.A(("192.0.2." + std::to_string(i)).c_str());
      }
    }
    return reply.Only();
  });
  Run([&] {
    const Strings found = Lookup(Resolver(Options(server)), "a.example");
    EXPECT_EQ(found.size(), 200u);
    EXPECT_EQ(server.Count("a.example. A tcp"), 1);
    EXPECT_EQ(server.Count("a.example. A udp"), 1);
  });
}

TEST_P(DnsTest, TcpAloneWillDo) {
  DnsServer server([](const DnsQuery& query) {
    return query.tcp ? TwoAddresses(query) : std::vector<DnsSent>();
  });
  Run([&] {
    ResolverOptions options = Options(server);
    options.tcp = true;
    EXPECT_EQ(Lookup(Resolver(options), "a.example"), kTwoAddresses);
    EXPECT_EQ(server.Count("a.example. A udp"), 0);
  });
}

TEST_P(DnsTest, AConnectionThatTheServerClosesIsToldAsThat) {
  DnsServer server([](const DnsQuery& query) {
    return std::vector<DnsSent>{{query, {}}};
  });
  Run([&] {
    ResolverOptions options = Options(server);
    options.tcp = true;
    EXPECT_EQ(Lookup(Resolver(options), "a.example"),
              Strings{"lookup a.example" + On(server) + ": EOF"});
  });
}

TEST_P(DnsTest, AConnectionThatTheServerResetsIsToldAsThat) {
  DnsServer server([](const DnsQuery& query) {
    const linger at_once = {1, 0};
    EXPECT_EQ(::setsockopt(query.fd, SOL_SOCKET, SO_LINGER, &at_once,
                           sizeof(at_once)),
              0);
    return std::vector<DnsSent>{{query, {}}};
  });
  Run([&] {
    ResolverOptions options = Options(server);
    options.tcp = true;
    const Error err = ErrorOf(Resolver(options), "a.example");
    const std::string to = "127.0.0.1:" + std::to_string(server.port());
    EXPECT_TRUE(std::regex_match(
        err.message(), std::regex("lookup a.example on " + to + ": read tcp " +
                                  "127.0.0.1:[0-9]+->" + to +
                                  ": read: connection reset by peer")))
        << err.message();
  });
}

#ifdef __linux__
// Its queue is full at first, and the kernel asks again after a second.
TEST_P(DnsTest, AConnectionMayTakeItsTime) {
  DnsServer server(TwoAddresses, "127.0.0.1", /*accepts=*/false);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(server.port()));
  std::vector<int> before;
  for (int i = 0; i < 3; i++) {
    before.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    (void)::connect(before.back(), reinterpret_cast<sockaddr*>(&address),
                    sizeof(address));
  }
  Run([&] {
    ResolverOptions options = Options(server);
    options.timeout = 30s;
    options.tcp = true;
    sync::WaitGroup looking;
    looking.Go([&] {
      EXPECT_EQ(Lookup(Resolver(options), "a.example", "ip4"),
                Strings{"192.0.2.1"});
    });
    time::Sleep(100ms);
    EXPECT_EQ(server.Asked().size(), 0u);
    server.AcceptNow();
    const time::Time start = time::Time::clock::now();
    looking.Wait();
    EXPECT_LT(time::Time::clock::now() - start, 20s);
  });
  for (const int fd : before) ::close(fd);
}

TEST_P(DnsTest, ServersAreAskedWhereTheyAre) {
  std::vector<const char*> addresses = {"127.0.0.2"};
  if (HasLoopback6()) addresses.push_back("::1");
  for (const char* ip : addresses) {
    DnsServer server(TwoAddresses, ip);
    Run([&] {
      ResolverOptions options = Options(server);
      options.servers[0].ip = net::ParseIP(ip);
      for (const bool tcp : {false, true}) {
        options.tcp = tcp;
        EXPECT_EQ(Lookup(Resolver(options), "a.example"), kTwoAddresses) << ip;
      }
    });
  }
}
#endif

// Poison sends what an attacker might, and after all of it the right answer.
std::vector<DnsSent> Poison(const DnsQuery& query) {
  const auto bad = [&query] {
    DnsReply reply(query);
    return query.type == kDnsA ? reply.A("203.0.113.66")
                               : reply.Aaaa("2001:db8::66");
  };
  std::vector<DnsSent> all = {
      {query, {}},
      {query, {1, 2, 3}},
      bad().WrongId().Sent(),
      bad().Question("b.example.").Sent(),
      bad().QuestionType(16).Sent(),
      {query, DnsBytes(12)},
  };
  all.push_back(TwoAddresses(query).front());
  return all;
}

TEST_P(DnsTest, AnswersToOtherQuestionsAreNotBelieved) {
  DnsServer server(Poison);
  Run([&] {
    const Resolver resolver(Options(server));
    for (int i = 0; i < 20; i++) {
      ASSERT_EQ(Lookup(resolver, "a.example"), kTwoAddresses);
    }
  });
}

TEST_P(DnsTest, AnswersFromElsewhereAreNotBelieved) {
  const int elsewhere = ::socket(AF_INET, SOCK_DGRAM, 0);
  {
    DnsServer server([elsewhere](const DnsQuery& query) {
      DnsSent forged = DnsReply(query).A("203.0.113.66").Sent();
      forged.to.fd = elsewhere;
      return std::vector<DnsSent>{forged, TwoAddresses(query).front()};
    });
    Run([&] {
      EXPECT_EQ(Lookup(Resolver(Options(server)), "a.example", "ip4"),
                Strings{"192.0.2.1"});
    });
  }  // the server's thread has ended
  ::close(elsewhere);
}

TEST_P(DnsTest, AnswersMayComeInAnotherOrder) {
  // The first question of each name is answered after the second.
  std::map<std::string, DnsQuery> first;
  DnsServer server([&first](const DnsQuery& query) {
    const auto [it, is_first] = first.emplace(query.name, query);
    if (is_first) return std::vector<DnsSent>();
    std::vector<DnsSent> both = TwoAddresses(query);
    both.push_back(TwoAddresses(it->second).front());
    return both;
  });
  Run([&] {
    EXPECT_EQ(Lookup(Resolver(Options(server)), "a.example"), kTwoAddresses);
  });
}

TEST_P(DnsTest, GarbageDoesNoHarm) {
  std::mt19937 random(7);
  DnsServer server([&random](const DnsQuery& query) {
    DnsBytes bytes =
        DnsReply(query).Cname("b.example").A("192.0.2.1", "b.example").Bytes();
    for (int n = 1 + static_cast<int>(random() % 4); n > 0; n--) {
      bytes[2 + random() % (bytes.size() - 2)] =
          static_cast<std::uint8_t>(random());
    }
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    return std::vector<DnsSent>{{query, bytes}};
  });
  Run([&] {
    ResolverOptions options = Options(server);
    options.timeout = 5ms;
    const Resolver resolver(options);
    for (int i = 0; i < 200; i++) {
      const auto [found, err] = resolver.LookupIP(Background(), "ip4", "a.b");
      ASSERT_NE(found.empty(), !err);
    }
  });
}

// --- Contexts ---

TEST_P(DnsTest, CancellingEndsALookupAtOnce) {
  DnsServer server([](const DnsQuery& query) {
    return query.name == "c.example." ? TwoAddresses(query)
                                      : std::vector<DnsSent>();
  });
  Run([&] {
    ResolverOptions options = Options(server);
    options.timeout = 100s;
    options.attempts = 3;
    const Resolver resolver(options);
    auto [ctx, cancel] = context::WithCancel(Background());
    sync::WaitGroup group;
    group.Go([&, ctx = ctx] {
      const Error err = ErrorOf(resolver, "a.example", ctx);
      EXPECT_EQ(err.message(), "lookup a.example: operation was canceled");
      EXPECT_TRUE(errors::Is(err, context::Canceled));
      EXPECT_FALSE(err.Timeout());
      EXPECT_FALSE(AsDNSError(err)->is_timeout);
    });
    group.Go([&, ctx = ctx] {
      EXPECT_EQ(resolver.LookupAddr(ctx, "192.0.2.1").second.message(),
                "lookup 1.2.0.192.in-addr.arpa.: operation was canceled");
    });
    while (server.Asked().size() < 3) time::Sleep(1ms);
    const time::Time start = time::Time::clock::now();
    cancel();
    group.Wait();
    EXPECT_LT(time::Time::clock::now() - start, 90s);
    // And one that has not begun.
    EXPECT_EQ(Lookup(resolver, "b.example", "ip", ctx),
              Strings{"lookup b.example: operation was canceled"});
    EXPECT_EQ(Lookup(resolver, "c.example"), kTwoAddresses);
    EXPECT_EQ(server.Count("b.example. A udp"), 0);
    // Nor is another attempt made.
    EXPECT_EQ(server.Count("1.2.0.192.in-addr.arpa. PTR udp"), 1);
  });
}

TEST_P(DnsTest, ADeadlineEndsALookupAtOnce) {
  DnsServer server([](const DnsQuery&) { return std::vector<DnsSent>(); });
  Run([&] {
    const Resolver resolver(Options(server));
    const auto [ctx, cancel] = context::WithTimeout(Background(), 30ms);
    const Error err = ErrorOf(resolver, "a.example", ctx);
    EXPECT_EQ(err.message(), "lookup a.example: i/o timeout");
    EXPECT_TRUE(err.Timeout());
    EXPECT_TRUE(errors::Is(err, context::DeadlineExceeded));
    EXPECT_TRUE(AsDNSError(err)->is_timeout && AsDNSError(err)->is_temporary);
    EXPECT_FALSE(
        resolver.LookupAddr(ctx, "192.0.2.1").second.message().empty());
    cancel();
  });
}

TEST_P(DnsTest, LookupsOfOneNameAreMadeOnce) {
  std::vector<DnsQuery> held;
  DnsServer server([&](const DnsQuery& query) {
    held.push_back(query);
    if (query.name != "go.example.") return std::vector<DnsSent>();
    std::vector<DnsSent> all;
    for (const DnsQuery& q : held) all.push_back(TwoAddresses(q).front());
    return all;
  });
  Run([&] {
    const Resolver resolver(Options(server));
    const auto [ctx, cancel] = context::WithCancel(Background());
    sync::WaitGroup group;
    std::atomic<int> started{0};
    for (int i = 0; i < 40; i++) {
      group.Go([&, i, ctx = ctx] {
        started++;
        // Half of them leave.
        const bool leaves = i % 2 == 0;
        const Strings found =
            Lookup(resolver, "a.example", "ip4", leaves ? ctx : Background());
        EXPECT_EQ(found, leaves ? Strings{"lookup a.example: operation was "
                                          "canceled"}
                                : Strings{"192.0.2.1"});
      });
    }
    while (started < 40 || server.Asked().empty()) time::Sleep(1ms);
    const auto waiting = [] {
      for (const runtime::Metric& m : runtime::ReadMetrics()) {
        if (m.name == "/sched/goroutines/waiting:goroutines") return m.value;
      }
      return std::uint64_t{0};
    };
    EXPECT_TRUE(YieldUntil([&] { return waiting() >= 40; }));
    time::Sleep(20ms);  // until all have joined, of which nothing tells
    cancel();
    time::Sleep(20ms);
    EXPECT_EQ(Lookup(resolver, "go.example", "ip4"), Strings{"192.0.2.1"});
    group.Wait();
    EXPECT_EQ(server.Count("a.example. A udp"), 1);
  });
}

TEST_P(DnsTest, ALookupThatAllHaveLeftIsMadeAnew) {
  DnsServer server([](const DnsQuery& query) {
    return query.nth == 1 ? std::vector<DnsSent>() : TwoAddresses(query);
  });
  Run([&] {
    const Resolver resolver(Options(server));
    const auto [ctx, cancel] = context::WithCancel(Background());
    sync::WaitGroup leaving;
    leaving.Go([&, ctx = ctx] {
      EXPECT_EQ(Lookup(resolver, "a.example", "ip4", ctx),
                Strings{"lookup a.example: operation was canceled"});
    });
    // The query that is not answered is the first one's.
    while (server.Asked().empty()) time::Sleep(1ms);
    cancel();
    leaving.Wait();
    EXPECT_EQ(Lookup(resolver, "a.example", "ip4"), Strings{"192.0.2.1"});
  });
}

// A Run that ends under a lookup leaves it behind; the next one does not wait
// for it.
TEST_P(DnsTest, TheNextRunDoesNotWaitForALookupOfTheLast) {
  DnsServer server([](const DnsQuery& query) {
    return query.nth == 1 ? std::vector<DnsSent>() : TwoAddresses(query);
  });
  const Resolver resolver(Options(server));
  // In a process of its own, as what is left behind is never freed.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const TimeLimit limit(30s);
        runtime::GOMAXPROCS(GetParam());
        gosling::Run([&] {
          Go([&] { (void)Lookup(resolver, "a.example", "ip4"); });
          while (server.Asked().empty()) runtime::Gosched();
        });
        gosling::Run([&] {
          std::_Exit(
              Lookup(resolver, "a.example", "ip4") == Strings{"192.0.2.1"} ? 0
                                                                           : 1);
        });
      },
      ::testing::ExitedWithCode(0), "");
}

// --- Names of addresses ---

TEST_P(DnsTest, AnAddressHasNames) {
  DnsServer server([](const DnsQuery& query) {
    DnsReply reply(query);
    if (query.name == "1.2.0.192.in-addr.arpa.") {
      return reply.Ptr("one.example").Ptr("two.example").Only();
    }
    if (query.name == "2.2.0.192.in-addr.arpa.") {
      return reply.Cname("x.example")
          .Ptr("a b.example", "x.example")
          .Ptr("c.example", "x.example")
          .Only();
    }
    if (query.name.ends_with(".8.b.d.0.1.0.0.2.ip6.arpa.")) {
      return reply.Ptr("six.example").Only();
    }
    return reply.Code(3).Only();
  });
  Run([&] {
    const Resolver resolver(Options(server));
    EXPECT_EQ(resolver.LookupAddr(Background(), "192.0.2.1").first,
              (Strings{"one.example.", "two.example."}));
    EXPECT_EQ(resolver.LookupAddr(Background(), "2001:db8::1").first,
              Strings{"six.example."});
    const auto [names, err] = resolver.LookupAddr(Background(), "192.0.2.2");
    EXPECT_EQ(names, Strings{"c.example."});
    EXPECT_EQ(err.message(),
              "lookup 192.0.2.2: DNS response contained records which contain "
              "invalid names");
    EXPECT_EQ(resolver.LookupAddr(Background(), "192.0.2.3").second.message(),
              "lookup 3.2.0.192.in-addr.arpa." + On(server) + ": no such host");
    EXPECT_EQ(resolver.LookupAddr(Background(), "nowhere").second.message(),
              "lookup nowhere: unrecognized address");
  });
}

// --- Many, and from elsewhere ---

TEST_P(DnsTest, AHundredLookupsAtOnce) {
  DnsServer server([](const DnsQuery& query) {
    const std::string number = query.name.substr(1, query.name.find('.') - 1);
    DnsReply reply(query);
    // Every third has its first query lost, every fourth is cut short.
    const int n = std::stoi(number);
    if (n % 3 == 0 && query.nth == 1 && !query.tcp) {
      return std::vector<DnsSent>();
    }
    if (n % 4 == 0 && !query.tcp) return reply.Truncated().Only();
    if (query.type == kDnsA) reply.A(("192.0.2." + number).c_str());
    return reply.Only();
  });
  Run([&] {
    ResolverOptions options = Options(server);
    options.timeout = 500ms;
    options.attempts = 8;
    const Resolver resolver(options);
    sync::WaitGroup group;
    for (int i = 0; i < 100; i++) {
      group.Go([&, i] {
        EXPECT_EQ(Lookup(resolver, "h" + std::to_string(i) + ".example"),
                  Strings{"192.0.2." + std::to_string(i)});
      });
    }
    group.Wait();
  });
}

TEST_P(DnsTest, AThreadOfTheProgramsOwnMayLookUp) {
  DnsServer server(TwoAddresses);
  const Resolver resolver(Options(server));
  std::thread([&] {
    EXPECT_EQ(Lookup(resolver, "a.example"), kTwoAddresses);
    EXPECT_TRUE(resolver.LookupAddr(Background(), "192.0.2.1").second);
  }).join();
}

}  // namespace
}  // namespace gosling
