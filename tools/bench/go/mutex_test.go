// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// mutex1, mutex8, mutex8y: as in ../ours/mutex.cc.

package bench

import (
	"runtime"
	"sync"
	"testing"
)

func BenchmarkMutex1(b *testing.B) {
	defer reportCPU(b)()
	var mutex sync.Mutex
	count := 0
	for i := 0; i < b.N; i++ {
		mutex.Lock()
		count++
		mutex.Unlock()
	}
	if count != b.N {
		b.Fatal("wrong result:", count)
	}
}

func contend(b *testing.B, yield bool) {
	const goroutines = 8
	defer reportCPU(b)()
	var mutex sync.Mutex
	var group sync.WaitGroup
	count := 0
	group.Add(goroutines)
	for i := 0; i < goroutines; i++ {
		go func(first int) {
			defer group.Done()
			for n := first; n < b.N; n += goroutines {
				mutex.Lock()
				count++
				if yield {
					runtime.Gosched()
				}
				mutex.Unlock()
			}
		}(i)
	}
	group.Wait()
	if count != b.N {
		b.Fatal("wrong result:", count)
	}
}

func BenchmarkMutex8(b *testing.B)  { contend(b, false) }
func BenchmarkMutex8y(b *testing.B) { contend(b, true) }
