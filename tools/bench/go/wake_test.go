// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sparsewake: as in ../ours/wake.cc.

package bench

import (
	"sync"
	"testing"
	"time"
)

func BenchmarkSparseWake(b *testing.B) {
	defer reportCPU(b)()
	latencies := make([]time.Duration, 0, b.N)
	times := make(chan time.Time)
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		for sent := range times {
			latencies = append(latencies, time.Since(sent))
		}
	}()
	for i := 0; i < b.N; i++ {
		time.Sleep(500 * time.Microsecond)
		times <- time.Now()
	}
	close(times)
	group.Wait()
	reportMedian(b, latencies)
}
