// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

package gosling

import (
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"golang.org/x/net/nettest"
)

func TestMain(m *testing.M) {
	// Each call that waits has a thread.
	debug.SetMaxThreads(100_000)
	os.Exit(m.Run())
}

func TestConn(t *testing.T) {
	for _, network := range []string{"tcp", "unix", "unixpacket", "pipe"} {
		t.Run(network, func(t *testing.T) {
			nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
				a, b, err := ends(t, network)
				if err != nil {
					return nil, nil, nil, err
				}
				stop := func() {
					a.Close()
					b.Close()
				}
				return a, b, stop, nil
			})
		})
	}
}

func ends(t *testing.T, network string) (net.Conn, net.Conn, error) {
	switch network {
	case "pipe":
		a, b := pipe()
		return a, b, nil
	case "tcp":
		return dialed(network, "127.0.0.1:0")
	}
	// Short, as the paths of sockets have to be.
	folder, err := os.MkdirTemp("", "nettest")
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return dialed(network, filepath.Join(folder, "socket"))
}
