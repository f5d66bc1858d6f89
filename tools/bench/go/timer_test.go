// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// timeraddstop, timerreset: as in ../ours/timer.cc.

package bench

import (
	"testing"
	"time"
)

func BenchmarkTimerAddStop(b *testing.B) {
	defer reportCPU(b)()
	for i := 0; i < b.N; i++ {
		timer := time.NewTimer(time.Hour)
		if !timer.Stop() {
			b.Fatal("wrong result: Stop")
		}
	}
}

func BenchmarkTimerReset(b *testing.B) {
	defer reportCPU(b)()
	timer := time.NewTimer(time.Hour)
	for i := 0; i < b.N; i++ {
		if !timer.Stop() {
			b.Fatal("wrong result: Stop")
		}
		timer.Reset(time.Hour)
	}
	timer.Stop()
}
