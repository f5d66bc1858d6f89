// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sigself, sighandler: as in ../ours/signal.cc; ../self_signal.h says what the
// second measures.

package bench

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"testing"
	"time"
)

func BenchmarkSigSelf(b *testing.B) {
	latencies := make([]time.Duration, 0, b.N)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	defer signal.Stop(signals)
	stop := reportCPU(b)
	for i := 0; i < b.N; i++ {
		sent := time.Now()
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGUSR1); err != nil {
			b.Fatal(err)
		}
		<-signals
		latencies = append(latencies, time.Since(sent))
	}
	stop()
	reportMedian(b, latencies)
}

const selfSignals = 1000

// sendSelfSignals sends a batch, and returns how long one took.
func sendSelfSignals(b *testing.B) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	process, thread := uintptr(syscall.Getpid()), uintptr(syscall.Gettid())
	send := func() {
		_, _, errno := syscall.RawSyscall(syscall.SYS_TGKILL, process, thread,
			uintptr(syscall.SIGUSR1))
		if errno != 0 {
			b.Fatal(errno)
		}
	}
	send()
	start := time.Now()
	for range selfSignals {
		send()
	}
	return time.Since(start) / selfSignals
}

func BenchmarkSigHandler(b *testing.B) {
	each := make([]time.Duration, 0, b.N)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	defer signal.Stop(signals)
	for i := 0; i < b.N; i++ {
		each = append(each, sendSelfSignals(b))
		<-signals
	}
	reportMedianAs(b, each, "each")
}
