// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"net"
)

const rounds = 200

type dice struct{ state uint64 }

func (d *dice) throw(sides int) int {
	d.state = d.state*6364136223846793005 + 1442695040888963407
	return int((d.state >> 33) % uint64(sides))
}

func changed(text string, d *dice) string {
	const letters = "0123456789afgF.:/%[]-+ "
	for n := d.throw(3) + 1; n > 0; n-- {
		what := d.throw(3)
		at := d.throw(len(text) + 1)
		c := letters[d.throw(len(letters))]
		switch {
		case what == 0:
			text = text[:at] + string(c) + text[at:]
		case what == 1 && at < len(text):
			text = text[:at] + text[at+1:]
		case what == 2 && at < len(text):
			text = text[:at] + string(c) + text[at+1:]
		}
	}
	return text
}

func vary(seeds []string, f func(string)) {
	d := &dice{state: 1}
	for _, seed := range seeds {
		f(seed)
		for range rounds {
			f(changed(seed, d))
		}
	}
}

func quoted(text string) string { return "<" + text + ">" }

func kinds(ip net.IP) string {
	kinds := ""
	for _, kind := range []struct {
		letter string
		is     bool
	}{
		{"u", ip.IsUnspecified()}, {"l", ip.IsLoopback()}, {"p", ip.IsPrivate()}, {"m", ip.IsMulticast()},
		{"i", ip.IsInterfaceLocalMulticast()}, {"k", ip.IsLinkLocalMulticast()}, {"s", ip.IsLinkLocalUnicast()},
		{"g", ip.IsGlobalUnicast()}, {"4", ip.To4() != nil},
	} {
		if kind.is {
			kinds += kind.letter
		}
	}
	return kinds
}

func init() {
	add("net-parse-ip", func() {
		vary([]string{
			"192.0.2.1", "10.255.0.99", "127.0.0.1",
			"::", "::1", "2001:db8::68",
			"fe80::1:0:0:2", "1:2:3:4:5:6:7:8", "::ffff:192.0.2.1",
			"1:2:3:4:5:6:192.0.2.1", "ff02::1", "fe80::1%lo",
		}, func(text string) {
			ip := net.ParseIP(text)
			say(quoted(text), ip, quoted(kinds(ip)))
		})
	})
	add("net-parse-cidr", func() {
		vary([]string{
			"192.0.2.77/24", "10.1.2.3/8", "0.0.0.0/0", "2001:db8::7/32",
			"::ffff:1.2.3.4/120", "::/128",
		}, func(s string) {
			ip, network, err := net.ParseCIDR(s)
			say(quoted(s), ip, network, text(err))
			if err != nil {
				return
			}
			ones, bits := network.Mask.Size()
			say(network.Mask, network.IP, network.Contains(ip), network.Contains(net.IPv4(10, 77, 0, 1)),
				network.Contains(net.IPv6loopback), ones, bits)
		})
	})
	add("net-split-host-port", func() {
		vary([]string{
			"localhost:80", "192.0.2.1:http", "[::1]:443", "[fe80::1%lo]:1",
			":0", "[]:", "",
		}, func(s string) {
			host, port, err := net.SplitHostPort(s)
			say(quoted(s), quoted(host), quoted(port), text(err))
			if err == nil {
				say(net.JoinHostPort(host, port))
			}
		})
	})
	add("net-lookup-port", func() {
		for _, network := range []string{"tcp", "tcp4", "udp", "udp6", "ip", "", "bad"} {
			for _, service := range []string{
				"80", "65535", "-0", "http", "HTTPS", "domain", "ntp", "www",
				"no-such-service", "99999999999999999999",
			} {
				port, err := net.DefaultResolver.LookupPort(context.Background(), network, service)
				say(quoted(network), service, port, text(err))
			}
		}
	})
	add("net-lookup-literal", func() {
		resolver := net.DefaultResolver
		for _, network := range []string{"ip", "ip4", "ip6", "bad"} {
			for _, host := range []string{"", "127.0.0.1", "::1", "::", "::ffff:1.2.3.4",
				"fe80::1%7", "not a name", "x.onion"} {
				found, err := resolver.LookupIP(context.Background(), network, host)
				say(network, quoted(host), text(err))
				for _, address := range found {
					say(address)
				}
			}
		}
		for _, host := range []string{"", "127.0.0.1", "2001:DB8::1", "no name"} {
			found, err := resolver.LookupHost(context.Background(), host)
			say(quoted(host), text(err))
			for _, address := range found {
				say(address)
			}
		}
		_, err := resolver.LookupAddr(context.Background(), "nowhere")
		say(text(err))
	})
}
