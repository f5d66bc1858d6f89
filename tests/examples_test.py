#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The servers of tools/examples, driven by clients that others wrote, and a client.

Usage: examples_test.py NAME=PROGRAM…

Each server is started at a port of its own choice. `tools/setup --clients`
installs the clients; a test whose client is missing is skipped and says so.
"""

import contextlib
import hashlib
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PROGRAMS = {}
SANITIZED = 'TSAN_OPTIONS' in os.environ or 'ASAN_OPTIONS' in os.environ
SLOW = 4 if SANITIZED or 'GOSLING_FORCE_MIGRATE' in os.environ else 1
LIMIT = 60 * SLOW  # seconds that nothing here should take
MEBI = 1 << 20


class Server:
    """A running server: its address, and what it said once it has ended."""

    def __init__(self, test, name, *arguments, address='127.0.0.1:0'):
        if name not in PROGRAMS:
            test.skipTest(f'{name} was not built: its library is missing')
        self.test = test
        self.errors = tempfile.TemporaryFile('w+')
        self.process = subprocess.Popen(
            [PROGRAMS[name], address, *arguments], stdout=subprocess.PIPE,
            stderr=self.errors, text=True, stdin=subprocess.DEVNULL)
        test.addCleanup(self.kill)
        line = self.process.stdout.readline()
        found = re.fullmatch(r'listening on (127\.0\.0\.1):(\d+)\n', line)
        test.assertTrue(found, line + self.said())
        self.host, self.port = found[1], found[2]
        self.address = f'{self.host}:{self.port}'

    def connect(self):
        connection = socket.create_connection((self.host, int(self.port)),
                                              timeout=LIMIT)
        self.test.addCleanup(connection.close)
        return connection

    def rss(self):
        """rss returns the mebibytes that the server has in memory; 0 under a
        sanitizer, which remembers what was freed and what was touched."""
        if SANITIZED:
            return 0
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text()
        return int(re.search(r'VmRSS:\s+(\d+) kB', status)[1]) // 1024

    def said(self):
        self.errors.seek(0)
        return self.errors.read()

    def stop(self):
        """stop ends the server, and returns the rest of what it printed."""
        self.process.send_signal(signal.SIGTERM)
        output, _ = self.process.communicate(timeout=LIMIT)
        self.test.assertEqual(self.process.returncode, 0, self.said())
        return output

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()


class ExampleTest(unittest.TestCase):

    def need(self, *clients):
        for client in clients:
            if shutil.which(client) is None:
                self.skipTest(f'there is no {client}: tools/setup --clients')

    def run_client(self, *command, data=None, status=0):
        """run_client returns what the command printed; bytes if it gets some."""
        result = subprocess.run(
            command, input=data, capture_output=True, timeout=LIMIT, check=False,
            stdin=subprocess.DEVNULL if data is None else None)
        self.assertEqual(result.returncode, status,
                         (command, result.stdout[-2000:], result.stderr[-2000:]))
        return result.stdout if data is not None else result.stdout.decode()


def read_all(connection):
    with connection.makefile('rb') as file:
        return file.read()


def reset(connection):
    """reset closes a socket so that the other end gets an RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack('ii', 1, 0))
    connection.close()


class Echo(ExampleTest):

    def test_nc_gets_back_what_it_sends(self):
        self.need('nc')
        server = Server(self, 'echo')
        data = os.urandom(8 * MEBI)
        for _ in range(2):
            self.assertEqual(data, self.run_client(
                'nc', '-N', server.host, server.port, data=data))
        server.stop()

    def test_socat_gets_back_what_it_sends(self):
        self.need('socat')
        server = Server(self, 'echo')
        data = os.urandom(8 * MEBI)
        self.assertEqual(data, self.run_client(
            'socat', '-t', str(LIMIT), '-', f'TCP:{server.address}', data=data))
        server.stop()

    def test_a_port_in_use_is_refused_in_a_sentence(self):
        server = Server(self, 'echo')
        other = subprocess.run([PROGRAMS['echo'], server.address], text=True,
                               capture_output=True, timeout=LIMIT, check=False)
        self.assertEqual(other.returncode, 1)
        self.assertEqual(other.stderr, f'echo: listen tcp {server.address}: '
                         'bind: address already in use\n')


class Target:
    """A server behind the proxy: calls serve with its one connection."""

    def __init__(self, test, serve):
        listener = socket.create_server(('127.0.0.1', 0))
        listener.settimeout(LIMIT)
        self.address = '127.0.0.1:%d' % listener.getsockname()[1]
        self.failure = None

        def run():
            with listener:
                connection, _ = listener.accept()
                connection.settimeout(LIMIT)
                with connection:
                    try:
                        serve(connection)
                    except Exception as failure:  # told by join
                        self.failure = failure

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        self.test = test

    def join(self):
        self.thread.join(LIMIT)
        self.test.assertFalse(self.thread.is_alive())
        self.test.assertIsNone(self.failure)


class Proxy(ExampleTest):

    def pass_both_ways(self, *command):
        """The target answers after the end of what the client says."""
        there, back = os.urandom(64 * MEBI), os.urandom(64 * MEBI)
        arrived = []

        def serve(connection):
            arrived.append(hashlib.sha256(read_all(connection)).digest())
            connection.sendall(back)

        target = Target(self, serve)
        proxy = Server(self, 'proxy', target.address)
        command = [word.replace('HOST', proxy.host).replace('PORT', proxy.port)
                   for word in command]
        answer = self.run_client(*command, data=there)
        target.join()
        self.assertEqual(arrived, [hashlib.sha256(there).digest()])
        self.assertTrue(answer == back, f'{len(answer)} bytes came back')
        proxy.stop()

    def test_64_mib_go_there_and_back_with_nc(self):
        self.need('nc')
        self.pass_both_ways('nc', '-N', 'HOST', 'PORT')

    def test_64_mib_go_there_and_back_with_socat(self):
        self.need('socat')
        self.pass_both_ways('socat', '-t', str(LIMIT), '-', 'TCP:HOST:PORT')

    def test_64_mib_go_both_ways_at_the_same_time(self):
        self.need('nc')
        there, back = os.urandom(64 * MEBI), os.urandom(64 * MEBI)
        arrived = []

        def serve(connection):
            def read():
                arrived.append(read_all(connection))
            reader = threading.Thread(target=read)
            reader.start()
            connection.sendall(back)
            connection.shutdown(socket.SHUT_WR)
            reader.join()

        target = Target(self, serve)
        proxy = Server(self, 'proxy', target.address)
        answer = self.run_client('nc', '-N', proxy.host, proxy.port, data=there)
        target.join()
        self.assertTrue(arrived == [there])
        self.assertTrue(answer == back)
        proxy.stop()

    def test_a_broken_connection_does_not_look_complete(self):
        def serve(connection):
            connection.recv(1)
            connection.sendall(b'half of it')
            time.sleep(0.2)  # a reset may overtake what was sent
            reset(connection)

        target = Target(self, serve)
        proxy = Server(self, 'proxy', target.address)
        client = proxy.connect()
        client.sendall(b'x')
        with self.assertRaises(ConnectionResetError):
            read_all(client)
        target.join()
        proxy.stop()

    def test_a_client_gets_a_reset_if_there_is_no_target(self):
        with socket.create_server(('127.0.0.1', 0)) as free:
            port = free.getsockname()[1]
        proxy = Server(self, 'proxy', f'127.0.0.1:{port}')
        for _ in range(3):
            with self.assertRaises(ConnectionResetError):
                read_all(proxy.connect())
        self.assertEqual(proxy.said(), 3 * (
            f'proxy: dial tcp 127.0.0.1:{port}: connect: connection refused\n'))
        proxy.stop()

    def test_connections_come_to_their_end_after_sigterm(self):
        go_on = threading.Event()
        data = os.urandom(MEBI)

        def serve(connection):
            connection.sendall(data)
            go_on.wait(LIMIT)
            connection.sendall(data)

        target = Target(self, serve)
        proxy = Server(self, 'proxy', target.address)
        client = proxy.connect()
        self.assertTrue(client.recv(1))
        proxy.process.send_signal(signal.SIGTERM)
        refused = False
        while not refused:
            try:
                with socket.create_connection(client.getpeername(), LIMIT):
                    pass
            except ConnectionRefusedError:
                refused = True
            except ConnectionResetError:
                pass  # the listener was closed in that moment
        go_on.set()
        self.assertEqual(len(read_all(client)), 2 * MEBI - 1)
        client.close()
        target.join()
        self.assertEqual(proxy.process.wait(LIMIT), 0)

    def test_a_connection_that_does_not_end_is_ended(self):
        target = Target(self, read_all)
        target.test = self
        proxy = Server(self, 'proxy', target.address, '--grace', '0.2')
        client = proxy.connect()
        client.sendall(b'x')
        time.sleep(0.1)
        proxy.stop()
        with self.assertRaises(ConnectionResetError):
            read_all(client)


class Speaker:
    """A client of the chat."""

    def __init__(self, server, name):
        self.connection = server.connect()
        self.lines = self.connection.makefile('r', newline='\n')
        server.test.addCleanup(self.lines.close)
        self.say(name)
        server.test.assertEqual(self.hear(), f'* {name} is here\n')

    def say(self, *lines):
        self.connection.sendall(''.join(f'{line}\n' for line in lines).encode())

    def hear(self):
        return self.lines.readline()


class Chat(ExampleTest):

    def test_each_hears_all(self):
        server = Server(self, 'chat')
        anna = Speaker(server, 'anna')
        bert = Speaker(server, 'bert')
        self.assertEqual(anna.hear(), '* bert is here\n')
        for speaker, name in (anna, 'anna'), (bert, 'bert'):
            speaker.say(*(f'line {n}' for n in range(100)))
            for n in range(100):
                for hearer in anna, bert:
                    self.assertEqual(hearer.hear(), f'{name}: line {n}\n')
        bert.connection.sendall(b'bye')  # without an end
        bert.connection.shutdown(socket.SHUT_WR)
        self.assertEqual(anna.hear(), 'bert: bye\n')
        self.assertEqual(anna.hear(), '* bert is gone\n')
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(anna.hear(), '* good night\n')
        self.assertEqual(server.process.wait(LIMIT), 0)
        self.assertEqual(anna.hear(), '')

    def test_nc_is_a_client(self):
        self.need('nc')
        server = Server(self, 'chat')
        anna = Speaker(server, 'anna')
        said = self.run_client('nc', '-N', server.host, server.port,
                               data=b'carl\nhello\n')
        self.assertEqual(anna.hear(), '* carl is here\n')
        self.assertEqual(anna.hear(), 'carl: hello\n')
        self.assertEqual(anna.hear(), '* carl is gone\n')
        self.assertEqual(said, b'* carl is here\ncarl: hello\n')
        server.stop()

    def test_too_long_a_line_ends_the_connection(self):
        server = Server(self, 'chat')
        anna, bert = Speaker(server, 'anna'), Speaker(server, 'bert')
        anna.hear()
        bert.say('x' * 5000)
        self.assertEqual(anna.hear(), '* bert is gone\n')
        server.stop()

    def test_a_client_that_does_not_read_is_dropped_and_costs_little(self):
        server = Server(self, 'chat')
        slow = Speaker(server, 'slow')
        anna = Speaker(server, 'anna')
        before = server.rss()
        line = 'x' * 4000
        for _ in range(100_000):
            anna.say(line)
            answer = anna.hear()
            if answer == '* slow is gone\n':
                break
            self.assertEqual(answer, f'anna: {line}\n')
        self.assertEqual(answer, '* slow is gone\n')
        self.assertLess(server.rss() - before, 8 * SLOW)
        del slow
        server.stop()


def resp(*words):
    """resp returns a command as clients send it."""
    words = [w.encode() if isinstance(w, str) else w for w in words]
    return b'*%d\r\n' % len(words) + b''.join(
        b'$%d\r\n%s\r\n' % (len(w), w) for w in words)


class Redis(ExampleTest):

    def cli(self, server, *words):
        self.need('redis-cli')
        return self.run_client('redis-cli', '-h', server.host, '-p', server.port,
                               *words).strip()

    def talk(self, server, data):
        """talk sends all of it, and returns all that is answered."""
        connection = server.connect()
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return read_all(connection)

    def test_redis_cli_sets_and_gets(self):
        server = Server(self, 'redis')
        # Clients begin slowly on a busy machine.
        almost_100 = re.compile('100|9[0-9]|8[0-9]')
        for command, reply in [
                ('PING', 'PONG'), ('PING hello', 'hello'), ('ECHO there', 'there'),
                ('GET a', ''), ('SET a 1', 'OK'), ('GET a', '1'),
                ('INCR a', '2'), ('INCR new', '1'), ('EXISTS a new none', '2'),
                ('TTL a', '-1'), ('TTL none', '-2'), ('EXPIRE a 100', '1'),
                ('EXPIRE none 100', '0'), ('TTL a', almost_100),
                ('SET a text KEEPTTL', 'OK'), ('TTL a', almost_100),
                ('SET a text', 'OK'), ('TTL a', '-1'),
                ('INCR a', 'ERR value is not an integer or out of range'),
                ('SET a x NX', ''), ('SET a x XX', 'OK'), ('SET b x XX', ''),
                ('DEL a new none', '2'), ('GET a', ''), ('DBSIZE', '0'),
                ('SET a 1 PX 0', "ERR invalid expire time in 'set' command"),
                ('SET a 1 EX 1 PX 1', 'ERR syntax error'),
                ('GET', "ERR wrong number of arguments for 'get' command"),
                ('NOPE x', "ERR unknown command 'NOPE', with args beginning "
                           "with: 'x'")]:
            with self.subTest(command):
                said = self.cli(server, *command.split())
                if isinstance(reply, re.Pattern):
                    self.assertRegex(said, f'^({reply.pattern})$')
                else:
                    self.assertEqual(said, reply)
        server.stop()

    def test_a_key_ends(self):
        server = Server(self, 'redis')
        begin = time.monotonic()
        self.assertEqual(self.cli(server, 'SET', 'a', '1', 'PX', '500'), 'OK')
        self.assertEqual(self.cli(server, 'SET', 'b', '1', 'EX', '1000'), 'OK')
        value = self.cli(server, 'GET', 'a')
        left = int(self.cli(server, 'PTTL', 'a'))
        # It is there until then, and four clients may take longer.
        if time.monotonic() < begin + 0.5:
            self.assertEqual(value, '1')
            self.assertTrue(0 < left <= 500, left)
        limit = time.monotonic() + LIMIT
        while self.cli(server, 'DBSIZE') == '2':  # without asking for it
            self.assertLess(time.monotonic(), limit)
        self.assertEqual(self.cli(server, 'GET', 'a'), '')
        self.assertEqual(self.cli(server, 'TTL', 'a'), '-2')
        server.stop()

    def test_published_messages_reach_subscribers(self):
        server = Server(self, 'redis')
        self.need('redis-cli')
        command = ['redis-cli', '-h', server.host, '-p', server.port,
                   'SUBSCRIBE', 'news', 'sports']
        subscribers = [subprocess.Popen(command, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL,
                                        text=True) for _ in range(2)]
        for subscriber in subscribers:
            self.addCleanup(subscriber.wait)
            self.addCleanup(subscriber.kill)
            self.addCleanup(subscriber.stdout.close)
            said = [subscriber.stdout.readline().strip() for _ in range(6)]
            self.assertEqual(said, ['subscribe', 'news', '1',
                                    'subscribe', 'sports', '2'])
        self.assertEqual(self.cli(server, 'PUBLISH', 'weather', 'x'), '0')
        for n in range(20):
            channel = 'news' if n % 2 else 'sports'
            self.assertEqual(
                self.cli(server, 'PUBLISH', channel, f'message {n}'), '2')
        for subscriber in subscribers:
            for n in range(20):
                said = [subscriber.stdout.readline().strip() for _ in range(3)]
                self.assertEqual(said, [
                    'message', 'news' if n % 2 else 'sports', f'message {n}'])
        subscribers[0].kill()
        subscribers[0].wait()
        limit = time.monotonic() + LIMIT
        while self.cli(server, 'PUBLISH', 'news', 'x') != '1':
            self.assertLess(time.monotonic(), limit)
        server.stop()
        self.assertEqual(subscribers[1].wait(LIMIT), 1)

    def test_a_subscriber_may_do_little_else_until_it_unsubscribes(self):
        server = Server(self, 'redis')
        said = self.talk(server, resp('UNSUBSCRIBE') + resp('SUBSCRIBE', 'a', 'b')
                         + resp('GET', 'x') + resp('PING') + resp('ping', 'y')
                         + resp('UNSUBSCRIBE', 'a') + resp('UNSUBSCRIBE')
                         + resp('SET', 'x', '1') + resp('GET', 'x')
                         + resp('QUIT') + resp('GET', 'x'))
        self.assertEqual(said.decode(), (
            '*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n'
            '*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n'
            '*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n'
            "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / "
            'PING / QUIT / RESET are allowed in this context\r\n'
            '*2\r\n$4\r\npong\r\n$0\r\n\r\n*2\r\n$4\r\npong\r\n$1\r\ny\r\n'
            '*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n'
            '*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:0\r\n'
            '+OK\r\n$1\r\n1\r\n+OK\r\n'))
        server.stop()

    def test_inline_commands_are_taken(self):
        self.need('nc')
        server = Server(self, 'redis')
        said = self.run_client(
            'nc', '-N', server.host, server.port,
            data=b'PING\r\n\r\nset a "b c"\nget  a\r\n')
        self.assertEqual(said, b'+PONG\r\n+OK\r\n$3\r\nb c\r\n')
        server.stop()

    def test_a_batch_is_answered_at_once(self):
        server = Server(self, 'redis')
        connection = server.connect()
        for _ in range(10):
            connection.sendall(100 * resp('PING'))
            self.assertEqual(connection.recv(10_000), 100 * b'+PONG\r\n')
        server.stop()

    def test_what_breaks_the_protocol_is_told_and_ends_the_connection(self):
        server = Server(self, 'redis')
        for data, error in [(b'*1\r\n$536870913\r\n', 'invalid bulk length'),
                            (b'*1048577\r\n', 'invalid multibulk length'),
                            (b'*1\r\n+', "expected '$', got '+'"),
                            (70_000 * b'x', 'too big inline request')]:
            with self.subTest(error):
                # A lot is behind it that is never read.
                said = self.talk(server, resp('PING') + data + 100_000 * b'y')
                self.assertEqual(said.decode(), '+PONG\r\n-ERR Protocol error: '
                                                f'{error}\r\n')
        server.stop()

    def test_redis_benchmark_meets_no_error(self):
        self.need('redis-benchmark')
        server = Server(self, 'redis')
        for options in ('-P 16 -t set,get -n 20000', '-t ping,incr -n 5000',
                        '-P 4 -t set,get -n 2000 -d 20000 -r 100',
                        '-c 500 -t get -n 5000'):
            with self.subTest(options):
                said = self.run_client(
                    'redis-benchmark', '-h', server.host, '-p', server.port,
                    '-q', *options.split())
                self.assertNotRegex(said.lower(), 'error|warning|fail')
                self.assertRegex(said, r'requests per second')
        # It sets key:__rand_int__ unless -r is given.
        self.assertEqual(self.cli(server, 'GET', 'counter:__rand_int__'), '5000')
        server.stop()

    def test_a_client_that_does_not_read_costs_little_and_holds_up_none(self):
        server = Server(self, 'redis')
        value = os.urandom(MEBI)
        self.assertEqual(self.talk(server, resp('SET', 'big', value)), b'+OK\r\n')
        before = server.rss()
        slow = server.connect()
        slow.sendall(200 * resp('GET', 'big') + resp('PING'))
        for n in range(100):  # others are served meanwhile
            self.assertEqual(self.talk(server, resp('SET', 'n', str(n))),
                             b'+OK\r\n')
        self.assertLess(server.rss() - before, 16 * SLOW)
        slow.shutdown(socket.SHUT_WR)
        said = read_all(slow)
        self.assertTrue(said == 200 * (b'$1048576\r\n' + value + b'\r\n')
                        + b'+PONG\r\n', len(said))
        server.stop()

    def test_a_subscriber_that_does_not_read_is_dropped(self):
        server = Server(self, 'redis')
        slow = server.connect()
        slow.sendall(resp('SUBSCRIBE', 'news'))
        self.assertTrue(slow.recv(100))
        publisher = server.connect()
        answers = publisher.makefile('rb')
        self.addCleanup(answers.close)
        for _ in range(1000):
            publisher.sendall(resp('PUBLISH', 'news', MEBI * b'x'))
            if answers.readline() == b':0\r\n':
                break
        else:
            self.fail('a gigabyte was kept for it')
        self.assertLess(server.rss(), 100 * SLOW)
        server.stop()

    def test_announced_lengths_cost_nothing(self):
        server = Server(self, 'redis')
        before = server.rss()
        connections = [server.connect() for _ in range(100)]
        for connection in connections:
            connection.sendall(b'*1048576\r\n$536870912\r\nx')
        self.assertEqual(self.talk(server, resp('PING')), b'+PONG\r\n')
        self.assertLess(server.rss() - before, 16 * SLOW)
        server.stop()

    def test_it_answers_as_redis_does(self):
        self.need('redis-server')
        server = Server(self, 'redis')
        with socket.create_server(('127.0.0.1', 0)) as free:
            port = free.getsockname()[1]
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        original = subprocess.Popen(
            ['redis-server', '--port', str(port), '--save', '', '--dir',
             folder.name], stdout=subprocess.DEVNULL)
        self.addCleanup(original.wait)
        self.addCleanup(original.kill)
        limit = time.monotonic() + LIMIT
        while True:
            try:
                socket.create_connection(('127.0.0.1', port)).close()
                break
            except ConnectionRefusedError:
                self.assertLess(time.monotonic(), limit)
                time.sleep(0.05)
        for data in [
                b'PING\r\nping x\r\nPING a b\r\n', b'ECHO\r\n',
                resp('SET', 'a', b'\0\r\n') + resp('GET', 'a') + resp('DEL', 'a'),
                resp('SET', 'a', ' 1') + resp('INCR', 'a') + resp('INCR', 'b'),
                resp('SET', 'a', '9223372036854775807') + resp('INCR', 'a'),
                resp('SET', 'a', '-0') + resp('INCR', 'a'),
                resp('SET', 'a', '01') + resp('INCR', 'a'),
                resp('SET', 'a', '+1') + resp('INCR', 'a'),
                resp('EXPIRE', 'a', '-1') + resp('GET', 'a'),
                resp('SET', 'a', '1', 'ex', '10') + resp('TTL', 'a'),
                resp('SET', 'a', '1', 'EX', 'x') + resp('SET', 'a', '1', 'EX'),
                resp('SET', 'a', '1', 'NX', 'XX') + resp('SET', 'a', '1', 'Q'),
                resp('SET', 'a', '1', 'EX', '-1') + resp('EXPIRE', 'a', 'x'),
                resp('SET', 'a', '1', 'EX', '9223372036854775807'),
                resp('EXPIRE', 'a', '9223372036854775807'),
                resp('EXISTS', 'a', 'a', 'zz') + resp('PTTL', 'zz'),
                resp('PUBLISH', 'a', 'b') + resp('UNSUBSCRIBE', 'x'),
                resp('nope') + resp('no\npe', 'a', 'b\r'),
                resp('SUBSCRIBE', 'x', 'x') + resp('INCR', 'q') + resp('PING'),
                resp('QUIT') + resp('PING'), b'*1\r\n$-5\r\n', b'*-7\r\nPING\r\n',
                b'*1\r\nPING\r\n', b'get "x\r\n', b"set y 'a\\'b'\r\nget y\r\n",
                b'set y "\\x00\\r\\q"\r\nget y\r\n', b'*2\r\n$3\r\nGET\r\n$1\r\n']:
            with self.subTest(data):
                ours = self.talk(server, data)
                theirs = socket.create_connection(('127.0.0.1', port), LIMIT)
                with theirs:
                    theirs.sendall(data)
                    # At the end of the data it drops what is not answered.
                    said = b''
                    while len(said) < len(ours):
                        more = theirs.recv(len(ours) - len(said))
                        if not more:
                            break
                        said += more
                    theirs.shutdown(socket.SHUT_WR)
                    self.assertEqual(ours, said + read_all(theirs))
        server.stop()

    def test_sigterm_ends_it_while_clients_are_connected(self):
        server = Server(self, 'redis')
        idle = server.connect()
        subscriber = server.connect()
        subscriber.sendall(resp('SUBSCRIBE', 'a'))
        self.assertTrue(subscriber.recv(100))
        server.stop()
        self.assertEqual(idle.recv(1), b'')
        self.assertEqual(subscriber.recv(1), b'')


class Http(ExampleTest):

    def curl(self, server, path, *options, data=None):
        """curl returns the status and the body."""
        self.need('curl')
        said = self.run_client(
            'curl', '-sS', '-w', '\n%{http_code}', *options,
            f'http://{server.address}{path}', data=data or b'')
        body, _, status = said.rpartition(b'\n')
        return int(status), body

    def counts(self, server):
        """counts ends the server and returns its requests and replies."""
        found = re.search(r'(\d+) requests, (\d+) replies', server.stop())
        return int(found[1]), int(found[2])

    def test_curl_gets_the_pages(self):
        server = Server(self, 'http')
        self.assertEqual(self.curl(server, '/'), (200, b'Hello, world!\n'))
        self.assertEqual(self.curl(server, '/nope')[0], 404)
        self.assertEqual(self.curl(server, '/slow?ms=50'), (200, b'slept\n'))
        self.assertEqual(self.curl(server, '/slow?ms=x')[0], 400)
        chunks = b''.join(b'chunk %d\n' % n for n in range(10))
        self.assertEqual(self.curl(server, '/chunked'), (200, chunks))
        self.assertEqual(self.curl(server, '/chunked', '-0'), (200, chunks))
        self.assertEqual(self.curl(server, '/', '-X', 'DELETE')[0], 405)
        for path in '/', '/chunked', '/echo':
            status, head = self.curl(server, path, '-I')
            self.assertEqual(status, 200)
            self.assertRegex(head, br'\r\nDate: \w+, \d+ \w+ \d+ [\d:]+ GMT\r\n')
        self.assertEqual(self.counts(server), (10, 10))

    def test_curl_gets_back_what_it_sends(self):
        server = Server(self, 'http')
        for size in 0, 1, 5000, MEBI:
            data = os.urandom(size)
            for options in [], ['-H', 'Transfer-Encoding: chunked'], [
                    '-H', 'Expect: 100-continue', '--expect100-timeout',
                    str(LIMIT)]:
                with self.subTest(size=size, options=options):
                    status, body = self.curl(server, '/echo', '--data-binary',
                                             '@-', *options, data=data)
                    self.assertEqual(status, 200)
                    self.assertTrue(body == data, len(body))
        server.stop()

    def test_one_connection_serves_many_requests(self):
        self.need('curl')
        server = Server(self, 'http')
        said = self.run_client(
            'curl', '-sS', '-o', '/dev/null', '-w', '%{num_connects} ',
            *(10 * ['-o', '/dev/null', f'http://{server.address}/']))
        self.assertEqual(said, '1 ' + 9 * '0 ')
        server.stop()

    def test_what_is_too_large_is_refused(self):
        server = Server(self, 'http')
        self.assertEqual(
            self.curl(server, '/', '-H', 'X: ' + 20_000 * 'x')[0], 431)
        for options in [], ['-H', 'Transfer-Encoding: chunked'], ['-H', 'Expect:']:
            self.assertEqual(
                self.curl(server, '/echo', '--data-binary', '@-', *options,
                          data=(2 * MEBI) * b'x')[0], 413)
        server.stop()

    def test_a_slow_client_is_cut_off_while_others_are_served(self):
        server = Server(self, 'http', '--header-timeout', '1')
        slow = [server.connect() for _ in range(50)]
        start = time.monotonic()
        answers = []

        def drip(connection):
            try:
                for byte in 1000 * [b'x']:
                    connection.sendall(byte)
                    time.sleep(0.1)
            except OSError:
                pass
        for connection in slow:
            connection.sendall(b'GET / HTTP/1.1\r\nX: ')
        dripper = threading.Thread(target=drip, args=[slow[0]])
        dripper.start()
        while not answers or time.monotonic() < start + 0.8:
            answers.append(self.curl(server, '/')[0])
        self.assertEqual(set(answers), {200})
        for connection in slow[1:]:
            self.assertTrue(read_all(connection).startswith(b'HTTP/1.1 408 '))
        self.assertLess(time.monotonic() - start, 10 * SLOW)
        dripper.join(LIMIT)
        self.assertFalse(dripper.is_alive())
        server.stop()

    def wrk(self, server, seconds, path='/'):
        self.need('wrk')
        return subprocess.Popen(
            ['wrk', '-t', '1', '-c', '32', '-d', f'{seconds}s', '--timeout',
             f'{LIMIT}s', f'http://{server.address}{path}'],
            stdout=subprocess.PIPE, text=True)

    def test_wrk_meets_no_error(self):
        for path in '/', '/chunked':
            server = Server(self, 'http')
            said, _ = self.wrk(server, 2, path).communicate(timeout=LIMIT)
            self.assertNotRegex(said, 'Socket errors|Non-2xx')
            requests = int(re.search(r'(\d+) requests in', said)[1])
            self.assertGreater(requests, 100)
            ours, replies = self.counts(server)
            self.assertEqual(ours, replies)
            # wrk leaves off without waiting for the last of each connection.
            self.assertTrue(requests <= replies <= requests + 32,
                            (requests, replies))

    def test_h2load_meets_no_error(self):
        self.need('h2load')
        server = Server(self, 'http')
        said = self.run_client('h2load', '--h1', '-n', '5000', '-c', '20', '-m',
                               '10', f'http://{server.address}/')
        self.assertIn('5000 succeeded, 0 failed, 0 errored, 0 timeout', said)
        self.assertEqual(self.counts(server), (5000, 5000))

    def test_no_request_is_lost_at_sigterm_under_a_storm_of_signals(self):
        server = Server(self, 'http')
        wrk = self.wrk(server, LIMIT)  # it is told to end when the server has
        self.addCleanup(wrk.wait)
        self.addCleanup(wrk.kill)
        # A busy machine may take long to start it.
        files = f'/proc/{server.process.pid}/fd'
        limit = time.monotonic() + LIMIT
        while len(os.listdir(files)) < 32:
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.01)
        over = threading.Event()

        def storm():
            while not over.is_set():
                with contextlib.suppress(ProcessLookupError):
                    server.process.send_signal(signal.SIGURG)
        sender = threading.Thread(target=storm)
        sender.start()
        try:
            time.sleep(1.5)  # wrk is at full speed
            ours, replies = self.counts(server)
        finally:
            over.set()
            sender.join()
        wrk.send_signal(signal.SIGINT)
        said, _ = wrk.communicate(timeout=LIMIT)
        requests = int(re.search(r'(\d+) requests in', said)[1])
        self.assertGreater(requests, 100)
        self.assertEqual((ours, replies), (requests, requests), said)
        # Those connections that it had lack nothing. New ones are refused,
        # which wrk takes for an error of its write.
        errors = re.search(r'read (\d+), write \d+, timeout (\d+)', said)
        self.assertEqual(errors.groups(), ('0', '0'), said)
        self.assertNotIn('Non-2xx', said)

    def test_a_request_under_way_is_answered_after_sigterm(self):
        server = Server(self, 'http')
        connection = server.connect()
        # One that is not accepted yet when the server stops is reset.
        connection.sendall(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        self.assertTrue(connection.recv(1))
        connection.sendall(b'GET /slow?ms=1000 HTTP/1.1\r\nHost: a\r\n\r\n')
        time.sleep(0.3)  # it sleeps; if it is late, what has come is answered
        self.assertEqual(self.counts(server), (2, 2))
        self.assertTrue(read_all(connection).endswith(b'slept\n'))


class Fetch(ExampleTest):

    def setUp(self):
        if 'fetch' not in PROGRAMS:
            self.skipTest('fetch was not built: its library is missing')

    def fetch(self, *arguments, status=0):
        """fetch returns what the program printed, on both streams."""
        result = subprocess.run(
            [PROGRAMS['fetch'], *arguments], capture_output=True, text=True,
            timeout=LIMIT, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(result.returncode, status, result.stderr)
        return result.stdout, result.stderr

    def test_it_gets_pages_from_the_http_example(self):
        server = Server(self, 'http')
        root = f'http://{server.address}'
        lines = [f'200 14 {root}/', f'404 22 {root}/nope',
                 f'200 80 {root}/chunked', f'200 6 {root}/slow?ms=20']
        urls = [line.split()[2] for line in lines]
        said, _ = self.fetch(*(10 * urls))
        self.assertEqual(said.splitlines(), 10 * lines)
        server.stop()

    def test_transfers_wait_at_once_and_have_no_threads(self):
        """No request is answered before all have come."""
        many = 64
        listener = socket.create_server(('127.0.0.1', 0), backlog=many)
        self.addCleanup(listener.close)
        listener.settimeout(LIMIT)
        url = 'http://{}:{}/'.format(*listener.getsockname())
        with subprocess.Popen([PROGRAMS['fetch'], *(many * [url])], text=True,
                              stdout=subprocess.PIPE) as process:
            self.addCleanup(process.kill)
            connections = []
            for _ in range(many):
                connection, _ = listener.accept()
                self.addCleanup(connection.close)
                connection.settimeout(LIMIT)
                connections.append(connection)
            for connection in connections:
                with connection.makefile('rb') as file:
                    while file.readline() != b'\r\n':
                        pass
            # Sysmon may have made some for threads that had lost their core.
            threads = len(os.listdir(f'/proc/{process.pid}/task'))
            self.assertLess(threads, many // 2)
            for connection in connections:
                connection.sendall(b'HTTP/1.1 200 OK\r\n'
                                   b'Content-Length: 2\r\n\r\nok')
            said, _ = process.communicate(timeout=LIMIT)
            self.assertEqual(process.returncode, 0)
            self.assertEqual(said, many * f'200 2 {url}\n')

    def test_what_fails_is_told(self):
        listener = socket.create_server(('127.0.0.1', 0))  # answers nothing
        self.addCleanup(listener.close)
        url = 'http://{}:{}/'.format(*listener.getsockname())
        self.assertEqual(self.fetch('--timeout', '0.2', url, status=1),
                         ('', f'fetch: {url}: Timeout was reached\n'))
        deaf = socket.socket()
        self.addCleanup(deaf.close)
        deaf.bind(('127.0.0.1', 0))
        url = 'http://{}:{}/'.format(*deaf.getsockname())
        self.assertEqual(self.fetch(url, status=1),
                         ('', f"fetch: {url}: Couldn't connect to server\n"))


if __name__ == '__main__':
    PROGRAMS.update(argument.split('=', 1) for argument in sys.argv[1:])
    if not PROGRAMS:
        sys.exit(__doc__)
    unittest.main(argv=sys.argv[:1])
