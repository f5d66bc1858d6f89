# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The calls that the library's sources make into the system, and the table of
them in calls.txt."""

import re

FOLDERS = ('arch', 'runtime', 'sched', 'signals')

# What only computes, or only looks at the process's own memory.
PURE = set('''
    free getauxval getenv getpid gai_strerror pthread_self snprintf strdup
    strncasecmp strrchr strtoll strtoull
'''.split())

CALL = re.compile(r'(?<![\w:>])::(\w+)\(|\bgosling_(\w+)_trampoline\b')
# strdup and its like are named in PURE for the rare call; these are never
# written without `::`, or a call would hide from the table.
NAMES = set('''
    accept accept4 bind chdir clock_gettime clone close connect dup dup2 dup3
    epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd execve fcntl fork
    fstat fsync ftruncate getpeername getrlimit getsockname getsockopt ioctl
    kevent kill kqueue listen lseek madvise mkstemp mmap mprotect munmap
    nanosleep open openat pipe pipe2 poll posix_spawn prctl pread
    pthread_atfork pthread_create pthread_kill pthread_sigmask pwrite raise
    read readv recv recvfrom recvmsg select send sendfile sendmsg sendto
    setitimer setsockopt shutdown sigaction sigaltstack socket splice stat
    syscall unlink waitid waitpid write writev
'''.split())
BARE = re.compile(r'(?<![\w:.>~])(%s)\(' % '|'.join(sorted(NAMES)))
WORDS = {'if', 'for', 'while', 'switch', 'catch', 'return', 'do', 'else'}


def without_comments(text):
    """without_comments blanks comments, literals and directives; lines stay."""
    def blank(match):
        return re.sub(r'[^\n]', ' ', match[0])
    text = re.sub(r'//[^\n]*|/\*.*?\*/', blank, text, flags=re.S)
    text = re.sub(r'"(\\.|[^"\\\n])*"', lambda m: '"' + ' ' * (len(m[0]) - 2) + '"', text)
    text = re.sub(r"(?<!\w)'(\\.|[^'\\\n])*'", blank, text)
    return re.sub(r'^[ \t]*#(.*\\\n)*.*', blank, text, flags=re.M)


def function_of(header):
    """function_of returns the name that a function's head defines, or None."""
    header = re.sub(r'\b(ABSL_\w+|alignas|__attribute__)\s*\([^()]*\)', ' ', header)
    match = re.search(r'(operator[^(]*|~?\w+)\s*\(', header)
    if match is None or match[1] in WORDS:
        return None
    return match[1].strip()


def calls_of(text):
    """calls_of yields (function, call) for each call in a source."""
    text = without_comments(text)
    calls = sorted([(m.start(), m) for m in CALL.finditer(text)] +
                   [(m.start(), m) for m in BARE.finditer(text)],
                   key=lambda call: call[0])
    scopes = []  # a function's name, or None for any other brace
    begin = 0    # of what may be a head
    at = 0
    for start, match in calls + [(len(text), None)]:
        for at in range(at, start):
            c = text[at]
            if c == '{':
                inside = any(scopes)
                head = text[begin:at]
                scopes.append(None if inside else function_of(head))
            elif c == '}' and scopes:
                scopes.pop()
            if c in ';{}':
                begin = at + 1
        at = start
        if match is None:
            return
        name = match[1] or 'trampoline ' + match[2]
        if name in PURE:
            continue
        function = next((f for f in scopes if f), None)
        bare = match.re is BARE
        if function is None:  # a declaration, or a list of initializers
            function = function_of(text[begin:start])
            if bare or function is None:
                continue
        if name == 'syscall':
            name += ' ' + re.match(r'\s*(\w+)', text[match.end():])[1]
        yield function, name


def calls_in(root):
    """calls_in returns the calls of a tree: a set of (file, function, call)."""
    found = set()
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob('*')):
            if path.suffix in ('.cc', '.h'):
                name = path.relative_to(root).as_posix()
                found |= {(name, *call)
                          for call in calls_of(path.read_text('utf-8'))}
    return found
