// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Which members of Linux's siginfo_t are valid.

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>

#include "sched/os/siginfo.h"

namespace gosling::sched {
namespace {

siginfo_t WithCode(int code) {
  siginfo_t info = {};
  info.si_code = code;
  return info;
}

void ExpectSender(int signo, const siginfo_t& info, const Sender& want) {
  const Sender got = SenderOf(signo, info);
  EXPECT_EQ(got.pid, want.pid);
  EXPECT_EQ(got.uid, want.uid);
  EXPECT_EQ(got.value, want.value);
}

TEST(Siginfo, OfKillNamesTheSender) {
  siginfo_t info = WithCode(SI_USER);
  info.si_pid = 12;
  info.si_uid = 11;
  ExpectSender(SIGUSR1, info, {.pid = 12, .uid = 11});
}

TEST(Siginfo, OfSigqueueHasAValue) {
  siginfo_t info = WithCode(SI_QUEUE);
  info.si_pid = 12;
  info.si_uid = 11;
  info.si_value.sival_ptr = reinterpret_cast<void*>(std::intptr_t{-1} << 20);
  ExpectSender(SIGRTMIN, info,
               {.pid = 12, .uid = 11, .value = std::intptr_t{-1} << 20});
}

// Its number and overrun lie where pid and uid do.
TEST(Siginfo, OfATimerHasAValueAndNoSender) {
  siginfo_t info = WithCode(SI_TIMER);
  info.si_pid = 99;
  info.si_uid = 98;
  info.si_value.sival_ptr = reinterpret_cast<void*>(5);
  ExpectSender(SIGALRM, info, {.value = 5});
}

TEST(Siginfo, OfAChildHasItsStatus) {
  siginfo_t info = WithCode(CLD_EXITED);
  info.si_pid = 13;
  info.si_uid = 14;
  info.si_status = 3;
  ExpectSender(SIGCHLD, info, {.pid = 13, .uid = 14, .value = 3});
}

TEST(Siginfo, OfADescriptorNamesIt) {
  siginfo_t info = WithCode(POLL_IN);
  info.si_fd = 8;
  ExpectSender(SIGIO, info, {.value = 8});
}

TEST(Siginfo, OfTheKernelWithoutAReasonSaysNothing) {
  siginfo_t info = WithCode(SI_KERNEL);
  info.si_pid = 99;
  ExpectSender(SIGALRM, info, {});
}

TEST(Siginfo, TellsFaultsFromCopiesThatSomebodySent) {
  EXPECT_TRUE(RaisedByKernel(SIGSEGV, WithCode(SEGV_MAPERR), nullptr));
  EXPECT_TRUE(RaisedByKernel(SIGSEGV, WithCode(SI_KERNEL), nullptr));
  EXPECT_FALSE(RaisedByKernel(SIGSEGV, WithCode(SI_USER), nullptr));
  EXPECT_FALSE(RaisedByKernel(SIGSEGV, WithCode(SI_QUEUE), nullptr));
  EXPECT_FALSE(RaisedByKernel(SIGSEGV, WithCode(SI_TKILL), nullptr));
}

TEST(Siginfo, KnowsNoAddressOfAFaultAtANonCanonicalOne) {
  EXPECT_TRUE(FaultHasAddress(SIGSEGV, WithCode(SEGV_MAPERR)));
  EXPECT_FALSE(FaultHasAddress(SIGSEGV, WithCode(SI_KERNEL)));
}

}  // namespace
}  // namespace gosling::sched
