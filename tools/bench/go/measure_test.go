// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What the testing package does not measure by itself.

package bench

import (
	"syscall"
	"testing"
)

func cpuNanoseconds() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// reportCPU adds the CPU time of all threads: `defer reportCPU(b)()`.
func reportCPU(b *testing.B) func() {
	start := cpuNanoseconds()
	return func() {
		b.ReportMetric(float64(cpuNanoseconds()-start)/float64(b.N), "cpu-ns/op")
	}
}
