// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

func illegal()

//go:noinline
func load(at uintptr) byte { return *(*byte)(unsafe.Pointer(at)) }

//go:noinline
func divide(n, by int) int { return n / by }

//go:noinline
func deep(n int) int {
	var room [1024]byte
	room[n%1024] = byte(n)
	return deep(n+1) + int(room[(n+1)%1024])
}

func pastTheEnd() *byte {
	file, _ := os.CreateTemp("", "differential")
	os.Remove(file.Name())
	page, _ := syscall.Mmap(int(file.Fd()), 0, 4096, syscall.PROT_READ, syscall.MAP_SHARED)
	return &page[0]
}

func init() {
	add("fatal-unlock", func() {
		var mutex sync.Mutex
		mutex.Unlock()
	})
	add("fatal-unlock-twice", func() {
		var mutex sync.Mutex
		mutex.Lock()
		mutex.Unlock()
		defer func() { recover() }() // in vain
		mutex.Unlock()
	})
	add("fatal-rwmutex-unlock", func() {
		var mutex sync.RWMutex
		mutex.Unlock()
	})
	add("fatal-rwmutex-runlock", func() {
		var mutex sync.RWMutex
		mutex.RUnlock()
	})
	add("fatal-go-nil", func() {
		var f func()
		go f()
	})
	add("fatal-threads", func() {
		debug.SetMaxThreads(8)
		for range 20 {
			go func() {
				runtime.LockOSThread()
				select {}
			}()
		}
		time.Sleep(time.Hour)
	})
	add("fatal-stack-overflow", func() {
		debug.SetMaxStack(1 << 20)
		say(deep(0))
	})

	var never chan int
	var group sync.WaitGroup
	var mutex sync.Mutex
	var rwmutex sync.RWMutex
	for _, wait := range []struct {
		name string
		f    func()
	}{
		{"receive", func() { <-make(chan int) }},
		{"send", func() { make(chan int) <- 1 }},
		{"range", func() {
			for range make(chan int) {
			}
		}},
		{"receive-nil", func() { <-never }},
		{"send-nil", func() { never <- 1 }},
		{"select", func() {
			select {
			case <-make(chan int):
			case make(chan int) <- 1:
			}
		}},
		{"select-one", func() {
			select {
			case <-make(chan int):
			}
		}},
		{"select-none", func() { select {} }},
		{"select-nil", func() {
			select {
			case <-never:
			case never <- 1:
			}
		}},
		{"mutex", func() {
			mutex.Lock()
			mutex.Lock()
		}},
		{"rwmutex-lock", func() {
			rwmutex.Lock()
			rwmutex.Lock()
		}},
		{"rwmutex-rlock", func() {
			rwmutex.Lock()
			rwmutex.RLock()
		}},
		{"rwmutex-writer", func() {
			rwmutex.RLock()
			rwmutex.Lock()
		}},
		{"waitgroup", func() {
			group.Add(1)
			group.Wait()
		}},
		{"cond", func() {
			mutex.Lock()
			sync.NewCond(&mutex).Wait()
		}},
		{"locked", func() {
			runtime.LockOSThread()
			<-never
		}},
	} {
		add("deadlock-"+wait.name, wait.f)
	}
	add("deadlock-many", func() {
		c := make(chan int)
		for range 3 {
			go func() { c <- 1 }()
		}
		go func() { select {} }()
		settle()
		<-never
	})
	add("deadlock-goexit", func() { runtime.Goexit() })
	add("deadlock-goexit-others", func() {
		go func() { <-never }()
		settle()
		runtime.Goexit()
	})
	add("deadlock-goexit-later", func() {
		go func() { settle() }()
		runtime.Goexit()
	})
	add("deadlock-traceback-none", func() { <-never })

	add("fault-nil", func() { say(load(0)) })
	add("fault-near-nil", func() { say(load(16)) })
	add("fault-wild", func() { say(load(0x123456)) })
	add("fault-non-canonical", func() { say(load(0x1234567812345678)) })
	add("fault-divide", func() { say(divide(1, 0)) })
	add("fault-illegal", func() { illegal() })
	add("fault-bus", func() { say(*pastTheEnd()) })
	add("fault-traceback-none", func() { say(load(0)) })

	for _, name := range []string{"quit", "quit-none", "quit-all", "quit-system"} {
		add(name, func() {
			go func() { <-never }()
			go func() {
				runtime.LockOSThread()
				<-never
			}()
			settle()
			say("ready")
			time.Sleep(time.Hour)
		})
	}

	add("exit-0", func() { say("main returns") })
	add("exit-3", func() { os.Exit(3) })
	add("exit-others", func() {
		go func() { time.Sleep(time.Hour) }()
		go func() { <-never }()
		settle()
	})
}
