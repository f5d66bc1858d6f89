// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sigself: as in ../ours/signal.cc.

package bench

import (
	"os"
	"os/signal"
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
