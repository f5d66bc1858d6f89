/* SPDX-FileCopyrightText: 2026 The gosling authors
   SPDX-License-Identifier: BSD-3-Clause */

/* gosling's connections in C, for Go's tests of connections (nettest_test.py):
   cgo knows C only. The functions may be called by any thread, and block it
   where a goroutine would park. */

#ifndef GOSLING_TESTS_NETTEST_SHIM_H_
#define GOSLING_TESTS_NETTEST_SHIM_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Handles. Free gives one back; the socket closes with its last handle. */
typedef struct NettestConn NettestConn;
typedef struct NettestListener NettestListener;

enum {
  kNettestOk,
  kNettestEof,
  kNettestClosed,     /* net::Closed */
  kNettestClosedPipe, /* io::ClosedPipe */
  kNettestOther,
};

typedef struct {
  int kind;
  int timeout; /* 1: net::TimedOut */
  char text[256];
} NettestError;

NettestListener* NettestListen(const char* network, const char* address,
                               NettestError* err);
NettestConn* NettestAccept(NettestListener* l, NettestError* err);
void NettestListenerClose(NettestListener* l, NettestError* err);
void NettestListenerFree(NettestListener* l);
/* Puts the address into `to`, of `size` bytes. */
void NettestListenerAddr(NettestListener* l, char* to, size_t size);

NettestConn* NettestDial(const char* network, const char* address,
                         NettestError* err);
void NettestPipe(NettestConn** a, NettestConn** b);

size_t NettestRead(NettestConn* c, void* to, size_t n, NettestError* err);
size_t NettestWrite(NettestConn* c, const void* from, size_t n,
                    NettestError* err);
void NettestClose(NettestConn* c, NettestError* err);
void NettestFree(NettestConn* c);

/* Deadlines: `modes` is 1 for reading, 2 for writing, 3 for both. They are over
   in `ns`, which may be negative; ClearDeadline takes them away. */
void NettestSetDeadline(NettestConn* c, int modes, int64_t ns,
                        NettestError* err);
void NettestClearDeadline(NettestConn* c, int modes, NettestError* err);

/* `remote`: the other end's address. */
void NettestAddr(NettestConn* c, int remote, char* network, size_t network_size,
                 char* to, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* GOSLING_TESTS_NETTEST_SHIM_H_ */
