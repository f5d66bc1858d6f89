// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// inTurn starts n goroutines that have come to rest one after the other.
func inTurn(n int, f func(i int)) {
	for i := range n {
		go f(i)
		settle()
	}
}

func init() {
	add("chan-len-cap", func() {
		c := make(chan int, 3)
		c <- 1
		c <- 2
		var none chan int
		say(len(c), cap(c), len(none), cap(none), len(make(chan int)), cap(make(chan int)))
	})
	add("chan-drain", func() {
		c := make(chan int, 2)
		c <- 1
		c <- 2
		close(c)
		for range 3 {
			v, ok := <-c
			say(v, ok)
		}
	})
	add("chan-fifo-receivers", func() {
		c := make(chan int)
		said := make(chan int, 4)
		var results [4]int
		inTurn(4, func(i int) {
			results[i] = <-c
			said <- i
		})
		for v := range 4 {
			c <- v
		}
		for range 4 {
			<-said
		}
		say(results)
	})
	add("chan-fifo-senders", func() {
		c := make(chan int, 1)
		inTurn(4, func(i int) { c <- i })
		for range 4 {
			say(<-c)
			say("left", len(c))
		}
	})
	add("chan-handoff", func() {
		c := make(chan int, 2)
		go func() { say("received", <-c) }()
		settle()
		c <- 1
		say("in the buffer:", len(c))
		settle()
	})
	add("chan-close-order", func() {
		c := make(chan int)
		inTurn(4, func(i int) {
			<-c
			say("receiver", i)
		})
		close(c)
		settle()
	})
	add("chan-close-order-senders", func() {
		c := make(chan int)
		inTurn(4, func(i int) { say("sender", i, panicOf(func() { c <- i })) })
		close(c)
		settle()
	})
	add("chan-try", func() {
		c := make(chan int, 1)
		var none chan int
		for range 2 {
			select {
			case c <- 1:
				say("sent")
			default:
				say("full")
			}
		}
		for range 2 {
			select {
			case v := <-c:
				say("received", v)
			default:
				say("empty")
			}
		}
		select {
		case none <- 1:
		case <-none:
		default:
			say("none")
		}
		close(c)
		select {
		case v, ok := <-c:
			say(v, ok)
		default:
		}
	})
	add("start-order", func() {
		for i := range 5 {
			go func() { say("goroutine", i+1) }()
		}
		settle()
	})
	add("start-order-gosched", func() {
		for i := range 3 {
			go func() {
				say("before", i)
				runtime.Gosched()
				say("after", i)
			}()
		}
		settle()
	})

	add("select-closed", func() {
		c, never := make(chan int), make(chan int)
		close(c)
		select {
		case v, ok := <-c:
			say(v, ok)
		case <-never:
		}
	})
	add("select-random", func() {
		a, b := make(chan int, 1), make(chan int, 1)
		var n [2]int
		for range 1000 {
			a <- 0
			b <- 0
			select {
			case <-a:
				n[0]++
				<-b
			case <-b:
				n[1]++
				<-a
			}
		}
		say(n[0] > 300, n[1] > 300, n[0]+n[1])
	})
	add("select-waiting-random", func() {
		c := make(chan int)
		var n [2]int
		for range 1000 {
			go func() {
				runtime.Gosched()
				c <- 1
			}()
			select {
			case <-c:
				n[0]++
			case <-c:
				n[1]++
			}
		}
		say(n[0] > 300, n[1] > 300, n[0]+n[1])
	})
	add("select-send-or-receive", func() {
		c := make(chan int)
		done := make(chan bool)
		for i := range 2 {
			go func() {
				select {
				case c <- i:
				case <-c:
				}
				done <- true
			}()
		}
		say(<-done, <-done)
	})

	add("mutex-try", func() {
		var mutex sync.Mutex
		say(mutex.TryLock(), mutex.TryLock())
		mutex.Unlock()
		say(mutex.TryLock())
	})
	add("mutex-fifo", func() {
		var mutex sync.Mutex
		mutex.Lock()
		inTurn(3, func(i int) {
			mutex.Lock()
			say("has it", i)
			mutex.Unlock()
		})
		mutex.Unlock()
		settle()
	})
	add("rwmutex-try", func() {
		var mutex sync.RWMutex
		say(mutex.TryRLock(), mutex.TryRLock(), mutex.TryLock())
		mutex.RUnlock()
		mutex.RUnlock()
		say(mutex.TryLock(), mutex.TryRLock(), mutex.TryLock())
	})
	add("rwmutex-writer-blocks-readers", func() {
		var mutex sync.RWMutex
		mutex.RLock()
		go func() {
			mutex.Lock()
			say("writer")
			mutex.Unlock()
		}()
		settle()
		say(mutex.TryRLock())
		go func() {
			mutex.RLock()
			say("reader")
			mutex.RUnlock()
		}()
		settle()
		mutex.RUnlock()
		settle()
	})
	add("cond-order", func() {
		var mutex sync.Mutex
		cond := sync.NewCond(&mutex)
		inTurn(4, func(i int) {
			mutex.Lock()
			cond.Wait()
			mutex.Unlock()
			say("woken", i)
		})
		cond.Signal()
		settle()
		cond.Signal()
		settle()
		cond.Broadcast()
		settle()
		cond.Broadcast()
	})
	add("waitgroup-go", func() {
		var group sync.WaitGroup
		n := 0
		group.Go(func() {
			settle()
			n++
		})
		group.Wait()
		say(n)
		group.Wait()
		group.Add(0)
	})
	add("once", func() {
		var once sync.Once
		once.Do(func() { say("called") })
		once.Do(func() { say("called again") })
	})

	add("timer-stop", func() {
		timer := time.NewTimer(time.Hour)
		say(timer.Stop(), timer.Stop())
		timer = time.NewTimer(1)
		<-timer.C
		say(timer.Stop())
		timer = time.NewTimer(1)
		settle() // it has fired, unread
		say(timer.Stop())
		select {
		case <-timer.C:
			say("a stale value")
		default:
			say("nothing")
		}
	})
	add("timer-reset", func() {
		timer := time.NewTimer(time.Hour)
		say(timer.Reset(time.Hour), timer.Stop(), timer.Reset(time.Hour))
		timer = time.NewTimer(1)
		settle()
		say(timer.Reset(time.Hour))
		select {
		case <-timer.C:
			say("a stale value")
		default:
			say("nothing")
		}
		say(timer.Reset(1))
		<-timer.C
		say(timer.Reset(1), timer.Stop())
	})
	add("timer-len-cap", func() {
		timer, ticker := time.NewTimer(1), time.NewTicker(1)
		settle()
		say(len(timer.C), cap(timer.C), len(ticker.C), cap(ticker.C))
		after := time.After(1)
		say(len(after), cap(after))
	})
	add("timer-not-positive", func() {
		<-time.After(0)
		<-time.After(-time.Hour)
		time.Sleep(0)
		time.Sleep(-1)
		say("all have fired")
	})
	add("timer-for-ever", func() {
		timer := time.NewTimer(1<<63 - 1)
		settle()
		say(timer.Stop())
	})
	// Whatever the load: a timer that fires late still fires after the earlier.
	add("timer-order", func() {
		durations := []int{15, 5, 25, 10, 20}
		var timers []*time.Timer
		for _, ms := range durations {
			timers = append(timers, time.NewTimer(time.Duration(ms)*time.Millisecond))
		}
		fired := map[int]time.Time{}
		for i, timer := range timers {
			fired[durations[i]] = <-timer.C
		}
		slices.SortFunc(durations, func(a, b int) int { return fired[a].Compare(fired[b]) })
		for _, ms := range durations {
			say(ms)
		}
	})
	add("ticker-drops", func() {
		ticker := time.NewTicker(time.Millisecond)
		settle()
		<-ticker.C
		ticker.Stop()
		select {
		case <-ticker.C:
			say("a second")
		default:
			say("one at most")
		}
	})
	add("ticker-stop", func() {
		ticker := time.NewTicker(time.Millisecond)
		<-ticker.C
		ticker.Stop()
		settle()
		select {
		case _, ok := <-ticker.C:
			say("received", ok)
		default:
			say("silent, and not closed")
		}
		ticker.Reset(time.Millisecond)
		<-ticker.C
		say("ticks again")
	})
	add("after-func", func() {
		done := make(chan bool)
		timer := time.AfterFunc(1, func() { done <- true })
		say(<-done, timer.Stop(), timer.Reset(1))
		say(<-done, timer.C == nil)
		timer = time.AfterFunc(time.Hour, func() { say("never") })
		say(timer.Stop(), timer.Stop(), timer.Reset(time.Hour), timer.Stop())
	})
	add("tick-not-positive", func() { say(time.Tick(0) == nil, time.Tick(-1) == nil) })

	add("gomaxprocs", func() {
		say(runtime.GOMAXPROCS(0), runtime.GOMAXPROCS(-1), runtime.GOMAXPROCS(5), runtime.GOMAXPROCS(0),
			runtime.GOMAXPROCS(2), runtime.GOMAXPROCS(0))
		runtime.SetDefaultGOMAXPROCS()
		say(runtime.GOMAXPROCS(0) == runtime.NumCPU())
	})
	add("num-goroutine", func() {
		say(runtime.NumGoroutine())
		c := make(chan int)
		for range 3 {
			go func() { <-c }()
		}
		say(runtime.NumGoroutine())
		close(c)
		settle()
		say(runtime.NumGoroutine())
	})
	add("goexit", func() {
		done := make(chan bool)
		go func() {
			defer func() { done <- true }()
			defer say("second")
			func() {
				defer say("first")
				runtime.Goexit()
			}()
			say("never")
		}()
		<-done
	})
}
