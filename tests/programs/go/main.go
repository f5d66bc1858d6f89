// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The Go side of tests/programs_test.py. The texts are those of ../program.h.
//
//	main run N      reads programs from standard input, a line each, runs each N
//	                times and prints "number<tab>outcome", each outcome once
//	main end TEXT   runs one with main as its first goroutine and nothing caught
package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

type form int

const (
	plain form = iota
	try
	selects
	closes
)

const none = 9 // the channel that is nil

// op is an operation: dirs and chans of its cases, values of its sends.
type op struct {
	form       form
	sends      []bool
	chans      []int
	values     []int
	hasDefault bool
}

type program struct {
	capacities []int
	goroutines [][]op
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// add reads a case, "s0=5" or "r1".
func (o *op) add(token string) {
	ch, value, send := strings.Cut(token[1:], "=")
	o.sends = append(o.sends, send)
	o.chans = append(o.chans, number(ch))
	if value == "" {
		value = "0"
	}
	o.values = append(o.values, number(value))
}

func parse(text string) *program {
	p := new(program)
	parts := strings.Split(text, "|")
	for _, capacity := range strings.Fields(parts[0]) {
		p.capacities = append(p.capacities, number(capacity))
	}
	for _, part := range parts[1:] {
		var ops []op
		inside := false
		for _, token := range strings.Fields(part) {
			last := len(ops) - 1
			switch {
			case token == "[":
				ops = append(ops, op{form: selects})
				inside = true
			case token == "]":
				inside = false
			case token == "d":
				ops[last].hasDefault = true
			case inside:
				ops[last].add(token)
			default:
				o := op{}
				switch token[0] {
				case 'c':
					o.form = closes
				case 'S', 'R':
					o.form, o.hasDefault = try, true
				}
				o.add(token)
				ops = append(ops, o)
			}
		}
		p.goroutines = append(p.goroutines, ops)
	}
	return p
}

func received(index, v int, ok bool) string {
	if !ok {
		return fmt.Sprintf("%d=-", index)
	}
	return fmt.Sprintf("%d=%d", index, v)
}

// perform does an operation and returns its result.
func perform(o op, channels []chan int) string {
	ch := func(i int) chan int {
		if o.chans[i] == none {
			return nil
		}
		return channels[o.chans[i]]
	}
	switch {
	case o.form == closes:
		close(ch(0))
		return "c"
	case o.form == plain && o.sends[0]:
		ch(0) <- o.values[0]
		return "0"
	case o.form == plain:
		v, ok := <-ch(0)
		return received(0, v, ok)
	case o.form == try && o.sends[0]:
		select {
		case ch(0) <- o.values[0]:
			return "0"
		default:
			return "d"
		}
	case o.form == try:
		select {
		case v, ok := <-ch(0):
			return received(0, v, ok)
		default:
			return "d"
		}
	}
	var cases []reflect.SelectCase
	for i, send := range o.sends {
		c := reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ch(i))}
		if send {
			c.Dir, c.Send = reflect.SelectSend, reflect.ValueOf(o.values[i])
		}
		cases = append(cases, c)
	}
	if o.hasDefault {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectDefault})
	}
	index, v, ok := reflect.Select(cases)
	switch {
	case index == len(o.sends):
		return "d"
	case o.sends[index]:
		return strconv.Itoa(index)
	}
	return received(index, int(v.Int()), ok)
}

var words = map[string]string{
	"send on closed channel":  "!send",
	"close of closed channel": "!close",
	"close of nil channel":    "!nil",
}

// performCaught is perform with a panic as the result.
func performCaught(o op, channels []chan int) (result string) {
	defer func() {
		if x := recover(); x != nil {
			if result = words[fmt.Sprint(x)]; result == "" {
				panic(x)
			}
		}
	}()
	return perform(o, channels)
}

func (p *program) channels() (channels []chan int) {
	for _, capacity := range p.capacities {
		channels = append(channels, make(chan int, capacity))
	}
	return
}

// run returns the outcome of one run, in a bubble.
func (p *program) run() string {
	channels := p.channels()
	results := make([][]string, len(p.goroutines))
	var over atomic.Bool
	for i, ops := range p.goroutines {
		yields := rand.Uint32()
		go func() {
			for n, o := range ops {
				if yields>>n&1 != 0 {
					runtime.Gosched()
				}
				result := performCaught(o, channels)
				if over.Load() {
					return
				}
				results[i] = append(results[i], result)
			}
		}()
	}
	synctest.Wait()
	var b strings.Builder
	for i, list := range results {
		for _, result := range list {
			b.WriteString(result + " ")
		}
		if len(list) < len(p.goroutines[i]) {
			b.WriteString("? ")
		}
		b.WriteString("| ")
	}
	b.WriteString("#")
	over.Store(true)
	for _, ch := range channels {
		for range len(ch) { // what waiting senders add is not its own
			v, ok := <-ch
			if !ok {
				break
			}
			fmt.Fprintf(&b, " %d", v)
		}
		b.WriteString(" ,")
	}
	for _, ch := range channels {
		func() {
			defer func() { _ = recover() }() // the program has closed it
			close(ch)
		}()
	}
	synctest.Wait()
	return b.String()
}

func runAll(runs int) {
	in := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for n := 0; in.Scan(); n++ {
		p := parse(in.Text())
		seen := map[string]bool{}
		for range runs {
			seen[p.run()] = true
		}
		for outcome := range seen {
			fmt.Fprintf(out, "%d\t%s\n", n, outcome)
		}
	}
}

// end does the first goroutine's operations itself and waits for the others.
func (p *program) end() {
	channels := p.channels()
	results := make([][]string, len(p.goroutines))
	perform := func(i int) {
		for _, o := range p.goroutines[i] {
			results[i] = append(results[i], perform(o, channels))
		}
	}
	var group sync.WaitGroup
	group.Add(len(p.goroutines) - 1)
	for i := range p.goroutines[1:] {
		go func() {
			perform(i + 1)
			group.Done()
		}()
	}
	perform(0)
	group.Wait()
	for _, list := range results {
		for _, result := range list {
			fmt.Print(result, " ")
		}
		fmt.Print("| ")
	}
	fmt.Println("#")
}

func main() {
	if os.Args[1] == "end" {
		parse(os.Args[2]).end()
		return
	}
	// Bubbles are for tests.
	test := testing.InternalTest{Name: "run", F: func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { runAll(number(os.Args[2])) })
		os.Exit(0) // before it says PASS
	}}
	all := func(string, string) (bool, error) { return true, nil }
	testing.Main(all, []testing.InternalTest{test}, nil, nil)
}
