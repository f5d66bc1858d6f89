// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// blockecho: as in ../ours/blockecho.cc, on sockets that package net and its
// poller know nothing of.

package bench

import (
	"sync"
	"syscall"
	"testing"
)

const echoClients = 100

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// receive reads a whole message; false: the other side has closed.
func receive(fd int, message []byte) bool {
	for n := 0; n < len(message); {
		more, err := syscall.Read(fd, message[n:])
		if err == syscall.EINTR {
			continue
		}
		must(err)
		if more == 0 {
			return false
		}
		n += more
	}
	return true
}

func send(fd int, message []byte) {
	_, err := syscall.Write(fd, message)
	must(err)
}

func echoServe(listener int, group *sync.WaitGroup) {
	defer group.Done()
	for i := 0; i < echoClients; i++ {
		fd, _, err := syscall.Accept(listener)
		must(err)
		group.Add(1)
		go func() {
			defer group.Done()
			message := make([]byte, 64)
			for receive(fd, message) {
				send(fd, message)
			}
			syscall.Close(fd)
		}()
	}
	syscall.Close(listener)
}

func BenchmarkBlockEcho(b *testing.B) {
	defer reportCPU(b)()
	listener, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	must(err)
	must(syscall.Bind(listener,
		&syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	must(syscall.Listen(listener, echoClients))
	address, err := syscall.Getsockname(listener)
	must(err)
	var group, connected sync.WaitGroup
	tickets := make(chan byte, echoClients)
	group.Add(1)
	go echoServe(listener, &group)
	connected.Add(echoClients)
	for i := 0; i < echoClients; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
			must(err)
			must(syscall.Connect(fd, address))
			connected.Done()
			message := make([]byte, 64)
			for ticket := range tickets {
				message[0] = ticket
				send(fd, message)
				message[0]++
				if !receive(fd, message) || message[0] != ticket {
					panic("wrong echo")
				}
			}
			syscall.Close(fd)
		}()
	}
	connected.Wait()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		tickets <- byte(i)
	}
	close(tickets)
	group.Wait()
}
