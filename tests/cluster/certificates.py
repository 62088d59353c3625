# SPDX-License-Identifier: Apache-2.0
"""Certificates made on the spot with openssl; they live as long as the folder they are in."""
import os
import subprocess


def openssl(*words, stdin=None):
    done = subprocess.run(["openssl", *words], input=stdin, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {words[0]}: {done.stderr.strip()}")


class Authority:
    """A certificate authority in a folder. Files: NAME.crt and NAME.key."""

    def __init__(self, folder, name="ca"):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.folder, self.name = folder, name
        openssl("req", "-x509", *self.new_key(name), "-subj", f"/CN=plimsoll-test-{name}",
                "-days", "2", "-out", self.path(name + ".crt"),
                "-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature")

    def path(self, name):
        return os.path.join(self.folder, name)

    def new_key(self, name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                self.path(name + ".key")]

    @property
    def certificate(self):
        return self.path(self.name + ".crt")

    def issue(self, name, subject, names="IP:127.0.0.1", expired=False):
        """A pair for a server or a client: (certificate, key)."""
        if expired:
            return self.issue_expired(name, subject, names)
        openssl("req", "-x509", "-CA", self.certificate, "-CAkey", self.path(self.name + ".key"),
                *self.new_key(name), "-subj", subject, "-days", "2",
                "-out", self.path(name + ".crt"), "-addext", "basicConstraints=critical,CA:FALSE",
                "-addext", f"subjectAltName={names}",
                "-addext", "extendedKeyUsage=serverAuth,clientAuth")
        return self.path(name + ".crt"), self.path(name + ".key")

    def issue_expired(self, name, subject, names):
        """Only `openssl ca` sets both dates."""
        folder = self.path(name + ".ca")
        os.makedirs(folder)
        for file in ("index", "serial"):
            with open(os.path.join(folder, file), "w", encoding="utf-8") as f:
                f.write("" if file == "index" else "1000\n")
        config = os.path.join(folder, "config")
        with open(config, "w", encoding="utf-8") as f:
            f.write(f"[ca]\ndefault_ca=c\n[c]\ndatabase={folder}/index\nserial={folder}/serial\n"
                    f"new_certs_dir={folder}\ndefault_md=sha256\npolicy=p\nx509_extensions=x\n"
                    f"unique_subject=no\n[p]\ncommonName=supplied\n[x]\n"
                    f"subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n")
        openssl("req", "-new", *self.new_key(name), "-subj", subject, "-out",
                self.path(name + ".csr"))
        openssl("ca", "-batch", "-config", config, "-cert", self.certificate, "-keyfile",
                self.path(self.name + ".key"), "-in", self.path(name + ".csr"), "-notext",
                "-startdate", "20200101000000Z", "-enddate", "20200201000000Z",
                "-out", self.path(name + ".crt"))
        return self.path(name + ".crt"), self.path(name + ".key")
