// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// pingpong, buf1p1c: as in ../gosling/chan.cc.

package bench

import (
	"sync"
	"testing"
)

func requireSum(b *testing.B, sum int64) {
	if n := int64(b.N); sum != n*(n+1)/2 {
		b.Fatalf("wrong result: %d of %d", sum, n)
	}
}

func BenchmarkPingPong(b *testing.B) {
	defer reportCPU(b)()
	ping, pong := make(chan int64), make(chan int64)
	go func() {
		defer close(pong)
		for number := range ping {
			pong <- number
		}
	}()
	var sum int64
	for i := 1; i <= b.N; i++ {
		ping <- int64(i)
		sum += <-pong
	}
	close(ping)
	<-pong
	requireSum(b, sum)
}

func stream(b *testing.B, capacity int) {
	defer reportCPU(b)()
	items := make(chan int64, capacity)
	var group sync.WaitGroup
	var sum int64
	group.Add(1)
	go func() {
		defer group.Done()
		for item := range items {
			sum += item
		}
	}()
	for i := 1; i <= b.N; i++ {
		items <- int64(i)
	}
	close(items)
	group.Wait()
	requireSum(b, sum)
}

func BenchmarkBuf1p1c(b *testing.B) { stream(b, 128) }
