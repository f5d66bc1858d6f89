// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What the testing package does not measure by itself, and does not check.

package bench

import (
	"sort"
	"syscall"
	"testing"
	"time"
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

// reportMedian adds the median of latencies, and changes their order.
func reportMedian(b *testing.B, latencies []time.Duration) {
	reportMedianAs(b, latencies, "latency")
}

func reportMedianAs(b *testing.B, latencies []time.Duration, unit string) {
	sort.Slice(latencies, func(i, j int) bool {
		return latencies[i] < latencies[j]
	})
	b.ReportMetric(float64(latencies[len(latencies)/2]), unit)
}

// requireSum: 1, 2 … count were sent, and their sum has been received.
func requireSum(b *testing.B, count int, sum int64) {
	if n := int64(count); sum != n*(n+1)/2 {
		b.Fatalf("wrong result: %d of %d", sum, n)
	}
}
