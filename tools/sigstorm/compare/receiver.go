// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The receiver of sigstorm compare in Go: what receiver.cc beside it does, and
// nothing else, so that what differs is os/signal and signal::Notify.
//
// Its arguments: the buffer of each channel; then, in words of the memory that is
// descriptor 3, where it says that it is ready, and where its processor's time
// goes; then for each signal its number, where the stamp of the oldest unanswered
// send is, and where what is counted of it begins (Tally in board.h).
package main

import (
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const (
	subBits = 4
	buckets = (63 - subBits + 1) << subBits
)

var memory []uint64

// began is when this program began, on the clock that the senders read.
var began = time.Now()
var beganAt = func() int64 {
	const monotonic = 1
	var now syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, monotonic,
		uintptr(unsafe.Pointer(&now)), 0)
	return now.Nano()
}()

func bucketOf(ns uint64) uint64 {
	if ns < 1<<subBits {
		return ns
	}
	shift := uint64(0)
	for ns>>shift >= 2<<subBits {
		shift++
	}
	return shift<<subBits + ns>>shift
}

// receive is the goroutine of one signal.
func receive(signals <-chan os.Signal, stamp *int64, tally []uint64) {
	counts, count, most := tally[1:1+buckets], &tally[1+buckets], &tally[2+buckets]
	for range signals {
		now := beganAt + int64(time.Since(began))
		if since := atomic.SwapInt64(stamp, 0); since != 0 {
			ns := uint64(max(now-since, 0))
			counts[bucketOf(ns)]++
			*count++
			*most = max(*most, ns)
		}
		atomic.AddUint64(&tally[0], 1)
	}
}

func main() {
	var numbers []int
	for _, text := range os.Args[1:] {
		number, err := strconv.Atoi(text)
		if err != nil {
			panic(err)
		}
		numbers = append(numbers, number)
	}
	buffer, ready, cpu, rest := numbers[0], numbers[1], numbers[2], numbers[3:]

	var file syscall.Stat_t
	if err := syscall.Fstat(3, &file); err != nil {
		panic(err)
	}
	bytes, err := syscall.Mmap(3, 0, int(file.Size),
		syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	memory = unsafe.Slice((*uint64)(unsafe.Pointer(&bytes[0])), len(bytes)/8)

	for ; len(rest) > 0; rest = rest[3:] {
		signals := make(chan os.Signal, buffer)
		signal.Notify(signals, syscall.Signal(rest[0]))
		go receive(signals, (*int64)(unsafe.Pointer(&memory[rest[1]])),
			memory[rest[2]:rest[2]+3+buckets])
	}
	atomic.StoreUint64(&memory[ready], 1)

	// The end of the input is the end of the storm.
	for {
		if n, err := os.Stdin.Read(make([]byte, 1)); n == 0 || err != nil {
			break
		}
	}
	var used syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	atomic.AddUint64(&memory[cpu], uint64(used.Utime.Nano()+used.Stime.Nano()))
}
