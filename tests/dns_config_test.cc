// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// resolv.conf and the names that are asked for (runtime/net/dns_config.h). Cases
// after Go's net/dnsconfig_unix_test.go and net/dnsname_test.go.

#include "runtime/net/dns_config.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace gosling::net {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

Strings Servers(const DnsConfig& config) {
  Strings servers;
  for (const DNSServer& server : config.servers) {
    servers.push_back(
        JoinHostPort(IPAddr{server.ip, server.zone}.String(), server.port));
  }
  return servers;
}

TEST(DnsConfigTest, WithoutAFileTheMachineItselfIsAsked) {
  const DnsConfig config = ParseResolvConf("");
  EXPECT_EQ(Servers(config), (Strings{"127.0.0.1:53", "[::1]:53"}));
  EXPECT_EQ(config.ndots, 1);
  EXPECT_EQ(config.timeout, 5s);
  EXPECT_EQ(config.attempts, 2);
  EXPECT_FALSE(config.rotate || config.tcp || config.single_request);
}

TEST(DnsConfigTest, AllThatCountsIsRead) {
  const DnsConfig config = ParseResolvConf(
      "# comment\n"
      "; nameserver 192.0.2.99\n"
      ";nameserver 192.0.2.98\n"
      "domain old.example\n"
      "nameserver 8.8.8.8\n"
      "nameserver\t2001:4860:4860::8888\n"
      "nameserver not.an.address\n"
      "nameserver fe80::1%lo0 # why not\n"
      "nameserver 192.0.2.4\n"
      "search a.example b.example. .\n"
      "options ndots:5 timeout:10 attempts:3 rotate\n"
      "options use-vc single-request unknown:7 edns0");
  EXPECT_EQ(Servers(config), (Strings{"8.8.8.8:53", "[2001:4860:4860::8888]:53",
                                      "[fe80::1%lo0]:53"}));
  EXPECT_EQ(config.search, (Strings{"a.example.", "b.example."}));
  EXPECT_EQ(config.ndots, 5);
  EXPECT_EQ(config.timeout, 10s);
  EXPECT_EQ(config.attempts, 3);
  EXPECT_TRUE(config.rotate && config.tcp && config.single_request);
}

TEST(DnsConfigTest, NumbersAreBroughtIntoTheirRange) {
  const auto option = [](const std::string& text) {
    return ParseResolvConf("options " + text);
  };
  EXPECT_EQ(option("ndots:99").ndots, 15);
  EXPECT_EQ(option("ndots:99999999999").ndots, 15);
  EXPECT_EQ(option("ndots:-3").ndots, 0);
  EXPECT_EQ(option("ndots:x").ndots, 0);
  EXPECT_EQ(option("attempts:0").attempts, 1);
  EXPECT_EQ(option("timeout:0").timeout, 1s);
  EXPECT_EQ(ParseResolvConf("domain only.example").search,
            Strings{"only.example."});
}

TEST(DnsConfigTest, OptionsHaveSeveralNames) {
  const auto option = [](const std::string& text) {
    return ParseResolvConf("options " + text);
  };
  for (const char* name : {"use-vc", "usevc", "tcp"}) {
    const DnsConfig config = option(name);
    EXPECT_TRUE(config.tcp) << name;
    EXPECT_FALSE(config.single_request || config.rotate) << name;
  }
  for (const char* name : {"single-request", "single-request-reopen"}) {
    const DnsConfig config = option(name);
    EXPECT_TRUE(config.single_request) << name;
    EXPECT_FALSE(config.tcp || config.rotate) << name;
  }
  EXPECT_TRUE(option("rotate").rotate);
  EXPECT_FALSE(option("rotate").tcp);
  // With a number, or without, they are others.
  for (const char* name :
       {"ndots", "timeout", "attempts", "rotate:1", "tcp:1"}) {
    const DnsConfig config = option(name);
    EXPECT_EQ(config.ndots, 1) << name;
    EXPECT_EQ(config.timeout, 5s) << name;
    EXPECT_EQ(config.attempts, 2) << name;
    EXPECT_FALSE(config.rotate || config.tcp) << name;
  }
}

TEST(DnsConfigTest, TheLastLineOfSearchDomainsCounts) {
  EXPECT_EQ(
      ParseResolvConf("search a.example\nsearch b.example c.example").search,
      (Strings{"b.example.", "c.example."}));
  EXPECT_EQ(ParseResolvConf("domain a.example\ndomain\n").search,
            Strings{"a.example."});
  EXPECT_EQ(ParseResolvConf("search a.example\ndomain b.example").search,
            Strings{"b.example."});
}

TEST(DnsConfigTest, LinesMayEndAsOnOtherSystems) {
  const DnsConfig config =
      ParseResolvConf("nameserver 192.0.2.4\r\nsearch a.example\r\n");
  EXPECT_EQ(Servers(config), Strings{"192.0.2.4:53"});
  EXPECT_EQ(config.search, Strings{"a.example."});
}

TEST(DnsConfigTest, AFileThatCannotBeReadIsAsNone) {
  ResolverOptions options;
  options.config_path = "/";  // a folder
  const auto config = DnsSetup(options).Get();
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(Servers(*config), (Strings{"127.0.0.1:53", "[::1]:53"}));
}

// What the options of a resolver say goes before the file.
TEST(DnsConfigTest, OptionsGoBeforeTheFile) {
  ResolverOptions options;
  options.config_path = "";
  {
    const auto config = DnsSetup(options).Get();
    EXPECT_EQ(Servers(*config), (Strings{"127.0.0.1:53", "[::1]:53"}));
    EXPECT_FALSE(config->own_servers || config->strict_errors);
    EXPECT_EQ(config->attempts, 2);
  }
  options.servers = {{IP::V4(192, 0, 2, 1), 5353}};
  options.search = Strings{"a.example", "b.example."};
  options.ndots = 4;
  options.timeout = 7s;
  options.attempts = 0;
  options.tcp = true;
  options.strict_errors = true;
  DnsSetup setup(options);
  const auto config = setup.Get();
  EXPECT_EQ(Servers(*config), Strings{"192.0.2.1:5353"});
  EXPECT_EQ(config->search, (Strings{"a.example.", "b.example."}));
  EXPECT_EQ(config->ndots, 4);
  EXPECT_EQ(config->timeout, 7s);
  EXPECT_EQ(config->attempts, 1);
  EXPECT_TRUE(config->tcp && config->own_servers && config->strict_errors);
  EXPECT_EQ(setup.Get(), config);
  options.search = Strings();
  EXPECT_EQ(DnsSetup(options).Get()->search, Strings());
}

TEST(DnsConfigTest, DomainNames) {
  const std::string label(63, 'a');
  const std::string long_name =
      label + '.' + label + '.' + label + '.' + std::string(61, 'a');
  for (const std::string& name :
       Strings{"a.example", "a.example.", "_ldap._tcp.example", "a1", "1a", ".",
               "a-b.example", "1.a", "xn--bcher-kva.example", label + ".com",
               long_name, long_name + '.'}) {
    EXPECT_TRUE(IsDomainName(name)) << name;
  }
  for (const std::string& name :
       Strings{"", "1", "1.2", "..", ".a", "a..b", "-a", "a-.b", "a-", "a b",
               "a\n", "a\\.b", label + "a.com", "com." + label + 'a',
               long_name + 'a', long_name + ".a"}) {
    EXPECT_FALSE(IsDomainName(name)) << name;
  }
}

TEST(DnsConfigTest, NamesToAskFor) {
  DnsConfig config;
  config.search = {"one.example.", "onion."};
  EXPECT_EQ(NamesToAsk(config, "a"), (Strings{"a.one.example.", "a."}));
  EXPECT_EQ(NamesToAsk(config, "a.b"), (Strings{"a.b.", "a.b.one.example."}));
  EXPECT_EQ(NamesToAsk(config, "a.b."), Strings{"a.b."});
  EXPECT_EQ(NamesToAsk(config, "a.onion"), Strings{"a.onion.one.example."});
  EXPECT_EQ(NamesToAsk(config, "a.onion."), Strings());
  EXPECT_EQ(NamesToAsk(config, "a.scallonion."), Strings{"a.scallonion."});
  EXPECT_EQ(NamesToAsk(config, std::string(255, 'a')), Strings());
  // Too long with the domain.
  const std::string almost(250, 'a');
  EXPECT_EQ(NamesToAsk(config, almost), Strings{almost + '.'});
  // 254 with the dot at the end, and no more.
  const std::string longest(253, 'a');
  EXPECT_EQ(NamesToAsk(config, longest), Strings{longest + '.'});
  EXPECT_EQ(NamesToAsk(config, longest + '.'), Strings{longest + '.'});
  EXPECT_EQ(NamesToAsk(config, longest + 'a'), Strings());
  EXPECT_EQ(NamesToAsk(config, longest + "a."), Strings());
}

TEST(DnsConfigTest, NamesOfAddresses) {
  EXPECT_EQ(ReverseName(IP::V4(1, 2, 3, 4)), "4.3.2.1.in-addr.arpa.");
  EXPECT_EQ(ReverseName(ParseIP("2001:db8::567:89ab")),
            "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
            "ip6.arpa.");
}

}  // namespace
}  // namespace gosling::net
