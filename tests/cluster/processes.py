# SPDX-License-Identifier: Apache-2.0
"""Programs that a test starts: they end with it, whatever happens to it.

The kernel kills them when the thread that started them is gone (PR_SET_PDEATHSIG), so a test that
is killed leaves nothing behind either.
"""
import ctypes
import os
import re
import signal
import socket
import subprocess
import threading
import time

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
MEMORY_EVERY_S = 0.002


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One program with its log; started again with the same words by start()."""

    def __init__(self, name, words, log, environment=None, nice=0):
        self.name, self.words, self.log, self.nice = name, words, log, nice
        self.environment = dict(os.environ, **(environment or {}))
        self.popen = None

    def start(self):
        def before():
            die_with_parent()
            os.nice(self.nice)
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(
                self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=self.environment, preexec_fn=before, start_new_session=True)
        return self

    def running(self):
        return self.popen is not None and self.popen.poll() is None

    def stop(self, how=signal.SIGTERM, patience_s=10):
        if not self.running():
            return
        self.popen.send_signal(how)
        try:
            self.popen.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def tail(self, lines=15):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as f:
                return "".join(f.readlines()[-lines:])
        except OSError:
            return ""


def free_ports(count):
    """Ports of the loopback that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


class PeakMemory:
    """The most memory (VmHWM, RssAnon: a line of /proc/PID/status) that a process has had, looked at
    until its returncode is set. What wait4() says of it is at least the size of who forked it."""

    def __init__(self, process, line):
        self.process, self.most_bytes = process, 0
        self.line = re.compile(line + r":\s+(\d+)")
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while self.process.returncode is None:
            try:
                with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as f:
                    found = self.line.search(f.read())
            except OSError:
                return
            self.most_bytes = max(self.most_bytes, int(found[1]) << 10 if found else 0)
            time.sleep(MEMORY_EVERY_S)

    def end(self):
        self.thread.join()
        return self.most_bytes
