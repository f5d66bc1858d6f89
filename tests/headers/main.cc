// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The program that the header checks are linked into: linking them together
// also catches a function defined in a header without `inline`.
int main() { return 0; }
