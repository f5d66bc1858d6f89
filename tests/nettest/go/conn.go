// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Package gosling has gosling's connections as Go's: a net.Conn whose every
// method is a call of tests/nettest/shim.h.
package gosling

/*
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"io"
	"net"
	"runtime"
	"time"
	"unsafe"
)

// failure is an error of gosling's; it is a net.Error.
type failure struct {
	text    string
	timeout bool
	inner   error
}

func (f *failure) Error() string   { return f.text }
func (f *failure) Timeout() bool   { return f.timeout }
func (f *failure) Temporary() bool { return f.timeout }
func (f *failure) Unwrap() error   { return f.inner }

func asError(err *C.NettestError) error {
	switch err.kind {
	case C.kNettestOk:
		return nil
	case C.kNettestEof:
		return io.EOF
	case C.kNettestClosedPipe:
		return io.ErrClosedPipe
	}
	f := &failure{text: C.GoString(&err.text[0]), timeout: err.timeout != 0}
	if err.kind == C.kNettestClosed {
		f.inner = net.ErrClosed
	}
	return f
}

type addr struct{ network, text string }

func (a addr) Network() string { return a.network }
func (a addr) String() string  { return a.text }

// conn frees its handle once nothing refers to it; until then its methods may be
// called, after Close as well.
type conn struct{ handle *C.NettestConn }

func newConn(handle *C.NettestConn) net.Conn {
	c := &conn{handle}
	runtime.SetFinalizer(c, func(c *conn) { C.NettestFree(c.handle) })
	return c
}

func (c *conn) Read(to []byte) (int, error) {
	defer runtime.KeepAlive(c)
	var err C.NettestError
	n := C.NettestRead(c.handle, unsafe.Pointer(unsafe.SliceData(to)),
		C.size_t(len(to)), &err)
	return int(n), asError(&err)
}

func (c *conn) Write(from []byte) (int, error) {
	defer runtime.KeepAlive(c)
	var err C.NettestError
	n := C.NettestWrite(c.handle, unsafe.Pointer(unsafe.SliceData(from)),
		C.size_t(len(from)), &err)
	return int(n), asError(&err)
}

func (c *conn) Close() error {
	defer runtime.KeepAlive(c)
	var err C.NettestError
	C.NettestClose(c.handle, &err)
	return asError(&err)
}

func (c *conn) addr(remote C.int) net.Addr {
	defer runtime.KeepAlive(c)
	var network [32]C.char
	var text [256]C.char
	C.NettestAddr(c.handle, remote, &network[0], C.size_t(len(network)),
		&text[0], C.size_t(len(text)))
	return addr{C.GoString(&network[0]), C.GoString(&text[0])}
}

func (c *conn) LocalAddr() net.Addr  { return c.addr(0) }
func (c *conn) RemoteAddr() net.Addr { return c.addr(1) }

func (c *conn) setDeadline(modes C.int, t time.Time) error {
	defer runtime.KeepAlive(c)
	var err C.NettestError
	if t.IsZero() {
		C.NettestClearDeadline(c.handle, modes, &err)
	} else {
		C.NettestSetDeadline(c.handle, modes, C.int64_t(time.Until(t)), &err)
	}
	return asError(&err)
}

func (c *conn) SetReadDeadline(t time.Time) error  { return c.setDeadline(1, t) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.setDeadline(2, t) }
func (c *conn) SetDeadline(t time.Time) error      { return c.setDeadline(3, t) }

// pipe returns both ends of a net::Pipe.
func pipe() (net.Conn, net.Conn) {
	var a, b *C.NettestConn
	C.NettestPipe(&a, &b)
	return newConn(a), newConn(b)
}

// dialed returns both ends of a connection over a listener of its own.
func dialed(network, address string) (net.Conn, net.Conn, error) {
	n, a := C.CString(network), C.CString(address)
	defer C.free(unsafe.Pointer(n))
	defer C.free(unsafe.Pointer(a))
	var err C.NettestError
	listener := C.NettestListen(n, a, &err)
	if listener == nil {
		return nil, nil, asError(&err)
	}
	defer C.NettestListenerFree(listener)
	var at [256]C.char
	C.NettestListenerAddr(listener, &at[0], C.size_t(len(at)))

	type result struct {
		conn net.Conn
		err  error
	}
	dialing := make(chan result, 1)
	go func() {
		var err C.NettestError
		handle := C.NettestDial(n, &at[0], &err)
		if handle == nil {
			dialing <- result{nil, asError(&err)}
			// Accept would wait for ever.
			C.NettestListenerClose(listener, &err)
			return
		}
		dialing <- result{newConn(handle), nil}
	}()
	handle := C.NettestAccept(listener, &err)
	client := <-dialing
	if client.err != nil {
		return nil, nil, client.err
	}
	if handle == nil {
		return nil, nil, asError(&err)
	}
	var closing C.NettestError
	C.NettestListenerClose(listener, &closing)
	return client.conn, newConn(handle), asError(&closing)
}
