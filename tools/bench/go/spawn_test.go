// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// spawn1, spawn10k: as in ../ours/spawn.cc.

package bench

import (
	"sync"
	"testing"
)

func spawn(b *testing.B, goroutines int) {
	defer reportCPU(b)()
	var group sync.WaitGroup
	for left := b.N; left > 0; left -= goroutines {
		if goroutines > left {
			goroutines = left
		}
		for i := 0; i < goroutines; i++ {
			group.Add(1)
			go func() {
				defer group.Done()
			}()
		}
		group.Wait()
	}
}

func BenchmarkSpawn1(b *testing.B)   { spawn(b, 1) }
func BenchmarkSpawn10k(b *testing.B) { spawn(b, 10000) }
