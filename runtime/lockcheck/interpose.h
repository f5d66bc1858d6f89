// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The C library's own functions, for code that stands before them.

#ifndef GOSLING_RUNTIME_LOCKCHECK_INTERPOSE_H_
#define GOSLING_RUNTIME_LOCKCHECK_INTERPOSE_H_

#include <pthread.h>

namespace gosling::lockcheck {

// OwnLock and OwnUnlock are for the checker's own mutex: it hears nothing of them.
int OwnLock(pthread_mutex_t* mutex);
int OwnUnlock(pthread_mutex_t* mutex);

}  // namespace gosling::lockcheck

#endif  // GOSLING_RUNTIME_LOCKCHECK_INTERPOSE_H_
