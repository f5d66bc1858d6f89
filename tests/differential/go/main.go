// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The Go side of tests/differential_test.py: one case by name, `main CASE`, or
// all names, `main --list`. Each has its twin of the same name in ../*.cc.
package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

var cases = map[string]func(){}

// add is called by the init functions of the other files.
func add(name string, f func()) {
	if _, ok := cases[name]; ok {
		panic("two cases are called " + name)
	}
	cases[name] = f
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--list" {
		var names []string
		for name := range cases {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Println(name)
		}
		return
	}
	cases[os.Args[1]]()
}

// say prints a line of words.
func say(words ...any) { fmt.Println(words...) }

// settle lets all the others come to rest, where there is one P.
func settle() {
	time.Sleep(50 * time.Millisecond)
	// If the machine was late, they are runnable by now.
	for range 3 {
		runtime.Gosched()
	}
}

// panicOf returns what f panics with.
func panicOf(f func()) (words string) {
	defer func() {
		if x := recover(); x != nil {
			words = fmt.Sprint(x)
		}
	}()
	f()
	return "no panic"
}
