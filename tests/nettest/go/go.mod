module gosling

go 1.27

require golang.org/x/net v0.0.0

// Put there by nettest_test.py, out of Go's own sources.
replace golang.org/x/net => ./x_net
