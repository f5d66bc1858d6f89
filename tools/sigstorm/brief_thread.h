// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Threads that end before the storm does. A signal that waits in the queue of a
// thread which ends is gone, so that no sender may aim at one; it is recognised
// by its name, which the kernel keeps until a thread's last instant. What is sent
// to the process may still meet it.

#ifndef TOOLS_SIGSTORM_BRIEF_THREAD_H_
#define TOOLS_SIGSTORM_BRIEF_THREAD_H_

#include <functional>
#include <string>
#include <thread>

namespace sigstorm {

// StartBriefThread starts one. Its name begins with "sigstorm-" and is not too
// long for os::NameThread.
std::thread StartBriefThread(const char* name, std::function<void()> f);

// IsBriefThread says whether a thread has such a name.
bool IsBriefThread(const std::string& name);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_BRIEF_THREAD_H_
