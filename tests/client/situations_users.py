# SPDX-License-Identifier: Apache-2.0
"""Situations of against_kubectl.py: who one is."""
import base64
import json
import time

from situation import NOBODY, given, situation
from situations_plugins import plugin


# ---- users ----

@situation
def client_certificate(b):
    b.config(b.cluster("mutual"), user={"client-certificate": b.cert("client.pem"),
                                        "client-key": b.cert("client.key")})
    return given()


@situation
def client_certificate_data(b):
    b.config(b.cluster("mutual"), user={"client-certificate-data": b.pem64("client.pem"),
                                        "client-key-data": b.pem64("client.key")})
    return given()


@situation
def client_certificate_options(b):
    b.config(b.cluster("mutual"), user={"client-certificate-data": b.pem64("client2.pem"),
                                        "client-key-data": b.pem64("client2.key")})
    return given("--client-certificate", b.cert("client.pem"), "--client-key", b.cert("client.key"))


@situation
def client_certificate_in_a_file_with_its_key(b):
    with open(b.cert("client.pem"), encoding="ascii") as f, open(b.cert("client.key"), encoding="ascii") as g:
        b.write("both.pem", g.read() + f.read())
    b.config(b.cluster("mutual"), user={"client-certificate": "both.pem", "client-key": "both.pem"})
    return given()


@situation
def client_certificate_without_key(b):
    b.config(b.cluster("mutual"), user={"client-certificate": b.cert("client.pem")})
    return given(says="client-key")


@situation
def client_key_without_certificate(b):
    b.config(user={"client-key": b.cert("client.key"), "token": "t"})
    return given()


@situation
def client_certificate_twice(b):
    b.config(b.cluster("mutual"), user={
        "client-certificate": b.cert("client.pem"), "client-certificate-data": b.pem64("client.pem"),
        "client-key": b.cert("client.key")})
    return given(says="client-certificate")


@situation
def client_key_missing(b):
    b.config(b.cluster("mutual"), user={"client-certificate": b.cert("client.pem"),
                                        "client-key": "nothing.key"})
    return given(says="nothing.key")


@situation
def client_key_of_another(b):
    b.config(b.cluster("mutual"), user={"client-certificate": b.cert("client.pem"),
                                        "client-key": b.cert("good.key")})
    return given(says="do not belong together")


@situation
def client_certificate_and_token(b):
    b.config(b.cluster("mutual"), user={"client-certificate": b.cert("client.pem"),
                                        "client-key": b.cert("client.key"), "token": "t"})
    return given()


@situation
def basic(b):
    b.config(user={"username": "eve", "password": "p:w"})
    return given()


@situation
def basic_without_password(b):
    b.config(user={"username": "eve"})
    return given()


@situation
def basic_and_token(b):
    b.config(user={"username": "eve", "password": "p", "token": "t"})
    return given(says="only one")


@situation
def basic_and_token_file(b):
    b.write("token", "f")
    b.config(user={"username": "eve", "password": "p", "tokenFile": "token"})
    return given(says="only one")


@situation
def token_and_token_file(b):
    b.write("token", " f \n")
    b.config(user={"token": "t", "tokenFile": "token"})
    return given()


@situation
def token_and_token_file_missing(b):
    b.config(user={"token": "t", "tokenFile": "nothing"})
    return given()


@situation
def token_file_missing(b):
    b.config(user={"tokenFile": "nothing"})
    return given(says="nothing")


@situation
def token_option(b):
    b.config(user={"token": "t"})
    return given("--token", "o")


@situation
def token_option_over_token_file(b):
    b.write("token", "f")
    b.config(user={"tokenFile": "token"})
    return given("--token", "o", differs="kubectl reads the file all the same")


@situation
def token_option_over_plugin(b):
    plugin(b)
    return given("--token", "o")


@situation
def nobody(b):
    c = b.kubeconfig()
    c["users"] = [{"name": "u", "user": {}}]
    b.write("config", c)
    return given(differs=NOBODY)


@situation
def nobody_at_all(b):
    c = b.kubeconfig(context={"user": ""})
    b.write("config", c)
    return given(differs=NOBODY)


# ---- impersonation ----

WHO = {"token": "t", "as": "jane", "as-groups": ["g1", "g2"], "as-uid": "17",
       "as-user-extra": {"scopes": ["view", "dev"], "example.com/A B": ["1%"]}}


@situation
def impersonation(b):
    b.config(user=WHO)
    return given()


@situation
def impersonation_options(b):
    b.config()
    return given("--as", "jane", "--as-group", "g1", "--as-group", "g2", "--as-uid", "18")


@situation
def impersonation_options_over_file(b):
    b.config(user=WHO)
    return given("--as", "mallory")


@situation
def impersonation_groups_over_file(b):
    b.config(user=WHO)
    return given("--as-group", "other")


@situation
def impersonation_extra_option(b):
    b.config(user={"token": "t", "as": "jane", "as-user-extra": {"a": ["1"], "b": ["2"]}})
    return given("--as-user-extra", "a=3", "--as-user-extra", "a=4", "--as-user-extra", "c=5")


@situation
def impersonation_without_user(b):
    b.config()
    return given("--as-group", "g1", says="--as")


@situation
def impersonation_uid_without_user(b):
    b.config(user={"token": "t", "as-uid": "17"})
    return given(says="as-uid")


@situation
def impersonation_extra_without_user(b):
    b.config(user={"token": "t", "as-user-extra": {"a": ["1"]}})
    return given(says="as-user-extra")


# ---- auth-provider ----

def id_token(seconds):
    def part(d):
        return base64.urlsafe_b64encode(json.dumps(d).encode()).rstrip(b"=").decode()
    return ".".join([part({"alg": "none"}), part({"sub": "jane", "exp": int(time.time()) + seconds}), "c2ln"])


def provider(b, name="oidc", **config):
    b.config(user={"auth-provider": {"name": name, "config": {
        "client-id": "kubernetes", "idp-issuer-url": "https://127.0.0.1:1", **config}}})
    return given()


@situation
def oidc(b):
    return provider(b, **{"id-token": id_token(3600)})


@situation
def oidc_expired(b):
    return provider(b, **{"id-token": id_token(-3600)})._replace(says="expired")


@situation
def oidc_expired_with_refresh_token(b):
    return provider(b, **{"id-token": id_token(-3600), "refresh-token": "r"})._replace(says="kubectl")


@situation
def oidc_without_token(b):
    return provider(b)


@situation
def oidc_nonsense(b):
    return provider(b, **{"id-token": "nonsense"})


@situation
def gcp(b):
    return provider(b, name="gcp")._replace(says="removed")


@situation
def unknown_provider(b):
    return provider(b, name="acme")._replace(says="acme")
