# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The workloads: what each one is, what is measured of it, and what a fair
reader has to know about the numbers."""

import dataclasses

GB = 10**9


@dataclasses.dataclass(frozen=True)
class Metric:
    """Something that the programs report: times in ns, sizes in bytes."""

    key: str
    unit: str  # that of the table
    what: str = ''  # besides the workload's name
    plotted: bool = True

    @property
    def scale(self):
        return {'ms': 10**6, 'µs': 1000, 'MB': 10**6}.get(self.unit, 1)


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str  # in every program
    metrics: tuple  # the first is the one that counts
    what: str
    cores: tuple = None  # GOMAXPROCS for which it means something; None: all
    runs: int = None  # so many in a process; None: for as long as is asked
    memory: int = 0  # bytes that it takes at the most
    slow: bool = False  # not for --quick

    @property
    def has_cpu(self):
        """has_cpu says that CPU time belongs beside the time."""
        keys = [metric.key for metric in self.metrics]
        return keys[0] == 'time' and 'cpu' not in keys


def timed(name, unit, what, cores=None):
    return Workload(name, (Metric('time', unit),), what, cores)


def parked(name, count, memory=0, slow=False):
    return Workload(name, (
        Metric('bytes', 'bytes each'), Metric('create', 'ms', 'create'),
        Metric('wake', 'ms', 'wake'),
        Metric('before', 'MB', 'RSS before', plotted=False),
        Metric('after', 'MB', 'RSS after', plotted=False),
    ), f'{count} wait on a channel each, are woken and end', runs=1,
        memory=memory, slow=slow)


def echo(name, count):
    return Workload(name, (Metric('server', 'µs', 'server CPU'),
                           Metric('each', 'µs', 'wall', plotted=False)),
                    f'an echo of 64 bytes, {count} connections', runs=1)


def storm(name, what, cores=None):
    return Workload(name, (Metric('each', 'µs'),
                           Metric('kept', '%', 'others keep', plotted=False),
                           Metric('uneven', '%', 'shares', plotted=False),
                           Metric('drained', 'ms', 'drained', plotted=False)),
                    what, cores, runs=1)


# One goroutine cannot use a second core.
ALONE = (1,)

WORKLOADS = [
    # On two cores each of the two would yield to none.
    timed('yield2', 'ns/yield', '2 goroutines yield in turn', ALONE),
    timed('yield1000', 'ns/yield', '1,000 goroutines yield in turn'),
    timed('spawn1', 'ns/goroutine', 'start one that does nothing, wait'),
    timed('spawn10k', 'ns/goroutine', 'start 10,000, wait for all'),
    timed('pingpong', 'ns/round trip', 'two channels without a buffer'),
    timed('unbuf1p1c', 'ns/item', '1 producer, 1 consumer, no buffer'),
    timed('buf1p1c', 'ns/item', '1 producer, 1 consumer, buffer of 128'),
    timed('buf8p8c', 'ns/item', '8 producers, 8 consumers, buffer of 128'),
    timed('bufsame', 'ns/item', 'one goroutine sends, then receives', ALONE),
    timed('sel2ready', 'ns/select',
          'of two, one ready, and the send that made it so', ALONE),
    timed('sel8ready', 'ns/select', 'of eight', ALONE),
    timed('sel1default', 'ns/select', 'one that is not ready, default', ALONE),
    timed('sel2default', 'ns/select', 'two that are not, default', ALONE),
    timed('selpingpong', 'ns/round trip',
          'pingpong, received in selects of two'),
    timed('selfanin2', 'ns/item', '2 send, 1 receives in a select'),
    timed('selfanin8', 'ns/item', '8 send, 1 receives in a select'),
    timed('mutex1', 'ns/lock', 'lock and unlock', ALONE),
    timed('mutex8', 'ns/lock', '8 goroutines want it'),
    timed('mutex8y', 'ns/lock', '8 want it and yield while they have it'),
    timed('pool8', 'ns/item', '8 put one into a pool and get one'),
    timed('map8', 'ns/lookup', '8 look keys up in a map'),
    timed('timeraddstop', 'ns/timer', 'a new timer, and stop it', ALONE),
    timed('timerreset', 'ns/timer', 'stop a timer and reset it', ALONE),
    timed('sieve2000', 'ms', '2,000 primes, a goroutine for each'),
    Workload('skynet', (Metric('time', 'ms'),
                        Metric('peak', 'MB', 'RSS at peak', plotted=False)),
             'a tree of goroutines with 1,000,000 leaves', runs=2,
             memory=4 * GB),
    Workload('sleep100k', (Metric('time', 'ms'), Metric('cpu', 'ms', 'CPU'),
                           Metric('late', 'ms', 'latest')),
             '100,000 sleep for 1 to 100 ms', runs=2),
    Workload('sparsewake', (Metric('cpu', 'µs', 'CPU'),
                            Metric('latency', 'µs', 'latency')),
             'wake one that waits, every 0.5 ms'),
    Workload('sigself', (Metric('latency', 'µs'),),
             'a signal to oneself, received on a channel'),
    storm('storm1', 'a delivery, one signal sent as fast as it goes'),
    storm('storm18', 'the same with eighteen signals in turn'),
    storm('storm1same', 'storm1, the sender on the same core', ALONE),
    storm('storm18same', 'storm18, the sender on the same core', ALONE),
    Workload('sighandler', (Metric('each', 'ns/signal'),),
             'to oneself, with none to wake', ALONE),
    Workload('blockecho', (Metric('time', 'µs'),),
             'an echo, 100 clients on plain blocking sockets'),
    Workload('blockechohint', (Metric('time', 'µs'),),
             'the same, each call said to block'),
    echo('echo64', '64'),
    echo('echo1000', '1,000'),
    Workload('echop99', (Metric('p99', 'µs', 'p99'),
                         Metric('rate', 'a second', 'rate', plotted=False)),
             '64 connections, at half of the top rate', ALONE, runs=1),
    Workload('idle20000', (Metric('bytes', 'bytes each'),),
             '20,000 connections that had one echo', ALONE, runs=1,
             memory=GB),
    parked('parked100k', '100,000', 2 * GB),
    parked('parked1m', '1,000,000', 13 * GB, slow=True),
]

# Holes that are no mistake, and what the floor has: some of it with only one
# thread, and so for one core.
ABSENT = {'boost_fiber': {
    'sel2ready', 'sel8ready', 'sel1default', 'sel2default', 'selpingpong',
    'selfanin2', 'selfanin8', 'pool8', 'map8', 'timeraddstop', 'timerreset',
    'sigself', 'storm1', 'storm18', 'storm1same', 'storm18same', 'sighandler',
    'blockecho', 'blockechohint', 'echo64', 'echo1000', 'echop99',
    'idle20000'}, 'go': {'blockechohint'}}
FLOOR = {'yield2': ALONE, 'yield1000': ALONE, 'pingpong': None,
         'mutex1': ALONE, 'timeraddstop': ALONE, 'timerreset': ALONE,
         'sparsewake': None, 'sigself': None, 'sighandler': ALONE,
         'echo64': None,
         'echo1000': None, 'echop99': ALONE, 'idle20000': ALONE}

# A fair reader of the table has to know these: the workloads (none: any), the
# system it is about, the line.
REMARKS = [
    ('', 'gosling',
     'gosling does less than Go: its stacks do not grow and are not moved, it '
     'collects no garbage, and user code is not interrupted to let others '
     'run.'),
    ('', 'floor',
     'floor: the least that the machine asks for, without a scheduler. yield: '
     'jump_fcontext of Boost.Context. pingpong: two of them on one core; on '
     'more, a cache line handed over and back between two threads that spin. '
     'mutex1: an atomic exchange and a store. timers: a look at the clock. '
     'sparsewake: a thread woken through a futex. sigself: a handler that '
     'sets a flag. echo, idle: epoll, a thread for each core, one buffer for '
     'all its connections.'),
    ('', 'boost_fiber',
     'Boost.Fiber: on one core with its default scheduler, on more with its '
     'work stealing, which does not sleep while there is nothing to do.'),
    ('', 'boost_fiber',
     'Boost.Fiber has no select, no timers apart from sleeping, no signals, '
     'no sockets.'),
    ('yield2 yield1000', 'gosling',
     "yield: Go's goes through a queue that all cores share, and its lock; "
     "gosling's stays in the core's own queue."),
    ('spawn1 spawn10k skynet', 'gosling',
     'spawn: in gosling a goroutine that follows one which has ended runs on '
     'the same stack, without a switch.'),
    ('spawn1 spawn10k skynet', 'boost_fiber',
     "spawn: Boost.Fiber's stacks are from its pool on one core. The pool is "
     'not for several threads, so on more they are from malloc, its default.'),
    ('buf1p1c buf8p8c bufsame', 'boost_fiber',
     "buf…: Boost.Fiber's buffer of 128 holds 127."),
    ('sel1default', 'gosling',
     'sel1default: a select of one case and a default is no select, in Go and '
     'in gosling, but a look at the channel.'),
    ('timeraddstop timerreset', 'go',
     'timers: since Go 1.23 a timer whose channel nobody waits for is in no '
     "heap, and its memory is the garbage collector's; gosling's is in the "
     'heap at once, and freed with its last handle.'),
    ('skynet', 'boost_fiber',
     'skynet: Boost.Fiber enters each fiber as it is launched, and a parent '
     'has a buffer for its children, so that the tree is not in memory all at '
     'once.'),
    ('sparsewake', 'gosling',
     'sparsewake: in gosling and Go the one that is woken may run on the core '
     "of who woke it; the floor's is another thread, on one core too."),
    ('sparsewake', 'go',
     "sparsewake: Go's sleeps end on whole milliseconds of its poller, "
     'so it wakes half as often; the numbers are for one wake.'),
    ('storm1 storm18 storm1same storm18same', 'gosling',
     'storm: the sender is another process, the same for all systems, on the '
     'CPUs that the receiver does not use, if there are any; in …same it '
     'shares the core with the receiver and with what others do. What others keep: '
     'of the work that a goroutine a P does, that yields every microsecond. '
     'Shares: most less least of the signals, against their mean. Drained: '
     'the last delivery after the sender has stopped.'),
    ('sighandler', 'gosling',
     'sighandler: sending is in it, and the kernel\'s way to the handler and '
     'back. The floor\'s handler counts: what a handler takes is the '
     'difference.'),
    ('blockecho', 'gosling',
     'blockecho: sockets that no poller knows. Each echo is begun by a ticket '
     'from a channel. Go is told by its package syscall that a call may block, '
     'gosling by nothing; in blockechohint by runtime::Blocking.'),
    ('blockecho', 'boost_fiber',
     'blockecho: a fiber that blocks stops all fibers of its thread.'),
    ('echo64 echo1000 echop99 idle20000', 'gosling',
     'echo, idle: the client is another process, the same for all systems, on '
     'the CPUs that the server does not use, if there are any. Only the '
     "server's CPU time counts; servers read up to 4,096 bytes at a time, in "
     'idle 64. p99 is at half of the rate that the same system has with the '
     'next request sent as soon as the last one is answered, and counts from '
     'when a request was due. idle: resident memory, the kernel\'s not '
     'included; fewer connections where the system allows fewer descriptors.'),
    ('parked100k parked1m', 'gosling',
     "parked: gosling's stacks have a guard page and at least one page in "
     "use, 4,096 bytes; Go's begin with 2,048 and are copied when they grow."),
    ('parked100k parked1m', 'gosling',
     'parked: RSS after is when it has stopped to fall, which takes gosling a '
     'second for every 100,000; Go was asked with debug.FreeOSMemory, and '
     'malloc with malloc_trim, for what they keep.'),
    ('parked100k parked1m', 'boost_fiber',
     "parked: Boost.Fiber's stacks are without guard pages, its default; "
     "with them it runs into the system's limit on mappings at 32,000."),
]


def is_run(workload, procs):
    """is_run says whether a workload means something with a GOMAXPROCS."""
    return workload.cores is None or procs in workload.cores


def takes_part(system, workload, procs):
    """takes_part says whether a system's program has it for a GOMAXPROCS."""
    if system == 'floor':
        return (workload.name in FLOOR
                and procs in (FLOOR[workload.name] or (procs,)))
    return workload.name not in ABSENT.get(system, ())


def remarks(shown):
    """remarks returns the lines about what is shown: names of workloads by
    system. A line about a hole is one about its system."""
    return [line for names, system, line in REMARKS if system in shown
            and (not names or any(name in shown[system]
                                  for name in names.split()))]
