// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A program that knows nothing of gosling, with a plugin that uses it.
//
//     host PLUGIN LIBRARY
//
// Twice it is opened, used by a thread and closed while the runtime's threads
// run: once that thread has ended, and while it lives (until then the C library
// keeps what registered a destructor of a thread_local). The runtime's code, in
// LIBRARY, has to be there all the time.

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>

void* Open(const char* path) {
  void* plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (plugin == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::exit(1);
  }
  return plugin;
}

int Use(void* plugin) {
  return reinterpret_cast<int (*)()>(dlsym(plugin, "Use"))();
}

int main(int, char** argv) {
  for (const bool ends_first : {true, false}) {
    void* plugin = Open(argv[1]);
    std::promise<int> used;
    std::promise<void> closed;
    std::thread user([&] {
      used.set_value(Use(plugin));
      if (!ends_first) closed.get_future().wait();
    });
    const int result = used.get_future().get();
    if (ends_first) user.join();
    dlclose(plugin);
    closed.set_value();
    if (!ends_first) user.join();
    void* there = dlopen(argv[2], RTLD_NOW | RTLD_NOLOAD);
    std::printf("used: %d, then closed: the runtime is %s\n", result,
                there != nullptr ? "there" : "gone");
    std::fflush(stdout);
    if (there != nullptr) dlclose(there);
  }
}
