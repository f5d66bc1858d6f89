// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sel2ready, sel8ready, sel1default, sel2default, selpingpong, selfanin2,
// selfanin8: as in ../ours/select.cc.

package bench

import (
	"sync"
	"testing"
)

// The channels of a select are local variables, not elements of an array, so
// that no index is checked in the loops.

func BenchmarkSel2Ready(b *testing.B) {
	defer reportCPU(b)()
	chans := makeChans(2, 1)
	c0, c1 := chans[0], chans[1]
	var sum int64
	for i := 1; i <= b.N; i++ {
		chans[i%2] <- int64(i)
		select {
		case number := <-c0:
			sum += number
		case number := <-c1:
			sum += number
		}
	}
	requireSum(b, b.N, sum)
}

func BenchmarkSel8Ready(b *testing.B) {
	defer reportCPU(b)()
	chans := makeChans(8, 1)
	recv := receiver8(chans)
	var sum int64
	for i := 1; i <= b.N; i++ {
		chans[i%8] <- int64(i)
		sum += recv()
	}
	requireSum(b, b.N, sum)
}

func BenchmarkSel1Default(b *testing.B) {
	defer reportCPU(b)()
	c := make(chan int64)
	defaults := 0
	for i := 0; i < b.N; i++ {
		select {
		case <-c:
		default:
			defaults++
		}
	}
	if defaults != b.N {
		b.Fatal("wrong result:", defaults)
	}
}

func BenchmarkSel2Default(b *testing.B) {
	defer reportCPU(b)()
	c0, c1 := make(chan int64), make(chan int64)
	defaults := 0
	for i := 0; i < b.N; i++ {
		select {
		case <-c0:
		case <-c1:
		default:
			defaults++
		}
	}
	if defaults != b.N {
		b.Fatal("wrong result:", defaults)
	}
}

func BenchmarkSelPingPong(b *testing.B) {
	defer reportCPU(b)()
	ping, pong := make(chan int64), make(chan int64)
	quit := make(chan struct{})
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		for {
			select {
			case number := <-ping:
				pong <- number
			case <-quit:
				return
			}
		}
	}()
	var sum int64
	for i := 1; i <= b.N; i++ {
		ping <- int64(i)
		select {
		case number := <-pong:
			sum += number
		case <-quit:
			b.Fatal("wrong result: quit")
		}
	}
	close(quit)
	group.Wait()
	requireSum(b, b.N, sum)
}

// fanIn returns when so many goroutines have sent 1, 2 … b.N between them, each
// on its own of chans, and recv has received them.
func fanIn(b *testing.B, chans []chan int64, recv func() int64) {
	var group sync.WaitGroup
	group.Add(len(chans))
	for i := range chans {
		go func(first int, c chan<- int64) {
			defer group.Done()
			for n := first; n <= b.N; n += len(chans) {
				c <- int64(n)
			}
		}(i+1, chans[i])
	}
	var sum int64
	for i := 0; i < b.N; i++ {
		sum += recv()
	}
	group.Wait()
	requireSum(b, b.N, sum)
}

func BenchmarkSelFanIn2(b *testing.B) {
	defer reportCPU(b)()
	chans := makeChans(2, 0)
	c0, c1 := chans[0], chans[1]
	fanIn(b, chans, func() int64 {
		select {
		case number := <-c0:
			return number
		case number := <-c1:
			return number
		}
	})
}

func BenchmarkSelFanIn8(b *testing.B) {
	defer reportCPU(b)()
	chans := makeChans(8, 0)
	fanIn(b, chans, receiver8(chans))
}

func makeChans(count, capacity int) []chan int64 {
	chans := make([]chan int64, count)
	for i := range chans {
		chans[i] = make(chan int64, capacity)
	}
	return chans
}

func receiver8(c []chan int64) func() int64 {
	c0, c1, c2, c3 := c[0], c[1], c[2], c[3]
	c4, c5, c6, c7 := c[4], c[5], c[6], c[7]
	return func() int64 {
		select {
		case number := <-c0:
			return number
		case number := <-c1:
			return number
		case number := <-c2:
			return number
		case number := <-c3:
			return number
		case number := <-c4:
			return number
		case number := <-c5:
			return number
		case number := <-c6:
			return number
		case number := <-c7:
			return number
		}
	}
}
