// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The parts of the http example: requests in pieces of every size, what is
// refused, and each limit at its last byte and one beyond.

#include <gosling/gosling.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/go_test.h"
#include "tools/examples/http/connection.h"
#include "tools/examples/http/request_reader.h"

namespace examples::http {
namespace {

namespace go = gosling;
using namespace std::chrono_literals;
using Result = RequestReader::Result;

constexpr std::size_t kLongestBody = 1000;
constexpr std::size_t kLongestHeader = 2000;

// Feeder keeps what a reader makes of a stream: a line for each request, and the
// status with which the reader refuses the next.
class Feeder {
 public:
  Feeder() : reader_(kLongestBody) {
    RequestReader::LimitHeader(kLongestHeader);
  }
  void Feed(std::string_view bytes) {
    while (status == 0) {
      switch (reader_.Parse(&bytes)) {
        case Result::kRequest: {
          const Request& r = reader_.request();
          requests.push_back(std::string(r.method) + " " + r.target + " 1." +
                             std::to_string(r.minor) +
                             (r.keep_alive ? " keep " : " close ") + r.body);
          break;
        }
        case Result::kMore:
          EXPECT_TRUE(bytes.empty());
          return;
        case Result::kError:
          status = reader_.status();
          break;
      }
    }
  }
  std::vector<std::string> requests;
  int status = 0;

 private:
  RequestReader reader_;
};

int StatusOf(std::string_view stream) {
  Feeder feeder;
  feeder.Feed(stream);
  return feeder.status;
}

TEST(HttpRequests, AStreamMeansTheSameInPiecesOfAnySize) {
  const std::string stream =
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /echo HTTP/1.1\r\nhOST: a\r\nContent-Length: 5\r\n\r\nhello"
      "PUT /echo HTTP/1.1\r\nHost:\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
      "\r\nHEAD /x?y HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
      "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const std::vector<std::string> expected = {
      "GET / 1.1 keep ", "POST /echo 1.1 keep hello",
      "PUT /echo 1.1 keep abc0123456789", "HEAD /x?y 1.0 keep ",
      "GET /last 1.1 close "};
  for (std::size_t at = 0; at <= stream.size(); at++) {
    Feeder feeder;
    feeder.Feed(std::string_view(stream).substr(0, at));
    feeder.Feed(std::string_view(stream).substr(at));
    ASSERT_EQ(feeder.requests, expected) << "cut at " << at;
    ASSERT_EQ(feeder.status, 0) << "cut at " << at;
  }
  Feeder feeder;
  for (char c : stream) feeder.Feed({&c, 1});
  EXPECT_EQ(feeder.requests, expected);
}

TEST(HttpRequests, RefusesWhatIsNoHttp) {
  EXPECT_EQ(StatusOf("hello\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\n\r\n"), 400);  // no Host
  EXPECT_EQ(StatusOf("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n"), 400);
  EXPECT_EQ(
      StatusOf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"),
      400);
  // Two lengths, by which servers may disagree where the next request begins.
  EXPECT_EQ(StatusOf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            400);
  EXPECT_EQ(StatusOf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                     "Content-Length: 4\r\n\r\nabcd"),
            400);
  EXPECT_EQ(StatusOf("POST / HTTP/1.1\r\nHost: a\r\n"
                     "Transfer-Encoding: chunked\r\n\r\nx\r\n"),
            400);
  EXPECT_EQ(StatusOf("GET / HTTP/1.0\r\n\r\n"), 0);
}

TEST(HttpRequests, ABodyMayHaveSoManyBytesAndNoMore) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::string most(kLongestBody, 'x');
  EXPECT_EQ(StatusOf(head + "Content-Length: 1000\r\n\r\n" + most), 0);
  // Refused before any of it has come.
  EXPECT_EQ(StatusOf(head + "Content-Length: 1001\r\n\r\n"), 413);
  EXPECT_EQ(StatusOf(head + "Content-Length: 9000000000000000000\r\n\r\n"),
            413);
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(StatusOf(chunked + "3e8\r\n" + most + "\r\n0\r\n\r\n"), 0);
  EXPECT_EQ(StatusOf(chunked + "3e8\r\n" + most + "\r\n1\r\nx\r\n0\r\n\r\n"),
            413);
  EXPECT_EQ(StatusOf(chunked + "7fffffffffff\r\n" + most + "x"), 413);
}

TEST(HttpRequests, AHeaderMayHaveSoManyBytesAndNoMore) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::string good = head + "X: " + std::string(1800, 'x') + "\r\n\r\n";
  ASSERT_LT(good.size(), kLongestHeader);
  EXPECT_EQ(StatusOf(good), 0);
  EXPECT_EQ(StatusOf(good + good + good), 0);  // each by itself
  EXPECT_EQ(StatusOf(head + "X: " + std::string(2100, 'x')), 431);
  EXPECT_EQ(StatusOf("GET /" + std::string(2100, 'x')), 431);
  std::string many = head;
  for (int i = 0; i < 500; i++) many += "X: y\r\n";
  EXPECT_EQ(StatusOf(many + "\r\n"), 431);
  Feeder feeder;
  std::size_t fed = 0;
  for (char c : many) {
    if (feeder.status != 0) break;
    feeder.Feed({&c, 1});
    fed++;
  }
  EXPECT_EQ(feeder.status, 431);
  EXPECT_NEAR(static_cast<double>(fed), kLongestHeader, 2);
  // What stands behind the last chunk is a header too.
  EXPECT_EQ(StatusOf("POST / HTTP/1.1\r\nHost: a\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " +
                     std::string(2100, 'x')),
            431);
}

// Talk gives a connection what a client sends, and returns all that it answers.
std::string Talk(Server* server, std::string_view said, bool ends = true) {
  auto [listener, err] = go::net::Listen("tcp", "127.0.0.1:0");
  EXPECT_FALSE(err);
  auto [client, refused] = go::net::Dial("tcp", listener.Addr().String());
  EXPECT_FALSE(refused);
  auto [conn, failed] = listener.Accept();
  EXPECT_FALSE(failed);
  // It has been said before the server's short time-outs begin: this thread may
  // be stopped for longer than they last.
  EXPECT_FALSE(client.Write(said).second);
  go::sync::WaitGroup served;
  served.Go([server, c = std::move(conn)] {
    std::make_unique<Connection>(c, server)->Serve();
    (void)c.Close();
  });
  if (ends) {
    EXPECT_FALSE(client.As<go::net::TCPConn>()->CloseWrite());
  }
  auto [all, broken] = go::io::ReadAll(client, 1 << 20);
  EXPECT_FALSE(broken) << broken.message();
  (void)client.Close();
  served.Wait();
  return all;
}

class HttpConnectionTest : public go::GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, HttpConnectionTest, go::kProcs, go::ProcsName);

int Count(std::string_view text, std::string_view word) {
  int n = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    n++;
  }
  return n;
}

TEST_P(HttpConnectionTest, PipelinedRequestsAreAnsweredInTurn) {
  Run([] {
    Server server;
    std::string said;
    for (int i = 0; i < 100; i++) {
      said += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n" +
              std::to_string(1000 + i);
    }
    const std::string answered = Talk(&server, said);
    std::size_t at = 0;
    for (int i = 0; i < 100; i++) {
      at = answered.find("\r\n\r\n" + std::to_string(1000 + i), at);
      ASSERT_NE(at, std::string::npos) << i;
    }
    EXPECT_EQ(Count(answered, "HTTP/1.1 200 OK\r\n"), 100);
    EXPECT_EQ(server.requests.load(), 100u);
    EXPECT_EQ(server.replies.load(), 100u);
  });
}

TEST_P(HttpConnectionTest, AHalfSaidHeaderIsGivenUp) {
  Run([] {
    Server server;
    server.header_timeout = 50ms;
    const std::string said = Talk(&server, "GET / HTTP/1.1\r\nHo", false);
    EXPECT_TRUE(said.starts_with("HTTP/1.1 408 ")) << said;
    // An idle one is closed without a word.
    server.header_timeout = 1h;
    server.idle_timeout = 50ms;
    EXPECT_EQ(Talk(&server, "", false), "");
    // And so is one whose request was answered.
    EXPECT_EQ(Count(Talk(&server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", false),
                    "HTTP/1.1"),
              1);
    // A body has a time of its own.
    server.body_timeout = 50ms;
    const std::string body =
        Talk(&server,
             "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx", false);
    EXPECT_TRUE(body.starts_with("HTTP/1.1 408 ")) << body;
  });
}

TEST_P(HttpConnectionTest, AStoppedServerAnswersWhatHasCome) {
  Run([] {
    Server server;
    server.grace_end = std::chrono::steady_clock::now() + 1h;
    server.stops = true;
    const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string said = Talk(&server, get + get + get, false);
    EXPECT_EQ(Count(said, "HTTP/1.1 200 OK"), 3);
    // The last reply tells the client that it is the last.
    EXPECT_EQ(Count(said, "Connection: close"), 1);
    EXPECT_GT(said.find("Connection: close"), said.rfind("HTTP/1.1"));
    // One that stays idle is not waited for longer than the grace lasts.
    server.grace_end = std::chrono::steady_clock::now() + 50ms;
    EXPECT_EQ(Talk(&server, "", false), "");
  });
}

}  // namespace
}  // namespace examples::http
