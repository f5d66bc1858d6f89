# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Runs Mach-O objects on an emulated CPU (unicorn, PyPI), one routine at a time.

A Machine holds the objects, linked, and its Threads take turns on it. What the
objects do not define is a stub: a call of it ends the emulation for a moment,
and Python does what the function does. Each call, of a stub and of a routine,
is held to the ABI of Darwin on that CPU:

  - the stack pointer is aligned where the ABI wants it;
  - a stub leaves rubbish wherever a function may: in the registers that are the
    callee's, above an int result, in its arguments' place on the stack, below
    the stack pointer;
  - a routine leaves alone what is the caller's: its registers, its frame.
"""

import dataclasses
import random

import unicorn
from unicorn import arm64_const as a64
from unicorn import arm_const as a32
from unicorn import x86_const as x86

import mach_o


class Broken(AssertionError):
    """Broken is a rule that the code under test has not kept."""


def need(condition, text, *values):
    if not condition:
        raise Broken(text.format(*(hex(v) if isinstance(v, int) else v
                                   for v in values)))


@dataclasses.dataclass(frozen=True)
class Cpu:
    """Cpu is one of the four, and Darwin's ABI on it."""
    name: str
    target: str
    word: int
    uc: tuple
    pc: int
    sp: int
    fp: int
    link: int  # where a call leaves the return address; 0: on the stack
    result: int
    arguments: tuple  # registers; none: on the stack
    kept: tuple  # what a callee has to leave as it was
    scratch: tuple
    modes: tuple = ()  # floating-point modes: kept as well
    reserved: tuple = ()  # the system's: never written
    base: int = 0
    variadic_on_stack: bool = False
    alignment: int = 16
    trap: bytes = b''

    @property
    def mask(self):
        return (1 << 8 * self.word) - 1


def registers(module, prefix, names):
    return tuple(getattr(module, f'UC_{prefix}_REG_{n.upper()}')
                 for n in names.split())


def numbered(module, prefix, letter, *ranges):
    return registers(module, prefix, ' '.join(
        f'{letter}{i}' for low, high in ranges for i in range(low, high + 1)))


CPUS = {cpu.name: cpu for cpu in (
    Cpu('386', 'i386-apple-macos10.13', 4,
        (unicorn.UC_ARCH_X86, unicorn.UC_MODE_32),
        x86.UC_X86_REG_EIP, x86.UC_X86_REG_ESP, x86.UC_X86_REG_EBP, 0,
        x86.UC_X86_REG_EAX, (), registers(x86, 'X86', 'ebx ebp esi edi'),
        registers(x86, 'X86', 'ecx edx'), base=0x100000, trap=b'\xf4',
        modes=registers(x86, 'X86', 'mxcsr fpcw')),
    Cpu('amd64', 'x86_64-apple-macos10.13', 8,
        (unicorn.UC_ARCH_X86, unicorn.UC_MODE_64),
        x86.UC_X86_REG_RIP, x86.UC_X86_REG_RSP, x86.UC_X86_REG_RBP, 0,
        x86.UC_X86_REG_RAX, registers(x86, 'X86', 'rdi rsi rdx rcx r8 r9'),
        registers(x86, 'X86', 'rbx rbp r12 r13 r14 r15'),
        registers(x86, 'X86', 'rcx rdx rsi rdi r8 r9 r10 r11'),
        base=0x1_0000_0000, trap=b'\xf4',
        modes=registers(x86, 'X86', 'mxcsr fpcw')),
    Cpu('arm', 'armv7-apple-ios10', 4,
        (unicorn.UC_ARCH_ARM, unicorn.UC_MODE_ARM),
        a32.UC_ARM_REG_PC, a32.UC_ARM_REG_SP, a32.UC_ARM_REG_R7,
        a32.UC_ARM_REG_LR, a32.UC_ARM_REG_R0,
        numbered(a32, 'ARM', 'r', (0, 3)),
        numbered(a32, 'ARM', 'r', (4, 8), (10, 11)) +
        numbered(a32, 'ARM', 'd', (8, 15)),
        numbered(a32, 'ARM', 'r', (1, 3), (9, 9), (12, 12)) +
        registers(a32, 'ARM', 'lr') + numbered(a32, 'ARM', 'd', (0, 7)),
        base=0x100000, alignment=8, trap=b'\xfe\xde\xff\xe7',
        modes=registers(a32, 'ARM', 'fpscr')),
    Cpu('arm64', 'arm64-apple-macos11', 8,
        (unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM),
        a64.UC_ARM64_REG_PC, a64.UC_ARM64_REG_SP, a64.UC_ARM64_REG_X29,
        a64.UC_ARM64_REG_X30, a64.UC_ARM64_REG_X0,
        numbered(a64, 'ARM64', 'x', (0, 7)),
        numbered(a64, 'ARM64', 'x', (19, 29)) +
        numbered(a64, 'ARM64', 'd', (8, 15)),
        numbered(a64, 'ARM64', 'x', (1, 17), (30, 30)) +
        numbered(a64, 'ARM64', 'd', (0, 7), (16, 31)),
        modes=registers(a64, 'ARM64', 'fpcr'),
        reserved=registers(a64, 'ARM64', 'x18'),
        base=0x1_0000_0000, variadic_on_stack=True,
        trap=b'\x00\x00\x20\xd4'),
)}

STUB = 16  # bytes each
STUBS = 0x4000
STACK = 0x10000
DEAD = 256  # bytes below the stack pointer that a stub overwrites
ABOVE = 128  # bytes of its caller's frame that a routine is watched not to touch


class Blocked(Exception):
    """Blocked is raised by a stub whose thread has to wait. The thread stands
    there until Thread.resume."""


@dataclasses.dataclass
class Stack:
    low: int
    high: int

    def __contains__(self, address):
        return self.low <= address < self.high


class Call:
    """Call is a stub's view of the call that was made of it."""

    def __init__(self, thread, name):
        self.thread, self.machine, self.name = thread, thread.machine, name
        cpu, uc = self.machine.cpu, self.machine.uc
        self.sp = uc.reg_read(cpu.sp)
        # What the caller had, before the call pushed the return address.
        self.caller_sp = self.sp + (0 if cpu.link else cpu.word)
        self.tries = 0

    def word(self, i):
        """word returns argument i of those that have names."""
        cpu = self.machine.cpu
        if i < len(cpu.arguments):
            return self.machine.uc.reg_read(cpu.arguments[i])
        return self.machine.load(self.caller_sp + cpu.word * (
            i - len(cpu.arguments)))

    def int(self, i):
        return signed(self.word(i), 4)

    def variadic(self, i, named):
        """variadic returns the i-th argument behind the `named` ones."""
        if self.machine.cpu.variadic_on_stack:
            return self.machine.load(self.caller_sp + 8 * i)
        return self.word(named + i)

    def passes_last(self):
        """passes_last says whether there is the argument that open and fcntl may
        do without."""
        if self.name == '_fcntl':
            return self.int(1) not in (F_GETFD, F_GETFL)
        return self.name != '_open' or self.int(1) & O_CREAT != 0


def signed(value, size):
    value &= (1 << 8 * size) - 1
    return value - (1 << 8 * size) if value >> (8 * size - 1) else value


class Thread:
    """Thread is one flow of control: its registers while others run, what it
    runs on, and the call that it is blocked in."""

    def __init__(self, machine, function, arguments, stack, offset):
        self.machine, self.stack = machine, stack
        self.cpu = cpu = machine.cpu
        self.result, self.ended, self.waits = None, False, None
        self.calls, self.interrupts = [], None  # or the thread it is a handler on
        uc, rubbish = machine.uc, machine.rubbish
        self.kept = {r: rubbish() for r in cpu.kept}
        uc.reg_write_batch([(r, rubbish()) for r in cpu.scratch + (cpu.result,)])
        uc.reg_write_batch(list(self.kept.items()))
        self.kept |= {r: uc.reg_read(r) for r in cpu.kept + cpu.modes + cpu.reserved}
        # The caller's frame, then the arguments, then the return address.
        top = (stack.high - ABOVE - offset) & -cpu.alignment
        on_stack = arguments[len(cpu.arguments):]
        self.sp = (top - cpu.word * len(on_stack)) & -cpu.alignment
        machine.scribble(stack.low, top + ABOVE - stack.low)
        for i, value in enumerate(on_stack):
            machine.store(self.sp + cpu.word * i, value)
        uc.reg_write_batch([(r, v & cpu.mask)
                            for r, v in zip(cpu.arguments, arguments)])
        self.watched = top
        self.frame = bytes(uc.mem_read(top, ABOVE))
        entry = self.sp
        if cpu.link:
            uc.reg_write(cpu.link, machine.ended)
        else:
            entry -= cpu.word
            machine.store(entry, machine.ended)
        uc.reg_write(cpu.sp, entry)
        uc.reg_write(cpu.pc, function)
        self.at, self.context = function, uc.context_save()

    def run(self, instructions=0):
        """run goes on until the routine has returned, or a stub blocks, or so
        many instructions were executed. Returns whether it has returned."""
        need(not self.ended and self.waits is None, 'the thread cannot run')
        machine = self.machine
        machine.uc.context_restore(self.context)
        while not self.ended and self.waits is None:
            self.at = machine.go(self.at, instructions)
            if self.at == machine.ended:
                self._end()
            elif self.at in machine.stubs:
                self._stub()
            if instructions:
                break
        self.context = machine.uc.context_save()
        return self.ended

    def resume(self):
        """resume lets the stub that the thread is blocked in try again."""
        call, self.waits = self.waits, None
        self.machine.uc.context_restore(self.context)
        self._answer(call)
        self.context = self.machine.uc.context_save()

    def answer(self, value, registers=None):
        """answer ends the call that the thread is blocked in."""
        call, self.waits = self.waits, None
        self.machine.uc.context_restore(self.context)
        self._return(call, value)
        for register, content in (registers or {}).items():
            self.machine.uc.reg_write(register, content)
        self.context = self.machine.uc.context_save()

    def _stub(self):
        machine, cpu = self.machine, self.cpu
        call = Call(self, machine.stubs[self.at])
        self.calls.append(call.name)
        need(call.caller_sp % machine.alignment == 0,
             '{} is called with the stack pointer at {}', call.name, call.sp)
        for r in cpu.reserved:
            need(machine.uc.reg_read(r) == self.kept[r],
                 'a register of the system was written before {}', call.name)
        self._answer(call)

    def _answer(self, call):
        function = self.machine.functions.get(call.name)
        if function is None and call.name.startswith(UNHEARD):
            function = lambda _: 0  # noqa: E731
        need(function is not None, 'a call of {}', call.name)
        try:
            value = function(call)
        except Blocked:
            self.waits = call
            return
        except unicorn.UcError as error:
            raise Broken(f'{call.name} was given an address that is none') from error
        if value is not None:
            self._return(call, value)

    def _return(self, call, value):
        """_return leaves what a function may leave. An Int fills half of the
        register where that has 64 bits."""
        machine, cpu, uc = self.machine, self.cpu, self.machine.uc
        back = uc.reg_read(cpu.link) if cpu.link else machine.load(call.sp)
        if isinstance(value, Kept):
            uc.reg_write(cpu.result, value)
            uc.reg_write(cpu.sp, call.caller_sp)
            self.at = back
            return
        passes_last = call.passes_last()
        uc.reg_write_batch([(r, machine.rubbish()) for r in cpu.scratch])
        if isinstance(value, Int) and cpu.word == 8:
            value = machine.rubbish() << 32 | value & 0xffffffff
        uc.reg_write(cpu.result, value & cpu.mask)
        low = max(call.sp - DEAD, self.on(call.sp).low)
        # The arguments on the stack are the callee's as well.
        taken = 12 if cpu.name == '386' and call.name in PASSED_3 else \
            8 if cpu.variadic_on_stack and call.name in VARIADIC else 0
        if taken and not passes_last:
            taken -= cpu.word
        machine.scribble(low, call.caller_sp + taken - low)
        uc.reg_write(cpu.sp, call.caller_sp)
        uc.reg_write(cpu.pc, back)
        self.at = back

    def stack_pointer(self):
        self.machine.uc.context_restore(self.context)
        return self.machine.uc.reg_read(self.cpu.sp)

    def on(self, sp):
        """on returns the stack that sp is on."""
        for stack in self.machine.stacks:
            if stack.low <= sp <= stack.high:
                return stack
        raise Broken(f'the stack pointer is at {sp:#x}, on no stack')

    def _end(self):
        machine, cpu, uc = self.machine, self.cpu, self.machine.uc
        self.ended = True
        self.result = signed(uc.reg_read(cpu.result), cpu.word)
        need(uc.reg_read(cpu.sp) == self.sp, 'the stack pointer was {}, and is {}',
             self.sp, uc.reg_read(cpu.sp))
        for r, value in self.kept.items():
            need(uc.reg_read(r) == value, "the caller's register {} was {}, and is {}",
                 str(r), value, uc.reg_read(r))
        need(bytes(uc.mem_read(self.watched, ABOVE)) == self.frame,
             "the caller's frame was written to")
        if cpu.uc[0] == unicorn.UC_ARCH_X86:
            need(uc.reg_read(x86.UC_X86_REG_EFLAGS) & 0x400 == 0,
                 'the direction flag is set')


class Int(int):
    """Int is a result of C's type int."""


class Kept(int):
    """Kept is a result that comes with every other register as it was."""


PASSED_3 = {'_read', '_write', '_fcntl'}
VARIADIC = {'_fcntl', '_open'}
F_GETFD, F_GETFL, O_CREAT = 1, 3, 0x200
UNHEARD = '__ZN7gosling5sched5trace'  # what it writes is another test's


class Machine:
    def __init__(self, cpu, objects, variables=None, seed=1):
        self.cpu, self.random, self.alignment = cpu, random.Random(seed), cpu.alignment
        self.uc = uc = unicorn.Uc(*cpu.uc)
        if cpu.name == 'arm64':  # Apple's have atomics that the default lacks
            uc.ctl_set_cpu_model(a64.UC_CPU_ARM64_MAX)
        self.functions, self.stubs, self.stub_of = {}, {}, {}
        self.stacks, self.reached = [], None
        self.base = cpu.base
        uc.mem_map(self.base, STUBS, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        uc.mem_write(self.base, cpu.trap * (STUBS // len(cpu.trap)))
        self.ended = self.base  # where a routine returns to
        uc.hook_add(unicorn.UC_HOOK_CODE, self._stop, None, self.base,
                    self.base + STUBS - 1)
        # High addresses: what is cut short, or widened with a wrong sign, shows.
        self.heap_end = 0xb000_0000 if cpu.word == 4 else 0x7fb0_b000_0000
        self.variables = {}
        for name, value in (variables or {}).items():
            self.variables[name] = self.allocate(64)
            self.store(self.variables[name], value)
        self.image = image = mach_o.Image(cpu, objects, self.base + STUBS, self.stub)
        self.symbols = image.symbols
        data = -(-image.code_end // 0x4000) * 0x4000
        end = -(-(image.data_end + 0x4000) // 0x4000) * 0x4000
        uc.mem_map(self.base + STUBS, data - self.base - STUBS,
                   unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        uc.mem_map(data, end - data, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
        for address, content in image.memory():
            uc.mem_write(address, content)
        if cpu.name == 'arm':
            uc.reg_write(a32.UC_ARM_REG_FPEXC, 0x40000000)

    def rubbish(self):
        # Neither half is a small number or one that stands for an error.
        return self.random.getrandbits(64) & self.cpu.mask | 0x0100_0000_0100_0000 \
            & self.cpu.mask

    def scribble(self, at, size):
        self.uc.mem_write(at, self.random.randbytes(size))

    def stub(self, name):
        """stub returns the address of the function that is to be Python's, or of
        a variable."""
        if name in self.variables:
            return self.variables[name]
        if name not in self.stub_of:
            address = self.base + STUB * (len(self.stub_of) + 1)
            need(address < self.base + STUBS, 'too many stubs')
            self.stub_of[name], self.stubs[address] = address, name
        return self.stub_of[name]

    def address(self, name):
        return self.symbols[name] if name in self.symbols else self.stub(name)

    def allocate(self, size, slack=0x4000):
        """allocate returns memory between two gaps."""
        at = self.heap_end + slack
        size = -(-size // 0x4000) * 0x4000
        self.uc.mem_map(at, size, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
        self.heap_end = at + size
        return at

    def new_stack(self, size=STACK):
        at = self.allocate(size)
        self.stacks.append(Stack(at, at + size))
        return self.stacks[-1]

    def load(self, at, size=None):
        return int.from_bytes(self.uc.mem_read(at, size or self.cpu.word), 'little')

    def store(self, at, value, size=None):
        size = size or self.cpu.word
        self.uc.mem_write(at, (value % (1 << 8 * size)).to_bytes(size, 'little'))

    def text(self, at):
        """text returns the string of C's that is there."""
        result = b''
        while not result.endswith(b'\0'):
            result += bytes(self.uc.mem_read(at + len(result), 1))
        return result[:-1].decode()

    def start(self, function, *arguments, stack=None, offset=0):
        """start returns a Thread that is about to call `function`, a name or an
        address."""
        if isinstance(function, str):
            function = self.symbols[function]
        if stack is None:
            if not self.stacks:
                self.new_stack()
            stack = self.stacks[0]
        return Thread(self, function, arguments, stack, offset)

    def call(self, function, *arguments, **options):
        """call runs it to its end, and returns (result, calls of stubs)."""
        thread = self.start(function, *arguments, **options)
        need(thread.run(), 'the routine blocks in {}',
             thread.waits.name if thread.waits else '')
        return thread.result, thread.calls

    def go(self, at, instructions):
        """go runs from `at` to the next stub, and returns where it is."""
        self.reached = None
        if at in self.stubs or at == self.ended:
            return at
        try:
            self.uc.emu_start(at, 0, count=instructions or 100_000)
        except unicorn.UcError as error:
            raise Broken(f'{error} at {self.uc.reg_read(self.cpu.pc):#x}') from error
        if self.reached is None:
            need(instructions, 'the routine does not end')
            return self.uc.reg_read(self.cpu.pc)
        return self.reached

    def _stop(self, uc, address, size, data):
        self.reached = address
        uc.emu_stop()
