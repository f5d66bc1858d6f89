// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// yield2, yield1000: as in ../ours/yield.cc.

package bench

import (
	"runtime"
	"sync"
	"testing"
)

func yield(b *testing.B, goroutines int) {
	defer reportCPU(b)()
	var group sync.WaitGroup
	for i := 0; i < goroutines; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for left := b.N / goroutines; left > 0; left-- {
				runtime.Gosched()
			}
		}()
	}
	group.Wait()
}

func BenchmarkYield2(b *testing.B)    { yield(b, 2) }
func BenchmarkYield1000(b *testing.B) { yield(b, 1000) }
