// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Everything. Write `namespace go = gosling;`: with `using namespace gosling`,
// a bare `time(…)` or `signal(…)` is ambiguous between this library and libc.

#ifndef GOSLING_GOSLING_H_
#define GOSLING_GOSLING_H_

#include <gosling/async.h>
#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/debug.h>
#include <gosling/errors.h>
#include <gosling/exec.h>
#include <gosling/go.h>
#include <gosling/group.h>
#include <gosling/io.h>
#include <gosling/ip.h>
#include <gosling/map.h>
#include <gosling/net.h>
#include <gosling/os.h>
#include <gosling/panic.h>
#include <gosling/pool.h>
#include <gosling/rate.h>
#include <gosling/readable.h>
#include <gosling/resolver.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/semaphore.h>
#include <gosling/signal.h>
#include <gosling/singleflight.h>
#include <gosling/stream.h>
#include <gosling/sync.h>
#include <gosling/testing.h>
#include <gosling/time.h>
#include <gosling/trace.h>

#endif  // GOSLING_GOSLING_H_
