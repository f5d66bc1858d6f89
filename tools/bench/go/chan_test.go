// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// pingpong, unbuf1p1c, buf1p1c, buf8p8c, bufsame: as in ../ours/chan.cc.

package bench

import (
	"sync"
	"sync/atomic"
	"testing"
)

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
	requireSum(b, b.N, sum)
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
	requireSum(b, b.N, sum)
}

func BenchmarkUnbuf1p1c(b *testing.B) { stream(b, 0) }
func BenchmarkBuf1p1c(b *testing.B)   { stream(b, 128) }

func BenchmarkBuf8p8c(b *testing.B) {
	const sides = 8
	defer reportCPU(b)()
	items := make(chan int64, 128)
	var producers, consumers sync.WaitGroup
	var total int64
	producers.Add(sides)
	consumers.Add(sides)
	for side := 0; side < sides; side++ {
		go func(first int) {
			defer producers.Done()
			for item := first; item <= b.N; item += sides {
				items <- int64(item)
			}
		}(side + 1)
		go func() {
			defer consumers.Done()
			var sum int64
			for item := range items {
				sum += item
			}
			atomic.AddInt64(&total, sum)
		}()
	}
	producers.Wait()
	close(items)
	consumers.Wait()
	requireSum(b, b.N, total)
}

func BenchmarkBufSame(b *testing.B) {
	defer reportCPU(b)()
	items := make(chan int64, 128)
	var sum int64
	for i := 1; i <= b.N; i++ {
		items <- int64(i)
		sum += <-items
	}
	requireSum(b, b.N, sum)
}
