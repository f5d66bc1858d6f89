// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// GOSLING_API marks what the shared library exports; everything else is built
// hidden.

#ifndef GOSLING_INTERNAL_EXPORT_H_
#define GOSLING_INTERNAL_EXPORT_H_

#define GOSLING_API __attribute__((visibility("default")))

#endif  // GOSLING_INTERNAL_EXPORT_H_
