// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// parked100k: as in ../gosling/parked.cc.

package bench

import (
	"sync"
	"testing"
)

const parkedGoroutines = 100000

func BenchmarkParked100k(b *testing.B) {
	for i := 0; i < b.N; i++ {
		before := residentBytes()
		gates := make([]chan struct{}, parkedGoroutines)
		var arrived, ended sync.WaitGroup
		arrived.Add(parkedGoroutines)
		ended.Add(parkedGoroutines)
		for i := range gates {
			gate := make(chan struct{})
			gates[i] = gate
			go func() {
				defer ended.Done()
				arrived.Done()
				<-gate
			}()
		}
		arrived.Wait()
		b.ReportMetric(float64(residentBytes()-before)/parkedGoroutines, "bytes")
		for _, gate := range gates {
			close(gate)
		}
		ended.Wait()
	}
}
