// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"
	"time"
)

var (
	port = regexp.MustCompile(`:\d{4,5}\b`)
	past = time.Unix(1, 0)
)

// netText is what an error says, its ports left out, and what kind it is of.
func netText(err error) string {
	if err == nil {
		return "nil"
	}
	words := port.ReplaceAllString(err.Error(), ":PORT")
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		words += " (timeout)"
	}
	if errors.Is(err, net.ErrClosed) {
		words += " (closed)"
	}
	if errors.Is(err, context.Canceled) {
		words += " (canceled)"
	}
	if err == io.EOF {
		words += " (end)"
	}
	var code syscall.Errno
	if errors.As(err, &code) {
		words += fmt.Sprintf(" (%d)", int(code))
	}
	return words
}

func addrText(addr net.Addr) string {
	if addr == nil {
		return "<nil>"
	}
	return addr.Network() + " " + port.ReplaceAllString(addr.String(), ":PORT")
}

// sayError says what was done and how it ended.
func sayError(what string, err error) { say(what+":", netText(err)) }

// inFolder calls f in a folder of its own.
func inFolder(f func()) {
	folder, err := os.MkdirTemp("", "differential")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	os.Chdir(folder)
	f()
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// here is where a test listens.
func here(network string) string {
	if strings.HasPrefix(network, "unix") {
		return network
	}
	return "127.0.0.1:0"
}

// connected makes both ends of a connection, a dialed and b accepted.
func connected(network string) (a, b net.Conn) {
	if network == "pipe" {
		return net.Pipe()
	}
	listener := must(net.Listen(network, here(network)))
	defer listener.Close()
	dialing := make(chan net.Conn)
	go func() {
		dialing <- must(net.Dial(network, listener.Addr().String()))
	}()
	b = must(listener.Accept())
	return <-dialing, b
}

// fullListener is an address that does not answer.
func fullListener() string {
	fd := must(syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0))
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		panic(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		panic(err)
	}
	at := must(syscall.Getsockname(fd))
	for range 4 {
		other := must(syscall.Socket(syscall.AF_INET,
			syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0))
		syscall.Connect(other, at)
	}
	return fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port)
}

func init() {
	background := context.Background()
	add("net-dial", func() {
		inFolder(func() {
			for _, to := range [][2]string{
				{"tcp", "127.0.0.1:1"}, {"tcp", "[::1]:1"}, {"tcp", "0.0.0.0:1"},
				{"tcp", "[::]:1"}, {"tcp", ":1"}, {"tcp", "localhost:1"},
				{"tcp4", ":1"}, {"tcp6", ":1"}, {"tcp4", "127.0.0.1:1"},
				{"tcp6", "[::1]:1"}, {"tcp4", "[::1]:1"}, {"tcp6", "127.0.0.1:1"},
				{"tcp", "[::ffff:127.0.0.1]:1"}, {"tcp6", "[::ffff:127.0.0.1]:1"},
				{"tcp", ""}, {"tcp", "127.0.0.1"}, {"tcp", "::1"}, {"tcp", "[::1"},
				{"tcp", "[::1]1"}, {"tcp", "a:b:c"}, {"tcp", "127.0.0.1:-1"},
				{"tcp", "127.0.0.1:65536"}, {"tcp", "127.0.0.1:no-such"},
				{"tcp", "127.0.0.1:"}, {"tcp", "127.0.0.1:0"},
				{"tcp", "[::1%lo]:1"}, {"tcpx", "127.0.0.1:1"}, {"", "127.0.0.1:1"},
				{"tcp44", "127.0.0.1:1"}, {"tcp5", "127.0.0.1:1"},
				{"udp", ""}, {"udp4", "[::1]:1"}, {"udp", "127.0.0.1:65536"},
				{"udp", "127.0.0.1:no-such"}, {"udp", "255.255.255.255:1"},
				{"unix", ""}, {"unix", "no-such"}, {"unix", "@no-such"},
				{"unix", "no/such"}, {"unixgram", "no-such"},
				{"unixpacket", "no-such"}, {"unix", strings.Repeat("a", 108)},
				{"unix", strings.Repeat("a", 107)}, {"unix", "."},
				{"unix5", "no-such"},
			} {
				conn, err := net.Dial(to[0], to[1])
				sayError(to[0]+" "+to[1], err)
				if err == nil {
					say(addrText(conn.RemoteAddr()))
				}
			}
		})
	})
	add("net-dial-local", func() {
		listener := must(net.Listen("tcp", "127.0.0.1:0"))
		to := listener.Addr().String()
		for _, ip := range []net.IP{
			nil, net.IPv4zero, net.IPv4(127, 0, 0, 2), net.IPv4(192, 0, 2, 1),
			net.IPv6loopback, net.IPv6unspecified,
		} {
			dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: ip}}
			conn, err := dialer.Dial("tcp", to)
			sayError(fmt.Sprint(ip), err)
			if err == nil {
				say(addrText(conn.LocalAddr()), addrText(conn.RemoteAddr()))
				say(addrText(must(listener.Accept()).RemoteAddr()))
			}
		}
		refused := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
		_, err := refused.Dial("tcp", "127.0.0.1:1")
		sayError("refused", err)
		// The address of the one that listens is taken.
		taken := net.Dialer{LocalAddr: listener.Addr()}
		_, err = taken.Dial("tcp", "127.0.0.1:1")
		sayError("taken", err)
	})
	add("net-dial-context", func() {
		hole := fullListener()
		var dialer net.Dialer
		canceled, cancel := context.WithCancel(background)
		cancel()
		_, err := dialer.DialContext(canceled, "tcp", hole)
		sayError("canceled", err)
		expired, cancel := context.WithTimeout(background, -1)
		defer cancel()
		_, err = dialer.DialContext(expired, "tcp", hole)
		sayError("expired", err)
		later, cancel := context.WithCancel(background)
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err = dialer.DialContext(later, "tcp", hole)
		sayError("canceled meanwhile", err)
		_, err = dialer.DialContext(later, "tcp", "127.0.0.1")
		sayError("canceled, no port", err)
		_, err = dialer.DialContext(later, "unix", "no-such")
		sayError("canceled, unix", err)
		soon, cancel := context.WithTimeout(background, 20*time.Millisecond)
		defer cancel()
		_, err = dialer.DialContext(soon, "tcp", hole)
		sayError("expired meanwhile", err)
		_, err = net.DialTimeout("tcp", hole, 20*time.Millisecond)
		sayError("timeout", err)
		_, err = net.DialTimeout("tcp", hole, -1)
		sayError("negative timeout", err)
		dialer.Deadline = past
		_, err = dialer.Dial("tcp", hole)
		sayError("deadline in the past", err)
	})
	add("net-control", func() {
		own := errors.New("own")
		control := func(network, address string, _ syscall.RawConn) error {
			say("control", network, port.ReplaceAllString(address, ":PORT"))
			return own
		}
		for _, to := range [][2]string{
			{"tcp", "127.0.0.1:1"}, {"tcp", "[::1]:1"}, {"tcp", ":1"},
			{"udp", "127.0.0.1:1"}, {"udp6", "[::1]:1"}, {"unix", "no-such"},
		} {
			dialer := net.Dialer{Control: control}
			_, err := dialer.Dial(to[0], to[1])
			sayError("dial", err)
			say(errors.Is(err, own))
		}
		config := net.ListenConfig{Control: control}
		for _, at := range [][2]string{
			{"tcp", "127.0.0.1:0"}, {"tcp", ":0"}, {"tcp4", ":0"}, {"tcp6", ":0"},
			{"tcp", "[::1]:0"}, {"unix", "file"},
		} {
			_, err := config.Listen(background, at[0], at[1])
			sayError("listen", err)
		}
		_, err := config.ListenPacket(background, "udp", "127.0.0.1:0")
		sayError("listen", err)
	})
	add("net-listen", func() {
		inFolder(func() {
			for _, at := range [][2]string{
				{"tcp", "127.0.0.1:0"}, {"tcp", "[::1]:0"}, {"tcp", ":0"},
				{"tcp4", ":0"}, {"tcp6", ":0"}, {"tcp", "0.0.0.0:0"},
				{"tcp4", "0.0.0.0:0"}, {"tcp", "[::]:0"}, {"tcp6", "[::]:0"},
				{"tcp", "[::ffff:127.0.0.1]:0"}, {"tcp", "localhost:0"},
				{"tcp", ""}, {"tcp", "127.0.0.1:"}, {"tcp", "192.0.2.1:0"},
				{"tcp", "[2001:db8::1]:0"}, {"tcp4", "[::1]:0"},
				{"tcp6", "127.0.0.1:0"}, {"tcp", "127.0.0.1"},
				{"tcp", "127.0.0.1:65536"}, {"tcp", "127.0.0.1:no-such"},
				{"udp", "127.0.0.1:0"}, {"tcpx", ":0"}, {"", ":0"},
				{"unix", "file"}, {"unix", "file"},
				{"unix", "no/such"}, {"unix", ""}, {"unix", "@name"},
				{"unix", "@name"}, {"unixpacket", "packet"},
				{"unix", strings.Repeat("a", 108)},
			} {
				listener, err := net.Listen(at[0], at[1])
				sayError(at[0]+" "+at[1], err)
				if err == nil && at[1] != "" {
					say(addrText(listener.Addr()))
				}
			}
			one := must(net.Listen("tcp", "127.0.0.1:0"))
			_, err := net.Listen("tcp", one.Addr().String())
			sayError("taken", err)
			for _, at := range [][2]string{
				{"udp", "127.0.0.1:0"}, {"udp", ":0"}, {"udp4", ":0"},
				{"udp6", ":0"}, {"udp", "[::1]:0"}, {"udp", ""},
				{"tcp", ":0"}, {"udpx", ":0"},
				{"unixgram", "gram"}, {"unixgram", "gram"}, {"unixgram", ""},
				{"udp", "192.0.2.1:0"},
			} {
				conn, err := net.ListenPacket(at[0], at[1])
				sayError(at[0]+" "+at[1], err)
				if err == nil && at[1] != "" {
					say(addrText(conn.LocalAddr()))
				}
			}
		})
	})
	add("net-listen-kinds", func() {
		inFolder(func() {
			_, err := net.Listen("unixgram", "gram")
			sayError("listener", err)
			_, err = net.ListenPacket("unix", "stream")
			sayError("messages", err)
			_, err = net.ListenPacket("unixpacket", "packet")
			sayError("messages", err)
		})
	})
	add("net-unlink", func() {
		inFolder(func() {
			exists := func() bool {
				_, err := os.Stat("file")
				return err == nil
			}
			listener := must(net.Listen("unix", "file"))
			say(exists())
			listener.Close()
			say(exists())
			conn := must(net.ListenPacket("unixgram", "file"))
			conn.Close()
			say(exists())
			_, err := net.Listen("unix", "file")
			sayError("again", err)
		})
	})
	for _, network := range []string{"tcp", "unix", "unixpacket", "pipe"} {
		add("net-conn-"+network, func() {
			inFolder(func() {
				buf := make([]byte, 8)
				a, b := connected(network)
				say(addrText(a.RemoteAddr()), addrText(b.LocalAddr()))
				if network != "tcp" {
					say(addrText(a.LocalAddr()), addrText(b.RemoteAddr()))
				}
				a.SetDeadline(past)
				n, err := a.Read(buf)
				say(n, netText(err))
				n, err = a.Write(buf)
				say(n, netText(err))
				a.SetDeadline(time.Time{})
				if network != "pipe" {
					n, err = a.Read(nil)
					say("no byte:", n, netText(err))
				}
				if network != "pipe" && network != "unixpacket" {
					n, err = a.Write(nil)
					say("no byte:", n, netText(err))
				}
				a.Close()
				n, err = b.Read(buf)
				say("other end:", n, netText(err))
				_, err = b.Write(buf)
				if network != "tcp" {
					sayError("other end", err)
				}
				n, err = a.Read(buf)
				say(n, netText(err))
				n, err = a.Write(buf)
				say(n, netText(err))
				sayError("close", a.Close())
				sayError("deadline", a.SetDeadline(past))
				sayError("no deadline", a.SetReadDeadline(time.Time{}))
				say(addrText(a.RemoteAddr()))
				if network == "pipe" {
					sayError("deadline", b.SetDeadline(past))
				}
			})
		})
	}
	add("net-tcp", func() {
		buf := make([]byte, 8)
		a, b := connected("tcp")
		tcp := a.(*net.TCPConn)
		sayError("no delay", tcp.SetNoDelay(false))
		sayError("keep alive", tcp.SetKeepAlive(true))
		sayError("keep alive period", tcp.SetKeepAlivePeriod(time.Second))
		sayError("close write", tcp.CloseWrite())
		n, err := b.Read(buf)
		say(n, netText(err))
		n, err = b.Write(buf)
		say(n, netText(err))
		n, err = a.Read(buf)
		say(n, netText(err))
		n, err = a.Write(buf)
		say(n, netText(err))
		sayError("close read", tcp.CloseRead())
		n, err = a.Read(buf)
		say(n, netText(err))
		a.Close()
		sayError("close write", tcp.CloseWrite())
		sayError("close read", tcp.CloseRead())
		sayError("no delay", tcp.SetNoDelay(true))
		sayError("linger", tcp.SetLinger(0))
	})
	for _, network := range []string{"tcp", "unix"} {
		add("net-reset-"+network, func() {
			inFolder(func() {
				buf := make([]byte, 8)
				a, b := connected(network)
				if network == "tcp" {
					b.(*net.TCPConn).SetLinger(0)
				} else {
					a.Write(buf) // that it has not read
				}
				b.Close()
				n, err := a.Read(buf)
				say("read:", n, netText(err))
				n, err = a.Read(buf)
				say("read:", n, netText(err))
				n, err = a.Write(buf)
				say("write:", n, netText(err))
				n, err = a.Write(buf)
				say("write:", n, netText(err))
				if network == "tcp" {
					sayError("close write", a.(*net.TCPConn).CloseWrite())
				}
				sayError("close", a.Close())
				a, b = connected(network)
				if network == "tcp" {
					b.(*net.TCPConn).SetLinger(0)
				}
				b.Close()
				n, err = a.Write(buf)
				say("write:", n, netText(err))
				buffers := net.Buffers{buf, buf}
				written, err := buffers.WriteTo(a)
				say("writev:", written, netText(err))
			})
		})
	}
	add("net-accept", func() {
		inFolder(func() {
			for _, network := range []string{"tcp", "unix", "unixpacket"} {
				listener := must(net.Listen(network, here(network)))
				timed := listener.(interface{ SetDeadline(time.Time) error })
				sayError("deadline", timed.SetDeadline(past))
				_, err := listener.Accept()
				sayError("accept", err)
				timed.SetDeadline(time.Time{})
				time.AfterFunc(10*time.Millisecond, func() { listener.Close() })
				_, err = listener.Accept()
				sayError("accept, closed meanwhile", err)
				_, err = listener.Accept()
				sayError("accept, closed", err)
				sayError("deadline", timed.SetDeadline(past))
				sayError("close", listener.Close())
				say(addrText(listener.Addr()))
			}
		})
	})
	add("net-udp", func() {
		buf := make([]byte, 8)
		a := must(net.ListenPacket("udp", "127.0.0.1:0")).(*net.UDPConn)
		six := must(net.ResolveUDPAddr("udp", "[::1]:1"))
		say(addrText(a.LocalAddr()))
		n, err := a.WriteTo(buf, six)
		say(n, netText(err))
		n, err = a.WriteTo(make([]byte, 65508), a.LocalAddr())
		say("too long:", n, netText(err))
		n, err = a.WriteTo(nil, a.LocalAddr())
		say("empty:", n, netText(err))
		n, from, err := a.ReadFrom(buf)
		say(n, addrText(from), netText(err))
		a.WriteTo([]byte("0123456789"), a.LocalAddr())
		n, from, err = a.ReadFrom(buf)
		say("longer than the buffer:", n, addrText(from), netText(err))
		n, err = a.Write(buf)
		say("not connected:", n, netText(err))
		a.SetReadDeadline(past)
		n, _, err = a.ReadFrom(buf)
		say(n, netText(err))
		a.SetWriteDeadline(past)
		n, err = a.WriteTo(buf, a.LocalAddr())
		say(n, netText(err))
		a.Close()
		n, _, err = a.ReadFrom(buf)
		say(n, netText(err))
		n, err = a.WriteTo(buf, six)
		say(n, netText(err))
		sayError("close", a.Close())

		b := must(net.Dial("udp", "127.0.0.1:9")).(*net.UDPConn)
		say(addrText(b.LocalAddr()), addrText(b.RemoteAddr()))
		n, err = b.WriteTo(buf, six)
		say(n, netText(err))
		n, err = b.Write(buf)
		say(n, netText(err))
		n, err = b.Read(buf)
		say("nobody there:", n, netText(err))
		b.Close()
		n, err = b.Write(buf)
		say(n, netText(err))
	})
	add("net-unixgram", func() {
		inFolder(func() {
			buf := make([]byte, 8)
			a := must(net.ListenPacket("unixgram", "a")).(*net.UnixConn)
			b := must(net.Dial("unixgram", "a"))
			say(addrText(a.LocalAddr()), addrText(b.LocalAddr()), addrText(b.RemoteAddr()))
			b.Write([]byte("hello"))
			n, from, err := a.ReadFrom(buf)
			say(n, netText(err))
			_ = from // of a socket without a name
			n, err = a.WriteTo(buf, &net.UnixAddr{Name: "no-such", Net: "unixgram"})
			say(n, netText(err))
			n, err = a.Write(buf)
			say(n, netText(err))
			a.Close()
			n, err = b.Write(buf)
			say(n, netText(err))
			n, err = a.Read(buf)
			say(n, netText(err))
			n, err = a.WriteTo(buf, &net.UnixAddr{Name: "a", Net: "unixgram"})
			say(n, netText(err))
		})
	})
}
