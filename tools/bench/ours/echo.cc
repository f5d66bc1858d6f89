// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// echo64, echo1000, echop99, idle20000: a goroutine for each connection, on net.
// ../echo.h says what is measured.

#include "tools/bench/echo.h"

#include <gosling/go.h>
#include <gosling/net.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "tools/bench/bench.h"

namespace {

template <std::size_t kBuffer>
void Answer(const gosling::net::Conn& conn) {
  std::array<char, kBuffer> message;
  for (;;) {
    const auto [n, err] = conn.Read(message);
    if (err) return;
    if (conn.Write(std::string_view(message.data(), n)).second) return;
  }
}

template <std::size_t kBuffer>
void Echo(benchmark::State& state, const bench::EchoWorkload& workload) {
  gosling::Run([&] {
    for (auto _ : state) {
      auto [listener, err] = gosling::net::Listen("tcp", "127.0.0.1:0");
      bench::Require(!err, "listen");
      gosling::sync::WaitGroup serving;
      {
        bench::EchoClient client(workload);
        client.Start(listener.Addr().port);
        serving.Go([&, count = client.connections(), l = listener] {
          for (int i = 0; i < count; i++) {
            auto [conn, failed] = l.Accept();
            bench::Require(!failed, "accept");
            serving.Go([c = std::move(conn)] { Answer<kBuffer>(c); });
          }
        });
        gosling::runtime::Blocking([&] { client.Measure(); });
        client.Report(&state);
      }
      serving.Wait();
    }
  });
}

void Echo64(benchmark::State& state) {
  Echo<bench::kEchoBuffer>(state, bench::kEcho64);
}
BENCHMARK(Echo64)->Name("echo64")->Apply(bench::Counted);

void Echo1000(benchmark::State& state) {
  Echo<bench::kEchoBuffer>(state, bench::kEcho1000);
}
BENCHMARK(Echo1000)->Name("echo1000")->Apply(bench::Counted);

void EchoP99(benchmark::State& state) {
  Echo<bench::kEchoBuffer>(state, bench::kEchoP99);
}
BENCHMARK(EchoP99)->Name("echop99")->Apply(bench::Counted);

void Idle20000(benchmark::State& state) {
  Echo<bench::kIdleBuffer>(state, bench::kIdle20000);
}
BENCHMARK(Idle20000)->Name("idle20000")->Apply(bench::Counted);

}  // namespace
