// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The Go program: `go test -bench .` in this folder, or tools/bench/run.
module bench

go 1.19
