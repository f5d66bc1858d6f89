// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// echo64, echo1000, echop99, idle20000: as in ../ours/echo.cc; ../echo.h says
// what is measured.

package bench

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// allowFds lets the process have as many descriptors as it may.
func allowFds() int {
	var limit syscall.Rlimit
	must(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	limit.Cur = limit.Max
	must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
	return int(min(limit.Max, 1_000_000))
}

func echo(b *testing.B, mode string, connections, buffer int) {
	for i := 0; i < b.N; i++ {
		echoOnce(b, mode, min(connections, allowFds()-100), buffer)
	}
}

func echoOnce(b *testing.B, mode string, connections, buffer int) {
	requests := 200_000
	if text := os.Getenv("BENCH_ECHO_REQUESTS"); text != "" {
		requests, _ = strconv.Atoi(text)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	before := residentBytes()
	client := exec.Command(os.Getenv("BENCH_ECHO_CLIENT"), mode,
		strconv.Itoa(listener.Addr().(*net.TCPAddr).Port),
		strconv.Itoa(connections), strconv.Itoa(requests))
	client.Stderr = os.Stderr
	to, err := client.StdinPipe()
	must(err)
	out, err := client.StdoutPipe()
	must(err)
	must(client.Start())
	var serving sync.WaitGroup
	serving.Add(1)
	go func() {
		defer serving.Done()
		for range connections {
			conn, err := listener.Accept()
			must(err)
			serving.Add(1)
			go func() {
				defer serving.Done()
				defer conn.Close()
				message := make([]byte, buffer)
				for {
					n, err := conn.Read(message)
					if err != nil {
						return
					}
					if _, err := conn.Write(message[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()

	from := bufio.NewReader(out)
	if line, err := from.ReadString('\n'); line != "ready\n" {
		b.Fatalf("the client is not ready: %q, %v", line, err)
	}
	full := residentBytes()
	start := cpuNanoseconds()
	fmt.Fprintln(to, "go")
	var first, second float64
	if _, err := fmt.Fscan(from, &first, &second); err != nil {
		b.Fatalf("the client has no result: %v", err)
	}
	cpu := cpuNanoseconds() - start
	must(client.Wait())
	must(listener.Close())
	serving.Wait()

	switch mode {
	case "idle":
		b.ReportMetric(float64(full-before)/float64(connections), "bytes")
	case "p99":
		b.ReportMetric(first, "p99")
		b.ReportMetric(second, "rate")
	default:
		b.ReportMetric(float64(cpu)/first, "server")
		b.ReportMetric(second/first, "each")
	}
}

func BenchmarkEcho64(b *testing.B)    { echo(b, "echo", 64, 4096) }
func BenchmarkEcho1000(b *testing.B)  { echo(b, "echo", 1000, 4096) }
func BenchmarkEchoP99(b *testing.B)   { echo(b, "p99", 64, 4096) }
func BenchmarkIdle20000(b *testing.B) { echo(b, "idle", 20_000, 64) }
