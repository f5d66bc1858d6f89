// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A walk of a tree of folders, many at once, that tells how far it has come:
// `tree FOLDER` counts files and bytes. File systems make threads wait, so the
// calls are said to block. SIGINT ends it early.

#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/group.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/semaphore.h>
#include <gosling/signal.h>
#include <gosling/time.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace go = gosling;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

struct Walk {
  explicit Walk(const go::context::Context& ctx) : scope(ctx) {}

  void Visit(const fs::path& folder) {
    if (places.Acquire(scope.Context(), 1)) return;  // cancelled
    std::vector<fs::path> folders;
    go::runtime::Blocking([&] {
      std::error_code error;
      for (const auto& entry : fs::directory_iterator(folder, error)) {
        if (entry.is_symlink(error)) continue;
        if (entry.is_directory(error)) {
          folders.push_back(entry.path());
        } else if (entry.is_regular_file(error)) {
          files++;
          bytes += entry.file_size(error);
        }
      }
    });
    places.Release(1);
    for (fs::path& path : folders) {
      scope.Go([this, path = std::move(path)] { Visit(path); });
    }
  }

  std::atomic<std::int64_t> files{0};
  std::atomic<std::uint64_t> bytes{0};
  go::sync::Weighted places{16};  // folders that are open at a time
  go::sync::Scope scope;          // last: its goroutines use the others
};

}  // namespace

int main(int argc, char** argv) {
  const fs::path root = argc > 1 ? argv[1] : ".";
  return go::Run([&root] {
    const go::context::Scoped ctx =
        go::signal::NotifyContext(go::context::Background(), SIGINT);
    Walk walk(ctx);
    walk.scope.Go([&] { walk.Visit(root); });
    const go::Chan<go::Unit> walked = go::MakeChan<go::Unit>();
    go::Go([&] {
      walk.scope.Wait();
      walked.Close();
    });
    while (go::SelectFor(1s, go::OnRecv(walked)) == -1) {
      std::fprintf(stderr, "%lld files so far\n",
                   static_cast<long long>(walk.files));
    }
    std::printf("%lld files, %llu bytes%s\n",
                static_cast<long long>(walk.files),
                static_cast<unsigned long long>(walk.bytes),
                ctx->Err() ? ", ended early" : "");
  });
}
