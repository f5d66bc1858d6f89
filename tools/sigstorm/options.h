// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The command line.

#ifndef TOOLS_SIGSTORM_OPTIONS_H_
#define TOOLS_SIGSTORM_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tools/sigstorm/during.h"
#include "tools/sigstorm/inject.h"
#include "tools/sigstorm/shape.h"

namespace sigstorm {

struct Options {
  std::int64_t duration = 0;  // ns
  int senders = 2;
  int timers = 0;
  bool pty = false;
  std::vector<int> signals;  // ascending
  double rate = 20'000;      // per second, all senders together; 0: no limit
  Shape shape = Shape::kSteady;
  int workers = 4;  // sets
  During during;
  bool soak = false;
  std::string note;  // "" leaves GOSLING_SIGNOTE as it is
  bool json = false;
  std::string html;  // where the page goes; "": nowhere
  std::uint64_t seed = 0;
  int buffer = 64;            // of each channel
  std::int64_t patience = 0;  // ns
  Inject inject = Inject::kNone;
  std::string text;  // the command line's
};

// AttachOptions are those of `sigstorm attach`.
struct AttachOptions {
  int pid = 0;
  std::int64_t duration = 0;  // ns
  double rate = 1'000;        // per second; 0: no limit
  Shape shape = Shape::kSteady;
  std::vector<int> signals;  // ascending
  bool json = false;
};

// CompareOptions are those of `sigstorm compare`.
struct CompareOptions {
  std::int64_t duration = 0;  // ns, of each storm
  int rounds = 2;
  int senders = 2;
  std::vector<int> signals;  // ascending
  double rate = 20'000;      // per second, all senders together; 0: no limit
  Shape shape = Shape::kSteady;
  int buffer = 64;  // of each channel
  std::uint64_t seed = 0;
  bool json = false;
  std::string html;  // where the page goes; "": nowhere
  std::string text;  // the command line's
};

// DiffOptions are those of `sigstorm diff`.
struct DiffOptions {
  std::string before;  // files
  std::string after;
  double tolerance = 25;  // percent
};

// ReadOptions reads the command line. It prints the help and exits with 0 where
// it is asked for, and exits with 2 where the command line makes no sense.
Options ReadOptions(int argc, char** argv);

// The same for the commands; argv[0] is the command's name.
AttachOptions ReadAttachOptions(int argc, char** argv);
CompareOptions ReadCompareOptions(int argc, char** argv);
DiffOptions ReadDiffOptions(int argc, char** argv);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_OPTIONS_H_
