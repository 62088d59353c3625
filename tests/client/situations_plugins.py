# SPDX-License-Identifier: Apache-2.0
"""Situations of against_kubectl.py: credential plug-ins."""
import os
import shutil

from situation import ALL, PLUGIN, WITHOUT_SCHEME, given, situation


def plugin(b, what="plain", cluster=None, user=None, **more):
    e = {"apiVersion": "client.authentication.k8s.io/v1", "command": PLUGIN, "args": [what],
         "env": [{"name": "PLUGIN_NOTE", "value": b.path("note")}], "interactiveMode": "IfAvailable"}
    e.update(more)
    b.config(cluster or b.cluster(), user={"exec": {k: v for k, v in e.items() if v is not None},
                                           **(user or {})})
    return given()


@situation
def plugin_v1(b):
    return plugin(b)


@situation
def plugin_v1beta1(b):
    return plugin(b, apiVersion="client.authentication.k8s.io/v1beta1", interactiveMode=None)


@situation
def plugin_v1alpha1(b):
    return plugin(b, apiVersion="client.authentication.k8s.io/v1alpha1")._replace(says="v1alpha1")


@situation
def plugin_without_version(b):
    return plugin(b, apiVersion=None)._replace(says="apiVersion")


@situation
def plugin_without_command(b):
    return plugin(b, command="")._replace(says="command")


@situation
def plugin_without_mode(b):
    return plugin(b, interactiveMode=None)._replace(says="interactiveMode")


@situation
def plugin_of_another_mode(b):
    return plugin(b, interactiveMode="Sometimes")._replace(says="interactiveMode")


@situation
def plugin_of_another_mode_v1beta1(b):
    return plugin(b, interactiveMode="never", apiVersion="client.authentication.k8s.io/v1beta1")


@situation
def plugin_never(b):
    return plugin(b, interactiveMode="Never")


@situation
def plugin_always(b):
    return plugin(b, interactiveMode="Always")._replace(says="no terminal")


@situation
def plugin_told_of_the_cluster(b):
    return plugin(b, provideClusterInfo=True, cluster=b.cluster(
        "a", **{"tls-server-name": "localhost", "proxy-url": None, "disable-compression": True,
                "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {
                    "audience": "a", "n": [1, 1.5, 1e9, True, None, {"x": "y"}], "big": 12345678901234567890}}]}))


@situation
def plugin_told_of_a_plain_cluster(b):
    return plugin(b, provideClusterInfo=True)


@situation
def plugin_told_of_an_insecure_cluster(b):
    return plugin(b, provideClusterInfo=True, cluster=b.cluster(
        **{"certificate-authority": None, "insecure-skip-tls-verify": True}))


@situation
def plugin_told_of_the_server_option(b):
    return plugin(b, provideClusterInfo=True)._replace(options=("--server", b.url("b", path="/p/")))


@situation
def plugin_told_of_a_server_without_scheme(b):
    return plugin(b, provideClusterInfo=True, cluster=b.cluster(server=b.url()[8:]))._replace(
        differs=WITHOUT_SCHEME)


@situation
def plugin_told_of_the_proxy(b):
    return plugin(b, provideClusterInfo=True, cluster=b.cluster(
        server=b.url(host="far.example"), **{"proxy-url": b.url("proxy"),
                                             "tls-server-name": "kubernetes.default"}))


@situation
def plugin_with_a_relative_path(b):
    os.mkdir(b.path("bin"))
    shutil.copy(PLUGIN, b.path("bin/get-token"))
    return plugin(b, command="bin/get-token")


@situation
def plugin_beside(b):
    shutil.copy(PLUGIN, b.path("get-token"))
    return plugin(b, command="./get-token")


@situation
def plugin_in_the_working_folder_only(b):
    shutil.copy(PLUGIN, b.path("get-token"))
    return plugin(b, command="get-token")._replace(env={"PATH": os.environ["PATH"] + "::."}, says="relative path")


@situation
def plugin_environment(b):
    env = [{"name": "PLUGIN_NOTE", "value": b.path("note")}, {"name": "PLUGIN_EXTRA", "value": "1"},
           {"name": "PLUGIN_EXTRA", "value": "2"}, {"name": "HOME", "value": "/elsewhere"}]
    return plugin(b, env=env, args=["plain", "--x", "", "a b"])._replace(env={"PLUGIN_EXTRA": "0"})


@situation
def plugin_environment_without_name(b):
    return plugin(b, env=[{"name": "", "value": "x"}, {"name": "PLUGIN_NOTE", "value": b.path("note")}])


@situation
def plugin_certificate(b):
    return plugin(b, args=["cert", b.cert("client.pem"), b.cert("client.key")], cluster=b.cluster("mutual"))


@situation
def plugin_and_certificate(b):
    return plugin(b, cluster=b.cluster("mutual"), user={"client-certificate": b.cert("client.pem"),
                                                        "client-key": b.cert("client.key")})


@situation
def plugin_and_basic(b):
    return plugin(b, user={"username": "eve", "password": "p"})


@situation
def plugin_and_provider(b):
    return plugin(b, user={"auth-provider": {"name": "oidc", "config": {}}})


@situation
def plugin_and_impersonation(b):
    return plugin(b, user={"as": "jane"})


for fault in ("fails", "garbage", "empty", "half", "nostatus", "version", "badtime"):
    ALL["plugin_" + fault] = lambda b, fault=fault: plugin(b, fault)
