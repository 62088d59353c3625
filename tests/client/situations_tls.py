# SPDX-License-Identifier: Apache-2.0
"""Situations of against_kubectl.py: certificates."""
import ssl
import subprocess

from servers import Server
from situation import ALL, given, situation


@situation
def authority_data(b):
    b.config(b.cluster(**{"certificate-authority": None, "certificate-authority-data": b.pem64("ca.pem")}))
    return given()


@situation
def authority_data_in_lines(b):
    text = b.pem64("ca.pem")
    lines = "\n".join(text[i:i + 76] for i in range(0, len(text), 76))
    b.config(b.cluster(**{"certificate-authority": None, "certificate-authority-data": lines + "\n"}))
    return given()


@situation
def authority_data_no_base64(b):
    b.config(b.cluster(**{"certificate-authority": None, "certificate-authority-data": "a?b"}))
    return given(says="certificate-authority-data is no base64")


@situation
def authority_data_and_file(b):
    b.config(b.cluster(**{"certificate-authority-data": b.pem64("ca.pem")}))
    return given(says="certificate-authority")


@situation
def authority_file_missing(b):
    b.config(b.cluster(**{"certificate-authority": "nothing.pem"}))
    return given(says="nothing.pem")


@situation
def authority_file_with_words(b):
    with open(b.cert("ca2.pem"), encoding="ascii") as f, open(b.cert("ca.pem"), encoding="ascii") as g:
        b.write("ca.pem", "# ours\n" + f.read() + "\nand the other\r\n" + g.read().replace("\n", "\r\n"))
    b.config(b.cluster(**{"certificate-authority": "ca.pem"}))
    return given()


@situation
def authority_file_with_a_bad_one(b):
    with open(b.cert("ca.pem"), encoding="ascii") as f:
        b.write("ca.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" + f.read())
    b.config(b.cluster(**{"certificate-authority": "ca.pem"}))
    return given()


@situation
def authority_unknown(b):
    b.config(b.cluster(**{"certificate-authority": b.cert("ca2.pem")}))
    return given(says="not in")


@situation
def authority_and_insecure(b):
    b.config(b.cluster(**{"insecure-skip-tls-verify": True}))
    return given(says="only one")


@situation
def insecure(b):
    b.config(b.cluster(**{"insecure-skip-tls-verify": True, "certificate-authority": None}))
    return given()


@situation
def insecure_option_over_authority(b):
    b.config(b.cluster(**{"certificate-authority": b.cert("ca2.pem")}))
    return given("--insecure-skip-tls-verify")


@situation
def server_name(b):
    b.config(b.cluster(**{"tls-server-name": "kubernetes.default"}))
    return given()


@situation
def server_name_of_another(b):
    b.config(b.cluster(**{"tls-server-name": "elsewhere"}))
    return given(says="elsewhere")


@situation
def server_name_falls_with_the_server(b):
    b.config(b.cluster(**{"tls-server-name": "elsewhere"}))
    return given("--server", b.url("b"))


@situation
def server_name_option(b):
    b.config()
    return given("--tls-server-name", "kubernetes.default", "--server", b.url("b"))


@situation
def authority_option(b):
    b.config(b.cluster(**{"certificate-authority": None, "insecure-skip-tls-verify": True}))
    return given("--certificate-authority", b.cert("ca2.pem"), says="not in")


EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
HERE_NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"
CA_EXT = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign"


def issue(b, name, ext=HERE_NAMES, signer=None, key=EC, digest="sha256"):
    """A certificate NAME.pem with NAME.key in the folder, signed by SIGNER there; None: by ca."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=b.folder, check=True, capture_output=True)
    by = b.path(signer) if signer else b.cert("ca")
    openssl("genpkey", "-algorithm", *key, "-out", f"{name}.key")
    openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", "csr")
    b.write("ext", ext + "\n")
    openssl("x509", "-req", "-in", "csr", "-CA", by + ".pem", "-CAkey", by + ".key", "-days", "30",
            "-" + digest, "-extfile", "ext", "-out", f"{name}.pem", "-CAcreateserial", "-CAserial", "serial")


def joined(b, *names):
    text = ""
    for name in names:
        with open(b.path(name), encoding="ascii") as f:
            text += f.read()
    return b.write("joined.pem", text)


def own_server(b, chain="own.pem", ciphers=None, host="127.0.0.1", authority=None, **cluster):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if ciphers:
        c.maximum_version = ssl.TLSVersion.TLSv1_2
    c.set_ciphers((ciphers or "ALL") + ":@SECLEVEL=0")
    c.load_cert_chain(b.path(chain), b.path("own.key"))
    server = Server(b.servers.talk("own"), context=c)
    b.own.append(server)
    b.config(b.cluster(server=f"https://{host}:{server.port}", **{
        "certificate-authority": authority or b.cert("ca.pem"), **cluster}))
    return given()


# Of certificates that kubectl takes, OpenSSL does not take these.
STRICTER = {
    "subjectAltName=DNS:*.example": "a wildcard right below a top-level name",
    HERE_NAMES + "\n" + CA_EXT: "a certificate that may only sign others, as a server's",
}

for number, (ext, more) in enumerate([
        ("subjectAltName=DNS:localhost", {}),
        ("subjectAltName=DNS:localhost", {"host": "localhost"}),
        ("subjectAltName=DNS:127.0.0.1", {"says": "not for 127.0.0.1 but for DNS:127.0.0.1"}),
        ("subjectAltName=DNS:*.example", {"tls-server-name": "a.example"}),
        ("subjectAltName=DNS:*.example,DNS:x", {"tls-server-name": "a.b.example"}),
        ("subjectAltName=DNS:*.b.example", {"tls-server-name": "a.b.example"}),
        ("subjectAltName=DNS:a*.b.example", {"tls-server-name": "ax.b.example"}),
        ("subjectAltName=DNS:A.EXAMPLE", {"tls-server-name": "a.example"}),
        ("subjectAltName=DNS:a.example", {"tls-server-name": "A.example"}),
        ("subjectAltName=DNS:a.example", {"tls-server-name": "a.example."}),
        ("subjectAltName=URI:https://127.0.0.1", {}),
        ("subjectAltName=URI:https://127.0.0.1", {"tls-server-name": "own"}),
        (HERE_NAMES + "\nextendedKeyUsage=clientAuth", {}),
        (HERE_NAMES + "\nextendedKeyUsage=serverAuth,clientAuth", {}),
        (HERE_NAMES + "\nkeyUsage=critical,keyEncipherment", {}),
        (HERE_NAMES + "\nkeyUsage=critical,digitalSignature", {}),
        (HERE_NAMES + "\n1.2.3.4=critical,DER:0500", {}),
        (HERE_NAMES + "\n" + CA_EXT, {}),
        (HERE_NAMES + "\nnameConstraints=permitted;DNS:x", {})]):
    def names(b, ext=ext, more=more):
        issue(b, "own", ext)
        says = more.get("says", "")
        return own_server(b, **{k: v for k, v in more.items() if k != "says"})._replace(
            differs=STRICTER.get(ext, ""), says=says)
    ALL[f"certificate_{number}_{ext}_{more}"] = names

for name, key in (("rsa_1024", ("rsa", "-pkeyopt", "rsa_keygen_bits:1024")),
                  ("rsa_2048", ("rsa", "-pkeyopt", "rsa_keygen_bits:2048")),
                  ("p384", ("ec", "-pkeyopt", "ec_paramgen_curve:P-384")),
                  ("p521", ("ec", "-pkeyopt", "ec_paramgen_curve:P-521")),
                  ("ed25519", ("ed25519",))):
    def keys(b, key=key, name=name):
        issue(b, "own", key=key)
        return own_server(b)._replace(
            differs="OpenSSL takes no RSA keys of less than 2048 bits" if name == "rsa_1024" else "")
    ALL["certificate_key_" + name] = keys

for cipher in ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES256-SHA",
               "ECDHE-RSA-AES128-SHA256", "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256"):
    def ciphers(b, cipher=cipher):
        issue(b, "own", key=("rsa", "-pkeyopt", "rsa_keygen_bits:2048"))
        return own_server(b, ciphers=cipher)
    ALL["cipher_" + cipher] = ciphers


@situation
def certificate_signed_with_sha1(b):
    issue(b, "own", digest="sha1")
    return own_server(b)


@situation
def chain_whole(b):
    issue(b, "middle", CA_EXT)
    issue(b, "own", signer="middle")
    return own_server(b, chain=joined(b, "own.pem", "middle.pem"))


@situation
def chain_broken(b):
    issue(b, "middle", CA_EXT)
    issue(b, "own", signer="middle")
    return own_server(b)


@situation
def chain_in_our_file(b):
    issue(b, "middle", CA_EXT)
    issue(b, "own", signer="middle")
    return own_server(b, authority=b.path("middle.pem"))


@situation
def chain_of_one_that_is_no_authority(b):
    issue(b, "middle", "basicConstraints=CA:FALSE")
    issue(b, "own", signer="middle")
    return own_server(b, chain=joined(b, "own.pem", "middle.pem"))


@situation
def chain_of_an_authority_that_may_not_sign(b):
    issue(b, "middle", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature")
    issue(b, "own", signer="middle")
    return own_server(b, chain=joined(b, "own.pem", "middle.pem"))


@situation
def chain_of_an_authority_for_other_names(b):
    issue(b, "middle", CA_EXT + "\nnameConstraints=critical,permitted;DNS:example.com")
    issue(b, "own", "subjectAltName=DNS:localhost", signer="middle")
    return own_server(b, chain=joined(b, "own.pem", "middle.pem"), host="localhost")


@situation
def chain_in_another_order(b):
    issue(b, "middle", CA_EXT)
    issue(b, "deep", CA_EXT, signer="middle")
    issue(b, "own", signer="deep")
    return own_server(b, chain=joined(b, "own.pem", "middle.pem", "deep.pem"))


@situation
def certificate_itself_is_trusted(b):
    issue(b, "own")
    return own_server(b, authority=b.path("own.pem"))


@situation
def authority_without_constraints(b):
    """As some old installers made them: X.509 v3 without basicConstraints."""
    issue(b, "old", "subjectKeyIdentifier=hash")
    issue(b, "own", signer="old")
    return own_server(b, authority=b.path("old.pem"))


@situation
def no_compression(b):
    b.config(b.cluster(**{"disable-compression": True}))
    return given()
