// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sleep100k: as in ../ours/sleep.cc.

package bench

import (
	"sync"
	"testing"
	"time"
)

func BenchmarkSleep100k(b *testing.B) {
	const goroutines = 100000
	defer reportCPU(b)()
	var latest time.Duration
	for i := 0; i < b.N; i++ {
		late := make([]time.Duration, goroutines)
		var group sync.WaitGroup
		group.Add(goroutines)
		for i := range late {
			go func(i int) {
				defer group.Done()
				pause := time.Duration(1+i%100) * time.Millisecond
				start := time.Now()
				time.Sleep(pause)
				late[i] = time.Since(start) - pause
			}(i)
		}
		group.Wait()
		for _, each := range late {
			if each < 0 {
				b.Fatal("wrong result:", each)
			}
			if each > latest {
				latest = each
			}
		}
	}
	b.ReportMetric(float64(latest), "late")
}
