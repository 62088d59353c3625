# SPDX-License-Identifier: Apache-2.0
"""A real Linux kernel in QEMU for the tests: Debian's packages, an initramfs, a machine.

Nothing is installed: packages are downloaded by apt from the mirrors that the host uses, unpacked
below ~/.cache/plimsoll/vm and used from there. The machine works without root. The host speaks to
a shell in it over a serial line, so that it needs no network.
"""
import ctypes
import glob
import os
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                     "plimsoll", "vm")
PR_SET_PDEATHSIG = 1
# mke2fs and ip are there, and not on the path of everybody.
os.environ["PATH"] += ":/usr/sbin:/sbin"
# In an order in which they can be inserted without depmod.
DISK_MODULES = ["virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev",
                "virtio_pci", "virtio_blk"]


class Skip(Exception):
    """The machine cannot run here; says why."""


class Broken(Exception):
    """The machine did not do what it must."""


def need(*tools):
    missing = [t for t in tools if not shutil.which(t)]
    if missing:
        raise Skip(", ".join(missing) + " is not installed")


# ---- packages ----

def apt(*words, cwd=None):
    return subprocess.run(["apt-get", "-q", *words], cwd=cwd, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)


def package(name):
    """The folder into which the Debian package is unpacked."""
    folder = os.path.join(CACHE, name)
    if os.path.isdir(folder):
        return folder
    need("apt-get", "dpkg")
    os.makedirs(CACHE, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="get.") as scratch:
        got = apt("download", name, cwd=scratch)
        if got.returncode and os.geteuid() == 0:  # old lists name what the mirror no longer has
            apt("update")
            got = apt("download", name, cwd=scratch)
        files = glob.glob(os.path.join(scratch, "*.deb"))
        if got.returncode or not files:
            why = (got.stderr.strip().splitlines() or ["apt-get download failed"])[-1]
            raise Skip(f"the package {name} cannot be had: {why}")
        new = os.path.join(scratch, "unpacked")
        subprocess.run(["dpkg", "-x", files[0], new], check=True)
        try:
            os.rename(new, folder)
        except OSError:
            if not os.path.isdir(folder):  # else another run was faster
                raise
    return folder


def program(package_name, name):
    """A program of a package, which may be in any bin folder."""
    folder = package(package_name)
    for at in glob.glob(os.path.join(folder, "**", "*bin", name), recursive=True):
        return at
    raise Broken(f"the package {package_name} holds no {name}")


def busybox():
    return program("busybox-static", "busybox")


class Kernel:
    """Debian's kernel for virtual machines: small, everything of cgroup v2 and PSI in it."""

    def __init__(self):
        have = sorted(glob.glob(os.path.join(CACHE, "linux-image-*-cloud-amd64")))
        name = os.path.basename(have[-1]) if have else self.newest()
        self.folder = package(name)
        self.version = name[len("linux-image-"):]
        self.image = self.unpack()

    @staticmethod
    def newest():
        need("apt-cache")
        for again in (False, True):
            if again and os.geteuid() == 0:
                apt("update")
            out = subprocess.run(["apt-cache", "depends", "linux-image-cloud-amd64"],
                                 capture_output=True, text=True, check=False).stdout
            found = re.search(r"Depends: (linux-image-\S+-cloud-amd64)", out)
            if found:
                return found[1]
        raise Skip("apt knows no linux-image-cloud-amd64")

    def unpack(self):
        """The kernel as ELF, which QEMU starts without unpacking it under emulation (2 s)."""
        packed = glob.glob(os.path.join(self.folder, "boot", "vmlinuz-*"))[0]
        elf = os.path.join(self.folder, "boot", "vmlinux")
        if os.path.exists(elf):
            return elf
        with open(packed, "rb") as f:
            image = f.read()
        # Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length
        start = (image[0x1f1] or 4) * 512 + 512 + int.from_bytes(image[0x248:0x24c], "little")
        payload = image[start:start + int.from_bytes(image[0x24c:0x250], "little")]
        for magic, tool in ((b"\x02\x21\x4c\x18", "lz4"), (b"\xfd7zXZ", "xz"),
                            (b"\x28\xb5\x2f\xfd", "zstd")):
            if payload.startswith(magic) and shutil.which(tool):
                # The kernel's own length follows the stream, which some tools grumble about.
                out = subprocess.run([tool, "-dc"], input=payload, capture_output=True,
                                     check=False).stdout
                if out.startswith(b"\x7fELF"):
                    with open(elf + ".new", "wb") as f:
                        f.write(out)
                    os.rename(elf + ".new", elf)
                    return elf
        return packed

    def module(self, name):
        """The bytes of a module, or None where it is built in."""
        for at in glob.glob(os.path.join(self.folder, "**", name + ".ko*"), recursive=True):
            tool = {".xz": "xz", ".zst": "zstd"}.get(os.path.splitext(at)[1])
            if tool:
                need(tool)
                return subprocess.run([tool, "-dc", at], capture_output=True, check=True).stdout
            with open(at, "rb") as f:
                return f.read()
        return None


def compile_load(scratch):
    """The static helper load.c; returns its path."""
    cc = next((c for c in ("cc", "gcc", "clang-14", "clang") if shutil.which(c)), None)
    if not cc:
        raise Skip("there is no C compiler")
    out = os.path.join(scratch, "load")
    subprocess.run([cc, "-O2", "-static", "-s", "-Wall", "-Wextra", "-o", out,
                    os.path.join(HERE, "load.c")], check=True)
    return out


# ---- initramfs ----

class Archive:
    """A cpio archive in the format newc, which the kernel unpacks as its first root."""

    def __init__(self):
        self.parts, self.number = [], 0
        self.folders = set()

    def entry(self, name, mode, data):
        self.number += 1
        raw = name.encode() + b"\0"
        fields = [self.number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0]
        head = b"070701" + b"".join(b"%08X" % f for f in fields) + raw
        self.parts += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]

    def folder(self, name):
        if name and name not in self.folders:
            self.folder(os.path.dirname(name))
            self.folders.add(name)
            self.entry(name, stat.S_IFDIR | 0o755, b"")

    def file(self, name, data, mode=0o755):
        self.folder(os.path.dirname(name))
        self.entry(name, stat.S_IFREG | mode, data)

    def copy(self, name, path):
        with open(path, "rb") as f:
            self.file(name, f.read())

    def write(self, path):
        self.entry("TRAILER!!!", 0, b"")
        with open(path, "wb") as f:
            f.write(b"".join(self.parts))


# ---- machine ----

def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def accelerator(kernel):
    """"kvm" where a kernel really boots with it, else "tcg". /dev/kvm alone proves nothing: some
    hosts have it and run no ordinary guest."""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        if not re.search(r"^flags.*\b(vmx|svm)\b", f.read(), re.M):
            return "tcg"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    probe = ["qemu-system-x86_64", "-M", "pc", "-accel", "kvm", "-cpu", "host", "-m", "192",
             "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot",
             "-kernel", kernel.image, "-append", "console=ttyS0 panic=-1"]
    try:  # without a root the kernel panics, and the machine ends
        out = subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, timeout=10,
                             check=False, preexec_fn=die_with_parent).stdout
    except subprocess.TimeoutExpired:
        return "tcg"
    return "kvm" if b"Kernel panic" in out else "tcg"


class Machine:
    """A running machine; ends with the `with` block, and with this process whatever happens."""

    def __init__(self, kernel, initramfs, mib, accel=None, more=(), append="", tcg=()):
        need("qemu-system-x86_64")
        self.accel = accel or accelerator(kernel)
        self.scratch = tempfile.mkdtemp(prefix="plimsoll-vm.")
        self.console = os.path.join(self.scratch, "console")
        self.calls, self.pending = 0, b""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.path.join(self.scratch, "shell"))
        listener.listen(1)
        # Emulated, an old processor costs a fifth less: no five-level page tables, no xsave.
        fast = (["-accel", "kvm", "-cpu", "host"] if self.accel == "kvm" else
                ["-accel", "tcg,tb-size=192", "-cpu", "Nehalem", *tcg])
        words = ["qemu-system-x86_64", "-M", "pc", *fast, "-m", str(mib), "-nodefaults",
                 "-no-user-config", "-display", "none", "-no-reboot",
                 "-serial", "file:" + self.console,
                 "-chardev", f"socket,id=shell,path={self.scratch}/shell",
                 "-serial", "chardev:shell",
                 "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                 "-kernel", kernel.image, "-initrd", initramfs, *more,
                 "-append", "console=ttyS0 loglevel=4 psi=1 cgroup_no_v1=all panic=-1 "
                 "mitigations=off audit=0 tsc=reliable no_timer_check random.trust_cpu=on "
                 "net.ifnames=0 " + append]
        self.began = time.monotonic()
        with open(os.path.join(self.scratch, "qemu.log"), "wb") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, preexec_fn=die_with_parent)
        listener.settimeout(20)
        try:
            self.shell = listener.accept()[0]
        except OSError as e:
            self.stop()
            raise Broken("QEMU did not start: " + self.why()) from e
        finally:
            listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def why(self):
        out = ""
        for name in ("qemu.log", "console"):
            try:
                with open(os.path.join(self.scratch, name), encoding="utf-8",
                          errors="replace") as f:
                    out += f.read()[-1500:]
            except OSError:
                pass
        return out

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if hasattr(self, "shell"):
            self.shell.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def cpu_s(self):
        """CPU seconds that QEMU has used: what a run costs, however busy the host is."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as f:
            return int(re.search(r"VmHWM:\s+(\d+)", f.read())[1]) >> 10

    def wait_up(self, seconds):
        """Until the shell answers. What is sent before it listens may be lost, so it is sent
        again."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            try:
                self.run("true", seconds=2)
                return time.monotonic() - self.began
            except TimeoutError:
                continue
        raise Broken(f"the machine was not up after {seconds} s: {self.why()}")

    def run(self, script, seconds=60, check=True):
        """Runs a shell script in the machine; its output, stdout and stderr, as $(...) gives it."""
        self.calls += 1
        mark = re.compile(rb"@@%d:(\d+)\n" % self.calls)  # not its echo, before stty -echo
        text = f"sh -c {shlex.quote(script)} </dev/null 2>&1; echo; echo @@{self.calls}:$?\n"
        self.shell.sendall(text.encode())
        limit = time.monotonic() + seconds
        while True:
            found = mark.search(self.pending)
            if found:
                break
            left = limit - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no answer in {seconds} s to: {script[:80]}")
            self.shell.settimeout(left)
            try:
                more = self.shell.recv(65536)
            except socket.timeout:
                continue
            except ConnectionError:
                more = b""
            if not more:
                raise Broken("the machine ended: " + self.why())
            self.pending += more
        out = self.pending[:found.start()].decode(errors="replace")
        status = int(found[1])
        self.pending = self.pending[found.end():]
        out = re.sub(r"(?s)^.*@@\d+:\d+\n", "", out)  # late answers to what was given up
        out = out.rstrip("\n")
        if check and status:
            raise Broken(f"status {status} of `{script[:200]}`: {out[-500:]}")
        return out


def end_on_signal():
    """SIGTERM ends the `with` blocks instead of leaving them."""
    def stop(number, _):
        sys.exit(128 + number)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
