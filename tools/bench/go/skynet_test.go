// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// skynet: as in ../ours/skynet.cc.

package bench

import "testing"

const (
	skynetLeaves   = 1000000
	skynetChildren = 10
)

func node(parent chan<- int64, first, leaves int64) {
	if leaves == 1 {
		parent <- first
		return
	}
	sums := make(chan int64)
	leaves /= skynetChildren
	for i := int64(0); i < skynetChildren; i++ {
		go node(sums, first+i*leaves, leaves)
	}
	var sum int64
	for i := 0; i < skynetChildren; i++ {
		sum += <-sums
	}
	parent <- sum
}

func BenchmarkSkynet(b *testing.B) {
	defer reportCPU(b)()
	for i := 0; i < b.N; i++ {
		root := make(chan int64)
		go node(root, 0, skynetLeaves)
		requireSum(b, skynetLeaves-1, <-root)
	}
	b.ReportMetric(float64(peakResidentBytes()), "peak")
}
