// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// fetch: gets URLs by libcurl, each in a goroutine of its own, and says how each
// went.
//
// How to use a library that has descriptors of its own. libcurl's multi interface
// says which ones it wants to be waited for, and until when; WaitAny parks the
// goroutine meanwhile, and no thread waits. A transfer may have several, two while
// it tries which of a host's addresses answers first.
//
// libcurl must use no signals, for its threads are not its own. Where it has been
// built without c-ares it looks a name up in a thread; an address needs none.

#include <curl/curl.h>
#include <gosling/gosling.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/examples/command_line.h"

namespace examples {
namespace {

namespace go = gosling;
using go::runtime::FdWait;

struct Outcome {
  long status = 0;  // of HTTP
  std::size_t bytes = 0;
  std::string error;  // empty: there is a status
};

// Transfer gets one URL. One goroutine uses it; that may change threads.
class Transfer {
 public:
  Transfer(const std::string& url, std::chrono::milliseconds timeout)
      : multi_(curl_multi_init()), easy_(curl_easy_init()) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, OnTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(timeout.count()));
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, OnData);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() {
    curl_multi_remove_handle(multi_, easy_);
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
  }

  // Run parks until the transfer has ended.
  Outcome Run() {
    curl_multi_add_handle(multi_, easy_);  // asks for a timer
    int running = 1;
    while (running > 0) {
      const auto [n, err] = go::runtime::WaitAny(waits_, timer_);
      if (n > 0) {
        // libcurl changes waits_ as it is told.
        for (const FdWait& wait : std::vector<FdWait>(waits_)) {
          const int events = (wait.readable ? CURL_CSELECT_IN : 0) |
                             (wait.writable ? CURL_CSELECT_OUT : 0);
          if (events == 0) continue;
          curl_multi_socket_action(multi_, wait.fd, events, &running);
        }
      } else if (err.Timeout()) {
        timer_ = {};  // it may ask for the next one
        curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
      } else {
        outcome_.error = err.message();
        return outcome_;
      }
    }
    int left;
    const CURLMsg* said = curl_multi_info_read(multi_, &left);
    if (said->data.result != CURLE_OK) {
      outcome_.error = curl_easy_strerror(said->data.result);
    }
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &outcome_.status);
    return outcome_;
  }

 private:
  // OnSocket is how libcurl says what it wants of a descriptor.
  static int OnSocket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    std::vector<FdWait>& waits = static_cast<Transfer*>(self)->waits_;
    auto it = std::find_if(waits.begin(), waits.end(),
                           [fd](const FdWait& w) { return w.fd == fd; });
    if (what == CURL_POLL_REMOVE) {
      if (it != waits.end()) waits.erase(it);
      return 0;
    }
    if (it == waits.end()) it = waits.insert(it, FdWait{.fd = fd});
    it->read = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    it->write = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    return 0;
  }

  // OnTimer is how it says until when; negative: no longer.
  static int OnTimer(CURLM*, long ms, void* self) {
    static_cast<Transfer*>(self)->timer_ =
        ms < 0 ? go::time::Time()
               : go::time::Now() + std::chrono::milliseconds(ms);
    return 0;
  }

  static std::size_t OnData(char*, std::size_t, std::size_t n, void* self) {
    static_cast<Transfer*>(self)->outcome_.bytes += n;
    return n;
  }

  CURLM* const multi_;
  CURL* const easy_;
  std::vector<FdWait> waits_;
  go::time::Time timer_;
  Outcome outcome_;
};

int Main(int argc, char** argv) {
  std::vector<std::string> urls;
  double timeout = 30;
  CLI::App app(
      "Gets URLs at once, and prints of each the status of HTTP, the number of "
      "bytes and the URL.",
      "fetch");
  app.add_option("url", urls, "What to get.")->required();
  app.add_option("--timeout", timeout, "How many seconds each may take.");
  if (const std::optional<int> status = Parse(app, argc, argv)) return *status;
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::duration<double>(timeout));

  curl_global_init(CURL_GLOBAL_DEFAULT);
  std::vector<Outcome> outcomes(urls.size());
  go::Run([&] {
    go::sync::WaitGroup transfers;
    for (std::size_t i = 0; i < urls.size(); i++) {
      transfers.Go([&, i] { outcomes[i] = Transfer(urls[i], limit).Run(); });
    }
    transfers.Wait();
  });
  curl_global_cleanup();

  bool all = true;
  for (std::size_t i = 0; i < urls.size(); i++) {
    const Outcome& o = outcomes[i];
    if (o.error.empty()) {
      std::printf("%ld %zu %s\n", o.status, o.bytes, urls[i].c_str());
    } else {
      std::fprintf(stderr, "fetch: %s: %s\n", urls[i].c_str(), o.error.c_str());
    }
    all = all && o.error.empty();
  }
  return all ? 0 : 1;
}

}  // namespace
}  // namespace examples

int main(int argc, char** argv) { return examples::Main(argc, argv); }
