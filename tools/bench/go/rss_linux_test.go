// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// As ../rss_linux.cc.

package bench

import (
	"fmt"
	"os"
	"strings"
)

func residentBytes() int64 {
	var size, resident int64
	scan(read("/proc/self/statm"), &size, &resident)
	return resident * int64(os.Getpagesize())
}

func peakResidentBytes() int64 {
	const name = "VmHWM:"
	text := read("/proc/self/status")
	var kilobytes int64
	scan(text[strings.Index(text, name)+len(name):], &kilobytes)
	return kilobytes * 1024
}

func read(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func scan(text string, numbers ...any) {
	if _, err := fmt.Sscan(text, numbers...); err != nil {
		panic(err)
	}
}
