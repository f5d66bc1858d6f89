// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"time"
)

// misuses are what panics, by name: each is a case that ends by it, and a line
// of the case that catches them all.
var misuses = []struct {
	name string
	f    func()
}{
	{"close-closed", func() {
		c := make(chan int)
		close(c)
		close(c)
	}},
	{"close-nil", func() {
		var c chan int
		close(c)
	}},
	{"send-closed", func() {
		c := make(chan int)
		close(c)
		c <- 1
	}},
	{"try-send-closed", func() {
		c := make(chan int, 1)
		close(c)
		select {
		case c <- 1:
		default:
		}
	}},
	{"select-send-closed", func() {
		c, never := make(chan int), make(chan int)
		close(c)
		select {
		case c <- 1:
		case <-never:
		}
	}},
	{"closed-while-sending", func() {
		c := make(chan int)
		go func() {
			settle()
			close(c)
		}()
		c <- 1
	}},
	{"closed-while-selecting", func() {
		c, never := make(chan int), make(chan int)
		go func() {
			settle()
			close(c)
		}()
		select {
		case c <- 1:
		case <-never:
		}
	}},
	{"makechan-size", func() {
		n := -1
		_ = make(chan int, n)
	}},
	{"waitgroup-negative", func() {
		var group sync.WaitGroup
		group.Add(1)
		group.Add(-2)
	}},
	{"waitgroup-done", func() {
		var group sync.WaitGroup
		group.Done()
	}},
	{"ticker-zero", func() { time.NewTicker(0) }},
	{"ticker-negative", func() { time.NewTicker(-1) }},
	{"ticker-reset-zero", func() { time.NewTicker(time.Hour).Reset(0) }},
	{"ticker-reset-none", func() {
		var ticker time.Ticker
		ticker.Reset(1)
	}},
	{"timer-stop-none", func() {
		var timer time.Timer
		timer.Stop()
	}},
	{"timer-reset-none", func() {
		var timer time.Timer
		timer.Reset(1)
	}},
	{"cancel-nil-parent", func() { _, _ = context.WithCancel(nil) }},
	{"cause-nil-parent", func() { _, _ = context.WithCancelCause(nil) }},
	{"timeout-nil-parent", func() { _, _ = context.WithTimeout(nil, 1) }},
	{"value-nil-parent", func() { context.WithValue(nil, "key", 1) }},
	{"value-nil-key", func() { context.WithValue(context.Background(), nil, 1) }},
	{"without-cancel-nil", func() { context.WithoutCancel(nil) }},
	{"notify-nil", func() { signal.Notify(nil, os.Interrupt) }},
	{"words", func() { panic("words") }},
	{"lines", func() { panic("first\nsecond\ngoroutine 1 [running]:") }},
	{"error", func() { panic(errors.New("an error")) }},
}

func boom() { panic("boom") }

func init() {
	for _, misuse := range misuses {
		add("panic-"+misuse.name, misuse.f)
	}
	add("recovered", func() {
		for _, misuse := range misuses {
			say(misuse.name+":", panicOf(misuse.f))
		}
	})
	add("panic-again", func() {
		defer func() { panic(recover()) }()
		boom()
	})
	add("panic-another", func() {
		defer func() {
			_ = recover()
			panic("another")
		}()
		boom()
	})
	add("panic-in-goroutine", func() {
		go boom()
		time.Sleep(time.Hour)
	})
	add("panic-in-waitgroup-go", func() {
		var group sync.WaitGroup
		group.Go(boom)
		group.Wait()
	})
	add("panic-in-timer", func() {
		time.AfterFunc(1, boom)
		time.Sleep(time.Hour)
	})
	add("panic-in-once", func() {
		var once sync.Once
		say(panicOf(func() { once.Do(boom) }))
		once.Do(func() { say("called again") })
		say("done")
	})
	add("panic-in-once-func", func() {
		calls := 0
		once := sync.OnceFunc(func() {
			calls++
			panic("boom")
		})
		say(panicOf(once))
		say(panicOf(once), calls)
	})
	add("panic-in-once-value", func() {
		once := sync.OnceValue(func() int { panic("boom") })
		say(panicOf(func() { once() }))
		say(panicOf(func() { once() }))
	})
	// By the environment of the case, with others shown or not.
	for _, level := range []string{"none", "single", "all", "system", "0", "1", "2"} {
		add("traceback-"+level, func() {
			go func() { <-make(chan int) }()
			go func() { time.Sleep(time.Hour) }()
			settle()
			panic("boom")
		})
	}
}
