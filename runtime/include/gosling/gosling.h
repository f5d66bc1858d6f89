// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Everything. Write `namespace go = gosling;`: with `using namespace gosling`,
// a bare `time(…)` or `signal(…)` is ambiguous between this library and libc.

#ifndef GOSLING_GOSLING_H_
#define GOSLING_GOSLING_H_

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/signal.h>
#include <gosling/sync.h>
#include <gosling/time.h>

#endif  // GOSLING_GOSLING_H_
