// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// pool8, map8: as in ../ours/shared.cc.

package bench

import (
	"sync"
	"sync/atomic"
	"testing"
)

// share has eight goroutines call f(n) for the n below the number of
// operations, and returns the sum.
func share(operations int, f func(n int) int64) int64 {
	const goroutines = 8
	var sum atomic.Int64
	var group sync.WaitGroup
	group.Add(goroutines)
	for i := 0; i < goroutines; i++ {
		go func(first int) {
			defer group.Done()
			mine := int64(0)
			for n := first; n < operations; n += goroutines {
				mine += f(n)
			}
			sum.Add(mine)
		}(i)
	}
	group.Wait()
	return sum.Load()
}

func BenchmarkPool8(b *testing.B) {
	defer reportCPU(b)()
	thing := int64(1)
	pool := sync.Pool{New: func() any { return &thing }}
	sum := share(b.N, func(int) int64 {
		pool.Put(&thing)
		return *pool.Get().(*int64)
	})
	if sum != int64(b.N) {
		b.Fatal("wrong result:", sum)
	}
}

func BenchmarkMap8(b *testing.B) {
	const keys = 1024
	const hits = keys / 16 * 15
	var m sync.Map
	for key := 0; key < hits; key++ {
		m.Store(key, int64(1))
	}
	b.ResetTimer()
	defer reportCPU(b)()
	sum := share(b.N, func(n int) int64 {
		if v, ok := m.Load(n % keys); ok {
			return v.(int64)
		}
		return 0
	})
	if want := int64(b.N/keys*hits + min(b.N%keys, hits)); sum != want {
		b.Fatal("wrong result:", sum)
	}
}
