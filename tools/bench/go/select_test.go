// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sel2ready: as in ../gosling/select.cc.

package bench

import "testing"

func BenchmarkSel2Ready(b *testing.B) {
	defer reportCPU(b)()
	even, odd := make(chan int64, 1), make(chan int64, 1)
	var sum int64
	for i := 1; i <= b.N; i++ {
		if i%2 == 0 {
			even <- int64(i)
		} else {
			odd <- int64(i)
		}
		select {
		case number := <-even:
			sum += number
		case number := <-odd:
			sum += number
		}
	}
	requireSum(b, sum)
}
