// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// parked100k, parked1m: as in ../ours/parked.cc. Go keeps freed memory for
// some minutes; debug.FreeOSMemory is how a program asks for it.

package bench

import (
	"runtime/debug"
	"sync"
	"testing"
	"time"
)

func parked(b *testing.B, goroutines int) {
	for i := 0; i < b.N; i++ {
		before := residentBytes()
		start := time.Now()
		gates := make([]chan struct{}, goroutines)
		var arrived, ended sync.WaitGroup
		arrived.Add(goroutines)
		ended.Add(goroutines)
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
		created := time.Since(start)
		full := residentBytes()
		start = time.Now()
		for _, gate := range gates {
			close(gate)
		}
		ended.Wait()
		woken := time.Since(start)
		gates = nil
		debug.FreeOSMemory()

		b.ReportMetric(float64(full-before)/float64(goroutines), "bytes")
		b.ReportMetric(float64(created), "create")
		b.ReportMetric(float64(woken), "wake")
		b.ReportMetric(float64(before), "before")
		b.ReportMetric(float64(residentBytes()), "after")
	}
}

func BenchmarkParked100k(b *testing.B) { parked(b, 100000) }
func BenchmarkParked1m(b *testing.B)   { parked(b, 1000000) }
