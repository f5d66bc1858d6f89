# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Where a step is made here, and what Go calls it.

A test looks that each function is in its file, and Go's in Go's.
"""

import functools
import pathlib
import re
import typing

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Place(typing.NamedTuple):
    name: str  # of the function
    file: str
    go: str
    go_file: str  # in Go's src

    def here(self):
        return f'{self.name}, {self.file}'

    @functools.lru_cache(maxsize=None)
    def line(self):
        """line is where the function is defined; 0: nowhere in its file."""
        text = (ROOT / self.file).read_text(encoding='utf-8')
        name = re.escape(self.name)
        if '::' not in name:
            name = rf'\b(?:\w+::)?{name}'
        found = re.search(rf'(?m)^[^/\n]*{name}\([^;{{]*\)[^;{{()]*\{{', text)
        return text.count('\n', 0, found.start()) + 1 if found else 0

    def exact(self):
        return f'{self.here()}:{self.line()}'


def proc(name, file, go):
    return Place(name, file, go, 'runtime/proc.go')


# By what the recording calls a step.
PLACES = {
    'running': proc('SwitchTo', 'sched/switch_to.h', 'execute'),
    'runnable': proc('Enqueue', 'sched/proc.cc', 'ready'),
    'system call': proc('EnterSyscall', 'sched/syscall.cc', 'entersyscall'),
    'sleep': Place('Sleep', 'runtime/time.cc', 'timeSleep', 'runtime/time.go'),
    'select': Place('SelectGo', 'runtime/select.cc', 'selectgo',
                    'runtime/select.go'),
    'select (no cases)': Place('SelectForever', 'runtime/select.cc', 'block',
                               'runtime/select.go'),
    'chan send': Place('ChanSend', 'runtime/chan.cc', 'chansend',
                       'runtime/chan.go'),
    'chan receive': Place('ChanRecv', 'runtime/chan.cc', 'chanrecv',
                          'runtime/chan.go'),
    'IO wait': Place('PollDesc::Wait', 'sched/netpoll.cc', 'netpollblock',
                     'runtime/netpoll.go'),
    'sync.Mutex.Lock': Place('SemAcquire', 'runtime/sema.cc', 'semacquire1',
                             'runtime/sema.go'),
    'sync.WaitGroup.Wait': Place('SemAcquire', 'runtime/sema.cc', 'semacquire1',
                                 'runtime/sema.go'),
    'park': proc('GoIdle', 'sched/idle.cc', 'stopm'),
    'wake': proc('AwaitWakeup', 'sched/idle.cc', 'mPark'),
    'spin': proc('MayStartSpinning', 'sched/idle.cc', 'becomeSpinning'),
    'steal': proc('StealWork', 'sched/schedule.cc', 'stealWork'),
    'timers fired': Place('TimerHeap::Run', 'sched/timer.cc', 'run',
                          'runtime/time.go'),
    'netpoll': Place('Poll', 'sched/netpoll.cc', 'netpoll',
                     'runtime/netpoll_epoll.go'),
    'note sleep': Place('ReceiveLoop', 'signals/recv.cc', 'signal_recv',
                        'runtime/sigqueue.go'),
    'note wake': Place('PipeNote::Sleep', 'signals/note_pipe.cc', 'sigNoteSleep',
                       'runtime/os_darwin.go'),
    'retake P': proc('TryRetake', 'sched/sysmon.cc', 'retake'),
    'hand off P': proc('HandoffP', 'sched/handoff.cc', 'handoffp'),
    'stop the world': proc('StopTheWorld', 'sched/world.cc', 'stopTheWorld'),
    'start the world': proc('StartTheWorld', 'sched/world.cc', 'startTheWorld'),
    'taken by the handler': Place('SigQueue::Send', 'signals/sigqueue_send.cc',
                                  'sigsend', 'runtime/sigqueue.go'),
    'merged': Place('SigQueue::Merge', 'signals/sigqueue_send.cc', 'sigsend',
                    'runtime/sigqueue.go'),
    'received': Place('FanOut', 'signals/registry.cc', 'signal_recv',
                      'runtime/sigqueue.go'),
    'delivered': Place('Deliver', 'signals/registry.cc', 'process',
                       'os/signal/signal.go'),
    'dropped': Place('Deliver', 'signals/registry.cc', 'process',
                     'os/signal/signal.go'),
    'log': Place('Log', 'runtime/trace.cc', 'Log', 'runtime/trace/annotation.go'),
}
WAITS = proc('Park', 'sched/proc.h', 'gopark')

# Steps of the levels that are none of a recording.
LEVELS = {
    'AwaitNews': Place('SigQueue::AwaitNews', 'signals/sigqueue.cc',
                       'signal_recv', 'runtime/sigqueue.go'),
    'TakeNews': Place('SigQueue::TakeNews', 'signals/sigqueue.cc',
                      'signal_recv', 'runtime/sigqueue.go'),
    'Take': Place('SigQueue::Take', 'signals/sigqueue.cc', 'signal_recv',
                  'runtime/sigqueue.go'),
    'Send': PLACES['taken by the handler'],
    'Merge': PLACES['merged'],
    'Announce': Place('SigQueue::Announce', 'signals/sigqueue_send.cc', 'sigsend',
                      'runtime/sigqueue.go'),
    'Notify': Place('SigQueue::Notify', 'signals/sigqueue_send.cc', 'sigsend',
                    'runtime/sigqueue.go'),
    'PipeWakeup': Place('PipeNote::Wakeup', 'signals/note_pipe.cc',
                        'sigNoteWakeup', 'runtime/os_darwin.go'),
    'PipeSleep': PLACES['note wake'],
    'SemaWakeup': Place('SemaNote::Wakeup', 'sched/os/note_sema.cc', 'semawakeup',
                        'runtime/os_darwin.go'),
    'SemaSleep': Place('SemaNote::SleepFor', 'sched/os/note_sema.cc',
                       'semasleep', 'runtime/os_darwin.go'),
    'SemaClear': Place('SemaNote::Clear', 'sched/os/note_sema.cc', 'noteclear',
                       'runtime/lock_sema.go'),
    'FanOut': PLACES['received'],
    'Ready': proc('Enqueue', 'sched/proc.cc', 'ready'),
    'WakeP': proc('WakeP', 'sched/handoff.cc', 'wakep'),
    'StartM': proc('GiveToIdleM', 'sched/idle.cc', 'startm'),
    'FindRunnable': proc('FindRunnable', 'sched/schedule.cc', 'findRunnable'),
    'MayStartSpinning': PLACES['spin'],
    'StealWork': PLACES['steal'],
    'LookForMore': proc('LookForMore', 'sched/schedule.cc', 'resetspinning'),
    'LeavesWork': proc('LeavesWork', 'sched/schedule.cc', 'schedule'),
    'GoIdle': PLACES['park'],
    'Enter': proc('Enter', 'sched/idle.cc', 'findRunnable'),
    'LastLook': proc('LastLook', 'sched/idle.cc', 'findRunnable'),
    'AwaitWakeup': PLACES['wake'],
    'Park': proc('ParkCommitted', 'sched/proc.cc', 'gopark'),
    'Yield': proc('YieldLocal', 'sched/proc.cc', 'goyield'),
    'NextLocal': proc('NextLocal', 'sched/next.h', 'runqget'),
    'WaitOffCpu': proc('WaitOffCpu', 'sched/next.cc', 'execute'),
    'Arrive': proc('Arrive', 'sched/switch_to.h', 'execute'),
    'SwitchTo': proc('SwitchTo', 'sched/switch_to.h', 'execute'),
    'FinishPrevious': proc('FinishPrevious', 'sched/switch_to.h', 'park_m'),
    'Die': proc('ReleaseDead', 'sched/goroutine.cc', 'goexit0'),
    'Pin': proc('Pin', 'sched/proc.h', 'exitsyscall'),
    'PinSlow': proc('PinSlow', 'sched/proc.cc', 'exitsyscall'),
    'Unpin': proc('Unpin', 'sched/proc.h', 'entersyscall'),
    'GiveUpP': proc('GiveUpP', 'sched/syscall.cc', 'handoffp'),
    'AcquireP': proc('AcquireP', 'sched/m.cc', 'acquirep'),
    'ReleaseP': proc('ReleaseP', 'sched/m.cc', 'releasep'),
    'TryRetake': PLACES['retake P'],
    'HeavyFence': Place('HeavyFence', 'sched/fence.cc', '', ''),
    'HandoffP': PLACES['hand off P'],
}

# Why a goroutine that waits does not run, and what ends that; by wait reason.
# A test looks that each of sched/wait_reason.h has its answer.
ANSWERS = {
    'system call': 'It is in a call that may block, or computes without P. Its '
                   'thread goes on; sysmon takes the P from it for others if '
                   'that lasts. It becomes runnable when the call returns and no '
                   'P is free.',
    'chan receive': 'The channel is empty: a sender, or Close, readies it.',
    'chan receive (nil chan)': 'A nil channel has no sender: it waits for ever.',
    'chan send': 'The buffer is full, or no receiver is there: a receiver readies '
                 'it.',
    'chan send (nil chan)': 'A nil channel has no receiver: it waits for ever.',
    'select': 'None of its cases can go on: the first goroutine that makes one '
              'possible readies it.',
    'select (no cases)': 'A select without cases waits for ever.',
    'sleep': 'A timer in the heap of some P readies it when its time has come.',
    'semacquire': 'Another goroutine has what it wants, such as a descriptor: its '
                  'release readies this one.',
    'sync.Mutex.Lock': 'Another goroutine holds the mutex: its Unlock readies this '
                       'one.',
    'sync.RWMutex.RLock': 'A writer holds the lock or waits for it: its Unlock '
                          'readies this one.',
    'sync.RWMutex.Lock': 'Readers or a writer hold the lock: the last of them '
                         'readies this one.',
    'sync.WaitGroup.Wait': 'The group counts above 0: the last Done readies it.',
    'sync.Cond.Wait': 'Signal or Broadcast readies it.',
    'IO wait': 'The descriptor is not ready: it waits in the netpoller. A report of '
               'the system, a deadline or Close readies it.',
    'IO wait (durable)': 'It waits for a connection within its bubble: the other '
                         'end of that readies it.',
    'synctest.Wait': 'Goroutines of its bubble are not blocked yet: the last one '
                     'that blocks readies it.',
    'waiting': 'It waited already when the recording began, which does not say for '
               'what.',
}
