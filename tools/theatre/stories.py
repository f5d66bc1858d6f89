# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""What the levels tell of the models that they are made of (levels.py).

A step's key is the model's statements, as Spin writes them, those of an atomic
step in a row; … at its end: or more of them; ? at its end: where its thread has a
choice; > and the next statement: where that is between two that are alike. None:
the step goes along with the one before it, because it matters to no other thread or
an order of the two shows nothing new.
"""

import dataclasses
import typing

from places import LEVELS as AT


@dataclasses.dataclass
class Shown:
    """A value that the player sees. value: C, in Spin's verifier; words: by
    value."""
    title: str
    value: str
    words: typing.Optional[list] = None


@dataclasses.dataclass
class Story:
    id: str
    model: str
    wrong: list  # defines of the design that has the bug
    right: list
    title: str
    designs: list  # what the two are called
    story: str
    goal: str
    bug: str    # what has happened
    quiet: str  # nothing moves, and all is well
    after: list  # three sentences
    line: tuple  # file, and a part of the line that prevents it
    exercise: tuple  # folder or file, and what it is about
    threads: dict  # by proctype, names for its processes
    shown: list
    steps: dict  # by proctype
    waits: dict  # (proctype, statement): why it cannot go on
    held: typing.Callable = lambda kind, values: ''


def silent(*keys):
    return dict.fromkeys(keys)


def step(text, place=None):
    """step is what the page says of it: text, place, Go's name."""
    if place is None:
        return (text, '', '')
    return (text, AT[place].here(), AT[place].go)


NO_YES = ['no', 'yes']

HANDLER = {
    'assert(!(stopped)); sent = (sent+1); owner = (pending==0); '
    'pending = (pending+1)': step('marks the signal as pending', 'Merge'),
    'owner = !(news); news = 1': step('puts the signal into the news', 'Announce'),
    '((state==receiving)); wake = 1; ((state==receiving)); state = idle; .(goto)':
        step('sees that the receiver sleeps, and will wake it', 'Notify'),
    'not ((state==receiving)); ((state==idle)); state = sending; .(goto)':
        step('tells the receiver, which is awake, that there is news', 'Notify'),
    '(!(mutex)); mutex = 1':
        step('locks the note\'s mutex and sets the note', 'SemaWakeup'),
    'mutex = 0': step('signals the condition and unlocks the mutex', 'SemaWakeup'),
    'bytes = (bytes+1)': step('writes a byte into the pipe', 'PipeWakeup'),
    **silent('delivering = (delivering+1)', '(wanted)', '(owner)', 'not (owner)',
             '(wake)', 'not (wake)', 'wake = 0', 'owner = 0', 'assert(!(woken))',
             'woken = 1', 'waits = 0', 'delivering = (delivering-1)', '-end-'),
}

SEMA = Story(
    id='sema',
    model='sigqueue',
    wrong=['SEMA', 'SMALL'],
    right=['PIPE', 'SMALL'],
    title='The hang of issue 31264',
    designs=['the note is a mutex and a condition', 'the note is a pipe'],
    story='A goroutine receives signals; while there are none, its thread sleeps on '
          'a note. Two signals are on their way: one is handled on another thread, '
          'one on the very thread of the receiver, which stands still meanwhile, '
          'wherever it happens to be.',
    goal='make everything stand still for ever, with a signal not received.',
    bug='A handler waits for a mutex that the code under it holds: for ever.',
    quiet='Both signals have been received, and the receiver sleeps.',
    after=['The handler has interrupted the receiver between its lock and its unlock '
           'of the note\'s mutex, and waits for that mutex, on the same thread.',
           'The receiver cannot go on before the handler returns, and the handler '
           'cannot return before the receiver goes on: that is Go\'s issue 31264.',
           'A handler may call write() wherever it lands, so the note that it wakes '
           'is a pipe.'],
    line=('signals/note_pipe.cc', 'n = gosling_write_trampoline(&args);'),
    exercise=('README.md', 'question 10, and GOSLING_SIGNOTE=sema, which brings the '
              'hang back'),
    threads={'Receiver': ['receiver'], 'Handler': ['handler on another thread'],
             'Here': ['handler on the receiver\'s thread']},
    shown=[
        Shown('the state of the queue', 'now.state',
              ['', 'kSending: there is news', 'kReceiving: the receiver sleeps',
               'kIdle: neither']),
        Shown('signals pending', 'now.pending'),
        Shown('the signal is in the news', 'now.news', NO_YES),
        Shown('the note\'s mutex', 'now.mutex', ['free', 'held']),
        Shown('the note is set', 'now.woken', NO_YES),
        Shown('bytes in the pipe', 'now.bytes'),
        Shown('a handler is on the receiver\'s thread', 'now.here', NO_YES),
        Shown('signals received', 'now.acted'),
    ],
    steps={
        'Receiver': {
            'assert((state!=receiving)); not ((state==sending)); .(goto)':
                step('looks for news: there is none', 'TakeNews'),
            'assert((state!=receiving)); ((state==sending)); state = idle…':
                step('looks for news: there is some', 'TakeNews'),
            '((state==idle)); state = receiving; .(goto)':
                step('says that it is about to sleep', 'AwaitNews'),
            'not ((state==idle)); goto again':
                step('sees, about to sleep, that there is news', 'AwaitNews'),
            '(!(mutex)); mutex = 1':
                step('locks the note\'s mutex', 'SemaSleep'),
            'waits = 1; mutex = 0':
                step('unlocks the mutex and sleeps on the condition', 'SemaSleep'),
            '(!(waits))': step('wakes up from the condition', 'SemaSleep'),
            'mutex = 0': step('unlocks the note\'s mutex', 'SemaSleep'),
            'woken = 0': step('clears the note', 'SemaClear'),
            '((bytes>0))': step('reads a byte from the pipe', 'PipeSleep'),
            'took = news; news = 0': step('takes the news', 'Take'),
            'count = pending; pending = 0':
                step('takes what is pending', 'Take'),
            'acted = (acted+count); count = 0; took = 0':
                step('sends the signals to the channels', 'FanOut'),
            **silent('(!(woken))', '(woken)', 'bytes = (bytes-1)', '(took)',
                     'rounds = (rounds+1)', 'assert((count>0))',
                     'not ((state==receiving))'),
        },
        'Handler': HANDLER | silent('handlers = (handlers-1)'),
        'Here': HANDLER | {
            'here = 1': step('interrupts the receiver'),
            'here = 0; handlers = (handlers-1)': step('returns to the receiver'),
        },
    },
    waits={
        ('Receiver', '(!(mutex))'): 'waits for the mutex',
        ('Receiver', '(!(waits))'): 'sleeps on the condition',
        ('Receiver', '((bytes>0))'): 'sleeps: it reads the pipe, which is empty',
        ('Handler', '(!(mutex))'): 'waits for the mutex',
        ('Here', '(!(mutex))'): 'waits for the mutex',
    },
    held=lambda kind, values:
        'interrupted: a handler runs on its thread'
        if kind == 'Receiver' and
        values['a handler is on the receiver\'s thread'] else '',
)

LAST_LOOK = Story(
    id='last_look',
    model='last_look',
    wrong=['EAGER=1', 'SMALL', 'MUTANT_NO_LAST_LOOK'],
    right=['EAGER=1', 'SMALL'],
    title='The wake-up that was lost',
    designs=['an M that finds nothing goes to sleep',
             'it looks once more after it has put its P down'],
    story='M0 runs a goroutine, M1 has a P and looks for one. The goroutine may make '
          'another one runnable: its M queues it, and wakes an M if a P is idle. An '
          'M that finds no goroutine puts its P down and goes to sleep.',
    goal='leave a goroutine in a queue while a P is idle and no M will come for it.',
    bug='A goroutine is queued, a P is idle, and no M comes.',
    quiet='Nothing is left in a queue that an idle P could run.',
    after=['The M had looked at the queues before the goroutine was there, and the '
           'submitter had looked for idle Ps before there was one.',
           'Each did its part in an order that is right for itself, and both saw '
           'what was no longer true.',
           'So an M looks once more after it has put its P down: then either it sees '
           'the goroutine, or the submitter sees the P.'],
    line=('sched/idle.cc', 'if (LastLook(m, role)) return;'),
    exercise=('fence/README.md', 'why both of them need a fence in between, too'),
    threads={'M': ['M0', 'M1']},
    shown=[
        Shown('goroutines in the queue of P0', 'now.seen[0]'),
        Shown('goroutines in the queue of P1', 'now.seen[1]'),
        Shown('idle Ps', 'now.npidle'),
        Shown('Ms that are spinning', 'now.nmspinning'),
        Shown('M0 is in the list of idle Ms', 'now.m_idle[0]', NO_YES),
        Shown('M1 is in the list of idle Ms', 'now.m_idle[1]', NO_YES),
        Shown('goroutines yet to be made runnable', 'now.eager'),
    ],
    steps={'M': {
        '((eager>0))?':
            step('its goroutine makes another one runnable, in the queue', 'Ready'),
        '(1); >; any = 0': step('its goroutine ends; it looks for another one',
                         'FindRunnable'),
        '(1); >; taken_p[m] = p':
            step('its goroutine computes on, without another call', 'Unpin'),
        '((npidle>0))': step('sees that a P is idle', 'WakeP'),
        'not ((npidle>0))': step('sees that no P is idle', 'WakeP'),
        '(1); (((nmspinning==0)&&(npidle>0))); nmspinning = 1; .(goto)':
            step('sees that no M spins, and promises one that will', 'WakeP'),
        '(1); not (((nmspinning==0)&&(npidle>0))); goto :b3':
            step('sees that an M spins, or that no P is idle: it wakes none',
                 'WakeP'),
        '(((lock==0)&&1)); ((!(p_idle[0])&&p_idle[1])); other = 1; ((other!=255)); '
        'p_idle[other] = 0; npidle = (npidle-1); .(goto)':
            step('takes the idle P', 'WakeP'),
        '(((lock==0)&&1)); not (p_idle[0]) nor ((!(p_idle[0])&&p_idle[1])); '
        'other = 255…': step('finds that the idle P has gone', 'WakeP'),
        '((((lock==0)&&1)&&1)); (m_idle[1]); x = 1…':
            step('gives the P to the idle M and wakes it', 'StartM'),
        '(1); nmspinning = (nmspinning-1)':
            step('takes its promise back', 'WakeP'),
        '(1); ((!(runnext[p])&&(seen[p]>0))); seen[p] = (seen[p]-1); goto found':
            step('takes a goroutine from its own queue', 'FindRunnable'),
        '(1); not (runnext[p]) nor ((!(runnext[p])&&(seen[p]>0))); .(goto)':
            step('finds its own queue empty', 'FindRunnable'),
        '((!(spinning[m])&&((2*nmspinning)<(2-npidle)))); spinning[m] = 1…':
            step('begins to spin', 'MayStartSpinning'),
        '((!(spinning[m])&&((2*nmspinning)>=(2-npidle)))); goto idle':
            step('does not spin: enough others do', 'MayStartSpinning'),
        'n = (seen[(1-p)]-(seen[(1-p)]/2)); seen[(1-p)] = (seen[(1-p)]-n)':
            step('looks into the other queue, to steal', 'StealWork'),
        '(1); assert((nmspinning>0)); spinning[m] = 0; nmspinning = (nmspinning-1)':
            step('has found a goroutine, and spins no more', 'LookForMore'),
        'any = (runqsize>0); not (any); any = (seen[0]>0); (any); .(goto)':
            step('looks at all queues: there is more', 'LookForMore'),
        'any = (runqsize>0); not (any); any = (seen[0]>0); not (any); '
        'any = (seen[1]>0); .(goto)':
            step('looks at all queues: there is no more', 'LookForMore'),
        '(((lock==0)&&1)); (((p!=255)&&(runqsize==0))); assert(!(p_idle[p]))…':
            step('puts its P down and joins the idle Ms', 'Enter'),
        '(1); assert((nmspinning>0)); nmspinning = (nmspinning-1)':
            step('no longer counts as one that spins', 'Enter'),
        '(((lock==0)&&1)); lock = (m+1); (m_idle[m]); any = (runqsize>0); '
        'not (any); any = (seen[0]>0); (any); ((any&&(npidle>0)))…':
            step('looks once more: there is a goroutine, and it takes a P',
                 'LastLook'),
        '(((lock==0)&&1)); lock = (m+1); (m_idle[m]); any = (runqsize>0); '
        'not (any); any = (seen[0]>0); (any); not ((any&&(npidle>0)))…':
            step('looks once more: there is a goroutine, but no P', 'LastLook'),
        '(((lock==0)&&1)); lock = (m+1); (m_idle[m]); any = (runqsize>0); '
        'not (any); any = (seen[0]>0); not (any); any = (seen[1]>0)…':
            step('looks once more: all queues are empty', 'LastLook'),
        '(((lock==0)&&1)); lock = (m+1); not (m_idle[m]); (1); lock = 0':
            step('does not look once more: another one wakes it', 'LastLook'),
        '(note[m]); note[m] = 0; p = next_p[m]; next_p[m] = 255':
            step('wakes up and takes the P that it was given', 'AwaitWakeup'),
        **silent('((n==0))', '((other!=255))', '((p!=255))', '((p==0))', '(1)',
                 '(((lock==0)||(runqsize==0))); not ((runqsize>0)); .(goto)',
                 '(any)', '(spinning[m])', '(spinning[m]); .(goto)', '(was)',
                 'any = 0', 'eager = (eager-1); seen[p] = (seen[p]+1)',
                 'not (((npidle>0)&&(((runqsize+seen[p])+seen[p])>0)))',
                 'not ((n==0))', 'not ((other!=255))',
                 'not ((p==255)) nor ((p==0))', 'not (any)', 'not (spinning[m])',
                 'not (was)', 'seen[p] = ((seen[p]+n)-1); n = 0',
                 'taken_p[m] = p', 'was = 0', 'x = 0'),
    }},
    waits={
        ('M', '((taken_p[m]==255))'): 'its goroutine computes, for as long as you '
                                      'like',
        ('M', '(note[m])'): 'sleeps on its note',
    },
)

ON_CPU = Story(
    id='on_cpu',
    model='park_ready',
    wrong=['SMALL', 'QUIET_COMMITS', 'MUTANT_NO_WAIT'],
    right=['SMALL', 'QUIET_COMMITS'],
    title='Two threads on one stack',
    designs=['a runnable goroutine is run at once',
             'it is run once its on_cpu is clear'],
    story='A goroutine that parks makes itself visible to those that may ready it, '
          'and then switches to the next one; the switch saves its registers. G0 '
          'and G1 run on two Ms. Each of them does one thing: it parks, readies the '
          'other one, or yields; then it ends.',
    goal='have an M switch to a goroutine whose registers are not saved yet.',
    bug='Two threads stand on one stack, and the registers are those of another '
        'time.',
    quiet='Both goroutines have run to their ends.',
    after=['The parker was visible to its waker before it had left its stack, and '
           'the waker\'s M was quicker than its jump.',
           'Go jumps to g0 first, which then makes the goroutine visible; here that '
           'trip is saved.',
           'So on_cpu says that a thread still stands on the stack; the M that '
           'switches away clears it after the jump, and the M that wants to run the '
           'goroutine waits for that.'],
    line=('sched/next.cc', 'while (!TryWaitOffCpu(g)) {'),
    exercise=('fair_yield/README.md', 'what comes after the switch: who is next'),
    threads={'M': ['M0', 'M1']},
    shown=[
        Shown('G0 waits', 'now.waiting[0]', NO_YES),
        Shown('G1 waits', 'now.waiting[1]', NO_YES),
        Shown('G0 is in a queue', 'now.queued[0]', NO_YES),
        Shown('G1 is in a queue', 'now.queued[1]', NO_YES),
        Shown('on_cpu of G0', 'now.on_cpu[0]', ['clear', 'set']),
        Shown('on_cpu of G1', 'now.on_cpu[1]', ['clear', 'set']),
        Shown('registers of G0', 'now.saved[0]', ['on a thread', 'saved']),
        Shown('registers of G1', 'now.saved[1]', ['on a thread', 'saved']),
        Shown('goroutines that have ended', 'now.ended'),
    ],
    steps={'M': {
        '(((cur==254)&&((((pending[m]!=255)||nempty(runq[m]))||'
        'nempty(runq[(1-m)]))||(ended==2))))':
            step('looks for a goroutine, on g0', 'FindRunnable'),
        'runq[m]?next; queued[next] = 0; .(goto)':
            step('takes a goroutine from its own queue', 'NextLocal'),
        'runq[(1-m)]?next; queued[next] = 0; .(goto)':
            step('steals a goroutine', 'StealWork'),
        '(empty(runq[(1-m)])); next = 254; .(goto)':
            step('finds nothing to steal', 'StealWork'),
        '(empty(runq[m])); next = 254; .(goto)':
            step('finds its own queue empty', 'NextLocal'),
        'next = pending[m]; pending[m] = 255; queued[next] = 0':
            step('takes the goroutine that was left to g0', 'FindRunnable'),
        '(!(on_cpu[next]))': step('sees, on g0, that its on_cpu is clear',
                                  'WaitOffCpu'),
        '(((next!=254)&&!(on_cpu[next])))':
            step('sees that its on_cpu is clear', 'NextLocal'),
        '(((next!=254)&&on_cpu[next]))':
            step('sees that its on_cpu is set, and leaves it to g0', 'NextLocal'),
        '((next!=254)); assert(saved[next]); saved[next] = 0; from = cur; '
        'cur = next; next = 255':
            step('jumps to the goroutine, with the registers that were saved',
                 'SwitchTo'),
        'not ((next!=254)); from = cur; cur = next; next = 255':
            step('jumps to g0', 'SwitchTo'),
        'saved[from] = 1': step('has saved the registers of the one it left',
                                'SwitchTo'),
        'on_cpu[from] = 0': step('clears on_cpu of the one it left',
                                 'FinishPrevious'),
        'steps[cur] = (steps[cur]-1); ((awake>1)); does = park; awake = (awake-1); '
        'waiting[cur] = 1; .(goto)':
            step('its goroutine parks: it is visible to wakers', 'Park'),
        'steps[cur] = (steps[cur]-1); does = ready; .(goto)':
            step('its goroutine is going to ready the other one', 'Ready'),
        'steps[cur] = (steps[cur]-1); does = yield; .(goto)':
            step('its goroutine yields', 'Yield'),
        '(!((waiting[0]||waiting[1]))); other = 255; not ((other!=255)); .(goto)':
            step('finds that no goroutine waits', 'Ready'),
        '(waiting[0]); other = 0; ((other!=255)); waiting[other] = 0; '
        'awake = (awake+1); .(goto)':
            step('takes G0 from those that wait', 'Ready'),
        '(waiting[1]); other = 1; ((other!=255)); waiting[other] = 0; '
        'awake = (awake+1); .(goto)':
            step('takes G1 from those that wait', 'Ready'),
        'assert((!(queued[other])&&!(waiting[other]))); queued[other] = 1; '
        'runq[m]!other': step('puts it into its own queue', 'Ready'),
        '((waiting[0]||waiting[1])); does = ready; .(goto)':
            step('its goroutine readies the one that waits, before it ends',
                 'Ready'),
        'not ((waiting[0]||waiting[1])); does = end; ended = (ended+1); '
        'awake = (awake-1); cur = 255; .(goto)':
            step('its goroutine ends', 'Die'),
        **silent('((((pending[m]==255)&&empty(runq[m]))&&(ended<2)))',
                 '(((cur!=254)&&(steps[cur]==0)))', '(((cur!=254)&&(steps[cur]>0)))',
                 '(((from==254)||(from==255)))',
                 'not (((from==254)||(from==255)))',
                 '(((next==254)&&(pending[m]==255)))',
                 '(((pending[m]==255)&&nempty(runq[m])))', '((pending[m]!=255))',
                 '((does==end))', '((does==park))', '((does==ready))',
                 '((does==yield))', '((ended==2))', '((next!=254))', '((next==254))',
                 'not ((next!=254))', 'not ((next==254))', '((other!=255))',
                 'not ((other!=255))', '(1)', 'from = 255', 'next = 255',
                 'on_cpu[next] = 1', 'other = 255',
                 'queued[next] = 1; pending[m] = next; next = 254', '-end-'),
    }},
    waits={
        ('M', '(!(on_cpu[next]))'): 'waits until on_cpu of its goroutine is clear',
        ('M', '(((cur==254)&&((((pending[m]!=255)||nempty(runq[m]))||'
              'nempty(runq[(1-m)]))||(ended==2))))'): 'has no goroutine to run',
    },
)

# What M m knows of its own writes.
HAS_P = '( ((view[m].count[(2+m)]>0)) -> (view[m].newest[(2+m)]) : (mem[(2+m)]) )'
# What sysmon reads of M m.
PINNED = '( ((view[t].count[m]>0)) -> (view[t].newest[m]) : (mem[m]) )'
ITS_P = '( ((view[t].count[(2+m)]>0)) -> (view[t].newest[(2+m)]) : (mem[(2+m)]) )'

RETAKE = Story(
    id='retake',
    model='pin_retake',
    wrong=['SMALL', 'MUTANT_NO_HEAVY_FENCE'],
    right=['SMALL'],
    title='The P that was taken from under it',
    designs=['sysmon asks and looks', 'sysmon asks, fences every thread, and looks'],
    story='M0 has the P; M1 wants it. An M that enters the runtime pins its P: it '
          'writes pinned, and looks whether sysmon has asked for the P. sysmon asks, '
          'looks whether the M is pinned, and takes the P if it is not. A processor '
          'keeps its writes in a buffer for a while, and reads past them: the '
          'buffers are yours, too.',
    goal='have an M in the runtime that believes that it has the P, and has not.',
    bug='The M goes on in the runtime as if it had the P, which was taken from it.',
    quiet='Nothing moves any more, and each M that is pinned has its P.',
    after=['pinned was written but still lay in the buffer of M0\'s processor when '
           'sysmon read it, and M0 had read the request before it was there.',
           'A fence in each pin would prevent that, and slow every operation on a '
           'channel down.',
           'So sysmon pays for both: membarrier() makes every thread of the process '
           'fence, between its asking and its looking.'],
    line=('sched/sysmon.cc', 'if (!HeavyFence() && !m->fences'),
    exercise=('fence/README.md', 'the same two writes and two reads, by hand'),
    threads={'M': ['M0', 'M1'], 'Sysmon': ['sysmon'],
             'Buffer': ['store buffer of M0', 'store buffer of M1',
                        'store buffer of sysmon']},
    shown=[
        Shown('the P belongs to', 'now.owner', ['nobody', 'M0', 'M1']),
        Shown('M0 is pinned, in memory', 'now.mem[0]', NO_YES),
        Shown('M1 is pinned, in memory', 'now.mem[1]', NO_YES),
        Shown('M0 is asked for the P', 'now.retake_flag[0]', NO_YES),
        Shown('M1 is asked for the P', 'now.retake_flag[1]', NO_YES),
        Shown('the P is in the idle list', 'now.p_idle', NO_YES),
        Shown('writes in the buffer of M0', 'q_len(now.buffer[0])'),
        Shown('writes in the buffer of M1', 'q_len(now.buffer[1])'),
        Shown('writes in the buffer of sysmon', 'q_len(now.buffer[2])'),
    ],
    steps={
        'M': {
            'buffer[m]!m,1…': step('writes that it is pinned', 'Pin'),
            'buffer[m]!m,0…': step('writes that it is not pinned', 'Unpin'),
            '(retake_flag[m])': step('sees that sysmon asks for its P', 'Pin'),
            'not (retake_flag[m])': step('sees that sysmon does not ask', 'Pin'),
            '((empty(buffer[m])&&(retake_mu[m]==0))); retake_mu[m] = (m+1)':
                step('waits for sysmon\'s decision', 'PinSlow'),
            '(empty(buffer[m])); retake_flag[m] = 0':
                step('clears the request', 'PinSlow'),
            f'not ({HAS_P})': step('sees that it has no P, and wants one',
                                   'PinSlow'),
            f'({HAS_P})': step('sees that it still has the P', 'PinSlow'),
            '((empty(buffer[m])&&p_idle)); p_idle = 0':
                step('takes the idle P', 'AcquireP'),
            f'assert(({HAS_P}&&(owner==(m+1))))':
                step('goes on, as the owner of the P', 'Pin'),
            **silent('(empty(buffer[m])); assert((retake_mu[m]==(m+1))); '
                     'retake_mu[m] = 0', 'assert((owner==0)); owner = (m+1)',
                     'buffer[m]!(2*2),(m+1)…', 'buffer[m]!(2+m),1…'),
        },
        'Sysmon': {
            '((mem[(2*2)]!=0))': step('looks which M has the P', 'TryRetake'),
            '((empty(buffer[t])&&(retake_mu[m]==0))); retake_mu[m] = (t+1)':
                step('begins to decide', 'TryRetake'),
            '(empty(buffer[t])); retake_flag[m] = 1':
                step('asks the M for the P', 'TryRetake'),
            '(empty(buffer[i]))':
                step('has a thread fence: its buffer is empty', 'HeavyFence'),
            f'(((sure&&({PINNED}==0))&&{ITS_P}))':
                step('sees that the M is not pinned, and takes its P', 'TryRetake'),
            f'not (((sure&&({PINNED}==0))&&{ITS_P}))':
                step('sees that the M is pinned, or has no P: it takes nothing',
                     'TryRetake'),
            '(empty(buffer[t])); assert(!(p_idle)); p_idle = 1':
                step('puts the P into the idle list', 'HandoffP'),
            **silent('(empty(buffer[t])); assert((retake_mu[m]==(t+1))); '
                     'retake_mu[m] = 0', 'assert((owner==(m+1))); owner = 0',
                     'buffer[t]!(2*2),0…', 'buffer[t]!(2+m),0…',
                     'm = (mem[(2*2)]-1)', 'm = 0', 'not ((!(sure)&&fences[m]))',
                     'not ((m==255))', 'sure = 0', 'sure = 1', '((i<=(3-1)))',
                     'not ((i<=(3-1)))', 'i = (i+1)', 'i = 0', '(empty(buffer[t]))'),
        },
        'Buffer': {
            'buffer[_pid]?word,value…': step('lets its oldest write reach memory'),
        },
    },
    waits={
        ('M', '((empty(buffer[m])&&(retake_mu[m]==0)))'):
            'waits for its writes to reach memory, or for sysmon\'s decision',
        ('M', '((empty(buffer[m])&&p_idle))'):
            'waits for its writes to reach memory, or for an idle P',
        ('Sysmon', '((mem[(2*2)]!=0))'): 'finds no M that has the P',
        ('Sysmon', '((empty(buffer[t])&&(retake_mu[m]==0)))'):
            'waits for the M, which looks at the request',
        ('Sysmon', '(empty(buffer[t]))'): 'waits for its writes to reach memory',
        ('Sysmon', '(empty(buffer[i]))'):
            'waits in membarrier() for a thread\'s writes to reach memory',
        ('Buffer', 'buffer[_pid]?word,value'): 'is empty',
    },
)

STORIES = [SEMA, LAST_LOOK, ON_CPU, RETAKE]
