// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// storm1 and its kind: as in ../ours/storm.cc; ../storm.h says what is sent and
// measured.

package bench

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var stormSignals = []syscall.Signal{
	syscall.SIGUSR1, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT,
	syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGTERM, syscall.SIGCHLD,
	syscall.SIGURG, syscall.SIGPIPE, syscall.SIGTSTP, syscall.SIGABRT,
	syscall.SIGPWR, syscall.SIGXCPU, syscall.SIGXFSZ, syscall.SIGVTALRM,
	syscall.SIGWINCH, syscall.SIGIO,
}

func stormPhase() time.Duration {
	if text := os.Getenv("BENCH_STORM_MS"); text != "" {
		ms, _ := strconv.Atoi(text)
		return time.Duration(ms) * time.Millisecond
	}
	return 700 * time.Millisecond
}

// sendStorm returns when the sender stopped, in nanoseconds since 1970.
func sendStorm(signals []syscall.Signal, cpus string) int64 {
	words := []string{strconv.Itoa(os.Getpid()),
		strconv.Itoa(int(stormPhase().Milliseconds())), cpus}
	for _, s := range signals {
		words = append(words, strconv.Itoa(int(s)))
	}
	sender := exec.Command(os.Getenv("BENCH_STORM_SENDER"), words...)
	sender.Stderr = os.Stderr
	out, err := sender.Output()
	must(err)
	var stopped int64
	_, err = fmt.Sscan(string(out), &stopped)
	must(err)
	return stopped
}

var workSink atomic.Uint64

// workUnit is what the other goroutines do between two yields: about 1 µs.
func workUnit() {
	x := uint64(1)
	for range 1000 {
		x = x*6364136223846793005 + 1442695040888963407
	}
	if x == 0 { // never: so that the loop is not left out
		workSink.Store(x)
	}
}

// workers are goroutines that compute and yield, one a P.
type workers struct {
	stopping atomic.Bool
	done     atomic.Int64
	group    sync.WaitGroup
}

func startWorkers() *workers {
	w := &workers{}
	for range runtime.GOMAXPROCS(0) {
		w.group.Add(1)
		go func() {
			defer w.group.Done()
			for !w.stopping.Load() {
				workUnit()
				w.done.Add(1)
				runtime.Gosched()
			}
		}()
	}
	return w
}

func (w *workers) stop() {
	w.stopping.Store(true)
	w.group.Wait()
}

// rate returns how much they do in a nanosecond while f runs.
func (w *workers) rate(f func()) float64 {
	done, start := w.done.Load(), time.Now()
	f()
	return float64(w.done.Load()-done) / float64(time.Since(start))
}

// stormSeen is what a phase's receiver has seen.
type stormSeen struct {
	counts        [65]int64
	deliveries    int64
	last, stopped int64
}

// receiveStorm calls send, which has a storm sent, and returns what came of it.
func receiveStorm(signals []syscall.Signal, send func() int64) *stormSeen {
	storm := &stormSeen{}
	received := make(chan os.Signal, 1024)
	for _, s := range signals {
		signal.Notify(received, s)
	}
	var receiver sync.WaitGroup
	receiver.Add(1)
	go func() {
		defer receiver.Done()
		for s := range received {
			storm.counts[s.(syscall.Signal)]++
			storm.deliveries++
			storm.last = time.Now().UnixNano()
		}
	}()
	storm.stopped = send()
	time.Sleep(200 * time.Millisecond)
	signal.Stop(received)
	close(received)
	receiver.Wait()
	return storm
}

func stormOnce(b *testing.B, signals []syscall.Signal, cpus string) {
	send := func() int64 { return sendStorm(signals, cpus) }
	storm := receiveStorm(signals, send)
	w := startWorkers()
	unhindered := w.rate(func() { time.Sleep(stormPhase()) })
	var beside float64
	receiveStorm(signals, func() (stopped int64) {
		beside = w.rate(func() { stopped = send() })
		return stopped
	})
	w.stop()

	least, most := storm.deliveries, int64(0)
	for _, s := range signals {
		least = min(least, storm.counts[s])
		most = max(most, storm.counts[s])
	}
	if least == 0 {
		b.Fatal("wrong result: a signal never came")
	}
	deliveries := float64(storm.deliveries)
	b.ReportMetric(float64(stormPhase())/deliveries, "each")
	b.ReportMetric(100*beside/unhindered, "kept")
	b.ReportMetric(100*float64(most-least)*float64(len(signals))/deliveries,
		"uneven")
	b.ReportMetric(float64(max(0, storm.last-storm.stopped)), "drained")
}

func storms(b *testing.B, signals []syscall.Signal, cpus string) {
	for i := 0; i < b.N; i++ {
		stormOnce(b, signals, cpus)
	}
}

func BenchmarkStorm1(b *testing.B)      { storms(b, stormSignals[:1], "other") }
func BenchmarkStorm18(b *testing.B)     { storms(b, stormSignals, "other") }
func BenchmarkStorm1Same(b *testing.B)  { storms(b, stormSignals[:1], "same") }
func BenchmarkStorm18Same(b *testing.B) { storms(b, stormSignals, "same") }
