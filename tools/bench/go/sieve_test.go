// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sieve2000: as in ../ours/sieve.cc.

package bench

import "testing"

const (
	sievePrimes = 2000
	sieveLast   = 17389
)

func generate(out chan<- int) {
	for i := 2; i <= sieveLast; i++ {
		out <- i
	}
	close(out)
}

func filter(in <-chan int, out chan<- int, prime int) {
	for i := range in {
		if i%prime != 0 {
			out <- i
		}
	}
	close(out)
}

func BenchmarkSieve2000(b *testing.B) {
	defer reportCPU(b)()
	for i := 0; i < b.N; i++ {
		in := make(chan int)
		go generate(in)
		primes, last := 0, 0
		for {
			prime, ok := <-in
			if !ok {
				break
			}
			primes++
			last = prime
			out := make(chan int)
			go filter(in, out, prime)
			in = out
		}
		if primes != sievePrimes || last != sieveLast {
			b.Fatal("wrong result:", primes, last)
		}
	}
}
