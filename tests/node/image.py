# SPDX-License-Identifier: Apache-2.0
"""The node's disk: kubelet, containerd, crun and their libraries from Debian's packages.

It is made once for each set of ingredients and kept in ~/.cache/plimsoll/node: first the files,
then one boot in which containerd imports the container image into it (15 s each time otherwise).
"""
import glob
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "vm"))
import vm  # noqa: E402

GUEST = os.path.join(HERE, "guest")
CACHE = os.path.join(os.path.dirname(vm.CACHE), "node")
LIBRARIES = ["libc6", "libcap2", "libseccomp2", "libyajl2", "libsystemd0", "libgcrypt20",
             "libgpg-error0", "liblz4-1", "liblzma5", "libzstd1"]
PROGRAMS = [("containerd", "containerd"), ("containerd", "containerd-shim-runc-v2"),
            ("containerd", "ctr"), ("crun", "crun")]
CNI_PLUGINS = ["loopback", "ptp", "host-local", "portmap"]
MODULES = vm.DISK_MODULES + ["failover", "net_failover", "virtio_net", "overlay", "veth"]
IMAGE = "local/load:1"
DISK = "1G"
BAKE_S = 240


def ingredients(kernel, kubelet, load):
    """What the disk is made of, as a digest."""
    digest = hashlib.sha256()
    for path in sorted(glob.glob(os.path.join(GUEST, "*"))) + [load, os.path.abspath(__file__)]:
        with open(path, "rb") as f:
            digest.update(f.read())
    digest.update(f"{kernel.version} {kubelet} {os.path.getsize(kubelet)}".encode())
    return digest.hexdigest()[:16]


def container_image(path, load):
    """A docker archive: busybox and load, which is also the pause container."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as t:
        for name in ("bin", "tmp", "etc", "data"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            t.addfile(entry)
        for name, source in (("bin/load", load), ("bin/busybox", vm.busybox())):
            t.add(source, name, filter=plain)
        for name in ("sh", "cat", "true", "sleep", "ls", "kill"):
            entry = tarfile.TarInfo("bin/" + name)
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            t.addfile(entry)
    data = layer.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    config = {"architecture": "amd64", "os": "linux",
              "config": {"Entrypoint": ["/bin/load"], "Cmd": ["pause"], "Env": ["PATH=/bin"]},
              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]}}
    manifest = [{"Config": "config.json", "RepoTags": [IMAGE], "Layers": [digest + "/layer.tar"]}]
    with tarfile.open(path, "w") as t:
        for name, body in (("config.json", json.dumps(config).encode()),
                           (digest + "/layer.tar", data),
                           ("manifest.json", json.dumps(manifest).encode())):
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            t.addfile(entry, io.BytesIO(body))


def plain(entry):
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755
    return entry


def put(source, *to):
    os.makedirs(os.path.dirname(os.path.join(*to)), exist_ok=True)
    shutil.copy(source, os.path.join(*to))
    os.chmod(os.path.join(*to), 0o755)


def lay_out(root, kubelet, load):
    """The files of the disk."""
    for name in ("dev", "proc", "sys", "run", "tmp", "sbin", "etc/cni/net.d", "etc/containerd",
                 "etc/kubernetes", "var/lib/kubelet", "var/log", "opt", "lib64"):
        os.makedirs(os.path.join(root, name))
    put(vm.busybox(), root, "bin/busybox")
    put(load, root, "bin/load")
    put(kubelet, root, "usr/bin/kubelet")
    for package, name in PROGRAMS:
        put(vm.program(package, name), root, "usr/sbin" if name == "crun" else "usr/bin", name)
    plugins = vm.package("containernetworking-plugins")
    for name in CNI_PLUGINS:
        put(os.path.join(plugins, "usr/lib/cni", name), root, "usr/lib/cni", name)
    for package in LIBRARIES:
        folder = vm.package(package)
        for at in (glob.glob(os.path.join(folder, "lib/x86_64-linux-gnu/*.so*"))
                   + glob.glob(os.path.join(folder, "usr/lib/x86_64-linux-gnu/*.so*"))):
            put(at, root, "lib/x86_64-linux-gnu", os.path.basename(at))
    put(os.path.join(root, "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"), root,
        "lib64/ld-linux-x86-64.so.2")
    put(os.path.join(GUEST, "rc"), root, "etc/rc")
    put(os.path.join(GUEST, "containerd.toml"), root, "etc/containerd/config.toml")
    put(os.path.join(GUEST, "pods.conflist"), root, "etc/cni/net.d/10-pods.conflist")
    for name, text in (("passwd", "root:x:0:0:root:/:/bin/sh\n"), ("group", "root:x:0:\n"),
                       ("hosts", "127.0.0.1 localhost\n"), ("resolv.conf", ""),
                       ("machine-id", "0123456789abcdef0123456789abcdef\n"),
                       ("os-release", 'ID=debian\nPRETTY_NAME="test node"\n')):
        with open(os.path.join(root, "etc", name), "w", encoding="utf-8") as f:
            f.write(text)


def make_initramfs(kernel, path):
    archive = vm.Archive()
    archive.copy("init", os.path.join(GUEST, "loader"))
    archive.copy("bin/busybox", vm.busybox())
    for name in ("dev", "proc", "sys", "newroot"):
        archive.folder(name)
    for number, name in enumerate(MODULES):
        data = kernel.module(name)
        if data:
            archive.file(f"modules/{number:02}-{name}.ko", data, 0o644)
    archive.write(path)


def drive(number, path, how):
    return ["-drive", f"file={path},if=none,id=d{number},format=raw,cache=unsafe,{how}",
            "-device", f"virtio-blk-pci,drive=d{number}"]


def bake(kernel, folder):
    """One boot, in which containerd imports the image."""
    machine = vm.Machine(kernel, os.path.join(folder, "initramfs"), 640, append="bake",
                         more=drive(0, os.path.join(folder, "disk"), "snapshot=off"))
    with machine:
        status = machine.process.wait(BAKE_S)
        if status != 1:  # isa-debug-exit: 2 * 0 + 1
            raise vm.Broken(f"the image was not imported (QEMU ended with {status}): "
                            + machine.why())


def build(kernel, kubelet, load):
    """The folder with disk and initramfs."""
    vm.need("qemu-system-x86_64", "mke2fs")
    name = ingredients(kernel, kubelet, load)
    folder = os.path.join(CACHE, name)
    if os.path.isdir(folder):
        return folder
    os.makedirs(CACHE, exist_ok=True)
    for old in glob.glob(os.path.join(CACHE, "*")):
        shutil.rmtree(old)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="make.") as scratch:
        root, new = os.path.join(scratch, "root"), os.path.join(scratch, "new")
        os.makedirs(root)
        os.makedirs(new)
        lay_out(root, kubelet, load)
        container_image(os.path.join(root, "opt/images.tar"), load)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-E",
                        "root_owner=0:0", "-d", root, os.path.join(new, "disk"), DISK],
                       check=True, stdout=subprocess.DEVNULL)
        make_initramfs(kernel, os.path.join(new, "initramfs"))
        bake(kernel, new)
        os.rename(new, folder)
    return folder
