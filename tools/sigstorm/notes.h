// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sigstorm notes: the same storm with each thing that the receiver can sleep on.

#ifndef TOOLS_SIGSTORM_NOTES_H_
#define TOOLS_SIGSTORM_NOTES_H_

namespace sigstorm {

// NotesMain reads `notes` and options of sigstorm's, as argv, and runs sigstorm
// once for each note. Returns the exit status: 1 if the pipe or the futex fails a
// verdict. The semaphore is expected to hang, now and then.
int NotesMain(int argc, char** argv);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_NOTES_H_
