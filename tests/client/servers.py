# SPDX-License-Identifier: Apache-2.0
"""Servers that do what is asked of them, good or bad, and the certificates that they show."""
import os
import socket
import ssl
import subprocess
import threading


def make_certificates(folder):
    """ca, and leaves signed by it: good, expired, early, wrong (another name), client, bob; self; ca2, and by
    it good2, client2."""
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    def key(name):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")

    def ca(name, subject):
        key(name)
        openssl("req", "-x509", "-new", "-key", f"{name}.key", "-subj", f"/CN={subject}", "-days",
                "3650", "-out", f"{name}.pem", "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign")

    def leaf(name, subject, names, signer="ca", dates=None):
        key(name)
        openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={subject}", "-out",
                f"{name}.csr")
        with open(os.path.join(folder, f"{name}.ext"), "w", encoding="ascii") as f:
            f.write(f"[x]\nbasicConstraints=CA:FALSE\n{names}\n")
        with open(os.path.join(folder, "db"), "w", encoding="ascii"):
            pass
        with open(os.path.join(folder, "ca.cnf"), "w", encoding="ascii") as f:
            f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=db\nnew_certs_dir=.\nrand_serial=yes\n"
                    "default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n")
        begin, end = dates or ("20200101000000Z", "20400101000000Z")
        openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", f"{signer}.pem",
                "-keyfile", f"{signer}.key", "-in", f"{name}.csr", "-out", f"{name}.pem",
                "-startdate", begin, "-enddate", end, "-extfile", f"{name}.ext", "-extensions",
                "x")

    here = "subjectAltName=DNS:localhost,DNS:kubernetes.default,IP:127.0.0.1,IP:::1"
    ca("ca", "bench-ca")
    ca("ca2", "other-ca")
    leaf("good", "good", here)
    leaf("expired", "expired", here, dates=("20200101000000Z", "20210203040506Z"))
    leaf("early", "early", here, dates=("20390101000000Z", "20400101000000Z"))
    leaf("wrong", "wrong", "subjectAltName=DNS:api.example.com,DNS:*.example.org,IP:10.0.0.1")
    leaf("nameless", "nameless", "extendedKeyUsage=serverAuth")
    leaf("client", "alice", "extendedKeyUsage=clientAuth")
    leaf("bob", "bob", "extendedKeyUsage=clientAuth")
    leaf("good2", "good2", here, signer="ca2")
    leaf("client2", "mallory", "extendedKeyUsage=clientAuth", signer="ca2")
    leaf("clientold", "alice", "extendedKeyUsage=clientAuth",
         dates=("20200101000000Z", "20210203040506Z"))
    key("self")
    openssl("req", "-x509", "-new", "-key", "self.key", "-subj", "/CN=self", "-days", "3650",
            "-out", "self.pem", "-addext", "subjectAltName=IP:127.0.0.1")


class Server:
    """Calls talk(connection, number of the connection) in a thread for each one that comes."""

    def __init__(self, talk, context=None, family=socket.AF_INET, host=None, cert=None):
        self.talk, self.context, self.count, self.requests = talk, context, 0, []
        self.cert = cert
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((host or ("::1" if family == socket.AF_INET6 else "127.0.0.1"), 0))
        self.socket.listen(16)
        self.port = self.socket.getsockname()[1]
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            connection.settimeout(20)
            self.open.append(connection)
            self.count += 1
            threading.Thread(target=self.serve, args=(connection, self.count), daemon=True).start()

    def serve(self, connection, number):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
                self.open.append(connection)
            self.talk(self, connection, number)
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            try:
                connection.close()
            except OSError:
                pass

    def request(self, connection):
        """One request, remembered: (first line, {lower-case header: value}, body), or None at the end."""
        text = b""
        while b"\r\n\r\n" not in text:
            part = connection.recv(65536)
            if not part:
                return None
            text += part
        head, body = text.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            name = name.lower()
            headers[name] = headers[name] + "|" + value.strip() if name in headers else value.strip()
        while len(body) < int(headers.get("content-length", 0)):
            part = connection.recv(65536)
            if not part:
                break
            body += part
        self.requests.append((lines[0], headers, body))
        return self.requests[-1]

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        for connection in self.open:
            try:
                connection.close()
            except OSError:
                pass


def context(folder, name, client_ca=None, most=None, least=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if most or least:
        c.set_ciphers("ALL:@SECLEVEL=0")
    if least:
        c.minimum_version = least
    if most:
        c.maximum_version = most
    c.load_cert_chain(os.path.join(folder, f"{name}.pem"), os.path.join(folder, f"{name}.key"))
    if client_ca:
        c.verify_mode = ssl.CERT_REQUIRED
        c.load_verify_locations(os.path.join(folder, f"{client_ca}.pem"))
    return c
