// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The server that tools/bench/servers.py builds and runs.
module servers

go 1.19
