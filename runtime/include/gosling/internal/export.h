// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// GOSLING_API marks what the shared library exports; everything else is built
// hidden. Every public header comes here first, so the language is checked here
// too.

#ifndef GOSLING_INTERNAL_EXPORT_H_
#define GOSLING_INTERNAL_EXPORT_H_

#include <gosling/internal/cxx20.h>

#define GOSLING_API [[gnu::visibility("default")]]

#endif  // GOSLING_INTERNAL_EXPORT_H_
