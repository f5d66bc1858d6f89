// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/debug.h>. Of HTTP it takes what a browser, curl and `go tool` send:
// one GET for each connection, without a body. No library of HTTP is linked in
// for that.

#include <gosling/context.h>
#include <gosling/debug.h>
#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/net.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gosling/trace.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/debug/profile.h"
#include "sched/counts.h"
#include "sched/p.h"
#include "sched/report/cpu_profile.h"

namespace gosling::debug {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxLine = 4096;
constexpr int kMaxHeaders = 100;
constexpr auto kPatience = 10s;  // with a client that says nothing
constexpr int kMostSeconds = 600;
constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kHtml = "text/html; charset=utf-8";
constexpr const char* kBytes = "application/octet-stream";

struct Answer {
  int status = 200;
  const char* type = kText;
  std::string body;
};

Answer Refuse(int status, std::string_view why) {
  Answer answer;
  answer.status = status;
  answer.body = why;
  answer.body += '\n';
  return answer;
}

const char* WordsOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    default:
      return "Internal Server Error";
  }
}

// IsLocal says whether a host, without its port, is this machine alone.
bool IsLocal(std::string_view host) {
  return host == "localhost" || net::ParseIP(host).IsLoopback();
}

// HostOf returns the host of a Host header, whose port may be missing.
std::string HostOf(std::string_view value) {
  const auto split = net::SplitHostPort(value);
  if (!split.err) return split.host;
  if (value.size() > 2 && value.front() == '[' && value.back() == ']') {
    value = value.substr(1, value.size() - 2);
  }
  return std::string(value);
}

Answer Index() {
  Answer answer;
  answer.type = kHtml;
  answer.body = "<!DOCTYPE html><title>gosling</title><ul>";
  for (const char* page :
       {"/goroutines", "/sched", "/metrics", "/debug/pprof/goroutine",
        "/debug/pprof/goroutine?debug=1", "/debug/pprof/block",
        "/debug/pprof/mutex", "/debug/pprof/profile?seconds=5",
        "/trace?seconds=5"}) {
    answer.body += "<li><a href=\"";
    answer.body += page;
    answer.body += "\">";
    answer.body += page;
    answer.body += "</a>";
  }
  answer.body += "</ul>\n";
  return answer;
}

Answer Goroutines() { return {200, kText, runtime::Stack(true)}; }

Answer Metrics() {
  Answer answer;
  for (const runtime::Metric& metric : runtime::ReadMetrics()) {
    answer.body += metric.name;
    answer.body += ' ';
    answer.body += metric.seconds != 0 ? std::to_string(metric.seconds)
                                       : std::to_string(metric.value);
    answer.body += '\n';
    for (std::size_t i = 0; i < metric.counts.size(); i++) {
      if (metric.counts[i] == 0) continue;
      std::ostringstream row;
      row << "  " << metric.buckets[i] << " to " << metric.buckets[i + 1]
          << ": " << metric.counts[i] << '\n';
      answer.body += row.str();
    }
  }
  return answer;
}

void AddRow(const sched::P& p, bool used, void* arg) {
  if (!used) return;
  constexpr const char* kStates[] = {"idle", "handed over", "running",
                                     "stopped"};
  const auto status =
      static_cast<std::size_t>(p.status.load(std::memory_order_relaxed));
  std::ostringstream row;
  row << "<tr><td>P" << p.id << "<td>" << kStates[status] << "<td>"
      << (p.runnext.load(std::memory_order_relaxed) != nullptr ? 1 : 0)
      << "<td>" << p.runq.Size() << "<td>" << p.timers.Size() << "<td>"
      << p.Switches() << "<td>" << p.steals << "<td>" << p.retakes << "\n";
  *static_cast<std::string*>(arg) += row.str();
}

Answer Sched() {
  Answer answer;
  answer.type = kHtml;
  answer.body =
      "<!DOCTYPE html><meta http-equiv=refresh content=1><title>sched</title>"
      "<style>:root{color-scheme:light dark}td,th{padding:0 1em;"
      "text-align:right}</style>"
      "<table><tr><th>P<th>state<th>runnext<th>ring<th>timers<th>switches"
      "<th>steals<th>retakes\n";
  sched::ForEachP(AddRow, &answer.body);
  answer.body += "</table><pre>\n" + Metrics().body + "</pre>\n";
  return answer;
}

// Recorded makes a trace of so many seconds, by way of a file.
Answer Recorded(int seconds) {
  const char* folder = std::getenv("TMPDIR");
  std::string name = folder != nullptr && *folder != '\0' ? folder : "/tmp";
  name += "/gosling-trace-XXXXXX";
  const int fd = ::mkstemp(name.data());
  if (fd < 0) return Refuse(500, "no temporary file: " + name);
  ::close(fd);
  Answer answer;
  answer.type = kBytes;
  Error err = trace::Start(name);
  if (err) {
    answer = Refuse(409, err.message());
  } else {
    time::Sleep(std::chrono::seconds(seconds));
    err = trace::Stop();
    std::ifstream in(name, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    answer.body = std::move(text).str();
    if (answer.body.empty()) {
      answer = Refuse(500, "no trace: " + err.message());
    }
  }
  ::unlink(name.c_str());
  return answer;
}

Answer Profiled(int seconds) {
  if (Error err = StartCPUProfile()) return Refuse(409, err.message());
  time::Sleep(std::chrono::seconds(seconds));
  auto [profile, err] = StopCPUProfile();
  if (err) return Refuse(409, err.message());
  return {200, kBytes, std::move(profile)};
}

// SecondsOf returns what a query asks for; 0: it is wrong.
int SecondsOf(std::string_view query, int otherwise) {
  constexpr std::string_view kName = "seconds=";
  if (query.empty()) return otherwise;
  if (query.substr(0, kName.size()) != kName) return 0;
  int seconds = 0;
  for (const char c : query.substr(kName.size())) {
    if (c < '0' || c > '9' || seconds > kMostSeconds) return 0;
    seconds = 10 * seconds + (c - '0');
  }
  return seconds <= kMostSeconds ? seconds : 0;
}

Answer Page(std::string_view target) {
  const std::size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const std::string_view query =
      mark == std::string_view::npos ? "" : target.substr(mark + 1);
  if (path == "/" || path == "/debug/pprof/") return Index();
  if (path == "/goroutines") return Goroutines();
  if (path == "/sched") return Sched();
  if (path == "/metrics") return Metrics();
  const bool as_text = query == "debug=1" || query == "debug=2";
  const char* const form = as_text ? kText : kBytes;
  if (path == "/debug/pprof/goroutine") {
    return query == "debug=2"
               ? Goroutines()
               : Answer{200, form, MakeGoroutineProfile(as_text)};
  }
  if (path == "/debug/pprof/block") {
    return {200, form,
            MakeContentionProfile(sched::ContentionKind::kBlock, as_text)};
  }
  if (path == "/debug/pprof/mutex") {
    return {200, form,
            MakeContentionProfile(sched::ContentionKind::kMutex, as_text)};
  }
  const bool trace = path == "/trace" || path == "/debug/pprof/trace";
  if (trace || path == "/debug/pprof/profile") {
    const int seconds = SecondsOf(query, trace ? 1 : 30);
    if (seconds == 0) {
      return Refuse(400, "seconds=n, with a whole number from 1 to 600");
    }
    return trace ? Recorded(seconds) : Profiled(seconds);
  }
  return Refuse(404, "no such page; / has a list");
}

// Answered reads a request and returns what to say.
Answer Answered(const net::Conn& conn, bool anyone) {
  io::BufReader reader(conn);
  const auto [line, err] = reader.ReadLine(kMaxLine);
  if (err) return Refuse(400, "not a request");
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  if (first == std::string::npos || second == std::string::npos ||
      line.compare(second + 1, 7, "HTTP/1.") != 0) {
    return Refuse(400, "not a request");
  }
  bool local = true;
  for (int n = 0;; n++) {
    const auto [header, bad] = reader.ReadLine(kMaxLine);
    if (bad || n == kMaxHeaders) return Refuse(400, "not a request");
    if (header.empty()) break;
    if (header.size() > 5 && ::strncasecmp(header.c_str(), "host:", 5) == 0) {
      std::string_view value = std::string_view(header).substr(5);
      while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
      while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
      local = IsLocal(HostOf(value));
    }
  }
  if (!anyone && !local) {
    return Refuse(403, "only for a client that asks for this very machine");
  }
  if (line.compare(0, first, "GET") != 0) return Refuse(405, "GET only");
  return Page(std::string_view(line).substr(first + 1, second - first - 1));
}

void Handle(const net::Conn& conn, bool anyone) {
  conn.SetReadDeadline(time::Now() + kPatience);
  const Answer answer = Answered(conn, anyone);
  std::string head =
      "HTTP/1.1 " + std::to_string(answer.status) + ' ' +
      WordsOf(answer.status) + "\r\nContent-Type: " + answer.type +
      "\r\nContent-Length: " + std::to_string(answer.body.size()) +
      "\r\nX-Content-Type-Options: nosniff"
      "\r\nCache-Control: no-store\r\nConnection: close"
      "\r\n\r\n";
  conn.SetWriteDeadline(time::Now() + 6 * kPatience);
  conn.Writev({head, answer.body});
  conn.Close();
}

}  // namespace

std::pair<std::string, Error> Serve(std::string_view address,
                                    const ServeOptions& options) {
  const auto split = net::SplitHostPort(address);
  if (split.err) return {"", split.err};
  if (!options.anyone && !IsLocal(split.host)) {
    return {"", errors::New("debug: " + std::string(address) +
                            " can be reached from other machines, which the "
                            "options do not allow")};
  }
  auto [listener, err] = net::Listen("tcp", address);
  if (err) return {"", err};
  const std::string bound = listener.Addr().String();
  const context::Context until =
      options.until ? options.until : context::Background();
  Go({.name = "debug server"},
     [listener = listener, anyone = options.anyone, until] {
       net::Serve(until, listener,
                  [anyone](const net::Conn& conn) { Handle(conn, anyone); });
     });
  return {bound, nullptr};
}

std::string GoroutineProfile() { return MakeGoroutineProfile(); }

std::string BlockProfile() {
  return MakeContentionProfile(sched::ContentionKind::kBlock);
}

std::string MutexProfile() {
  return MakeContentionProfile(sched::ContentionKind::kMutex);
}

namespace {

// One Start or Stop at a time; when the profile was begun.
constinit sync::Mutex profile_mu;
constinit bool profiling = false;
constinit time::Time profile_begin;

}  // namespace

Error StartCPUProfile() {
  const std::lock_guard lock(profile_mu);
  if (const char* problem = sched::StartCpuProfile()) {
    return errors::New(problem);
  }
  profiling = true;
  profile_begin = time::Now();
  return nullptr;
}

std::pair<std::string, Error> StopCPUProfile() {
  const std::lock_guard lock(profile_mu);
  if (!profiling) return {"", errors::New("no cpu profile is being made")};
  profiling = false;
  const sched::ProfileEnd end = sched::StopCpuProfile();
  const time::Duration took = time::Since(profile_begin);
  return {MakeCpuProfile(end.samples, static_cast<std::uint64_t>(took.count())),
          nullptr};
}

}  // namespace gosling::debug
