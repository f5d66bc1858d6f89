// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Says which Go this is, for tools/bench/run.

package bench

import (
	"fmt"
	"os"
	"runtime"
	"testing"
)

func TestMain(m *testing.M) {
	fmt.Println("version:", runtime.Version())
	os.Exit(m.Run())
}
