# SPDX-License-Identifier: Apache-2.0
"""Situations of against_kubectl.py: the server, namespaces, and in a pod."""
import os
import shutil

from situation import NOBODY, WITHOUT_SCHEME, given, situation
from situations_files import token
from situations_plugins import plugin


# ---- server ----

@situation
def server_option(b):
    b.config()
    return given("--server", b.url("b"))


@situation
def server_option_short(b):
    b.config()
    return given("-s", b.url("b"))


@situation
def server_option_alone(b):
    return given("--server", b.url("plain"))


@situation
def server_with_path(b):
    b.config(b.cluster(server=b.url(path="/k8s/clusters/c-1")))
    return given()


@situation
def server_with_path_and_slash(b):
    b.config(b.cluster(server=b.url(path="/k8s/clusters/c-1/")))
    return given()


@situation
def server_with_slash(b):
    b.config(b.cluster(server=b.url(path="/")))
    return given()


@situation
def server_with_query(b):
    b.config(b.cluster(server=b.url(path="/p/?a=b#c")))
    return given()


@situation
def server_without_scheme(b):
    b.config(b.cluster(server=b.url()[8:]))
    return given(differs=WITHOUT_SCHEME)


@situation
def server_without_scheme_without_authority(b):
    b.config(b.cluster("plain", server=b.url("plain")[7:], **{"certificate-authority": None}))
    return given(differs="")


@situation
def server_without_scheme_with_path(b):
    b.config(b.cluster(server=b.url(path="/k8s")[8:]))
    return given(differs=WITHOUT_SCHEME)


@situation
def server_in_capitals(b):
    b.config(b.cluster(server=b.url().replace("https", "HTTPS")))
    return given()


@situation
def server_with_blanks(b):
    b.config(b.cluster(server=" " + b.url()))
    return given()


@situation
def server_of_another_scheme(b):
    b.config(b.cluster(server=b.url().replace("https", "ftp")))
    return given()


@situation
def server_six(b):
    if not b.servers.six:
        return token(b)
    b.config(b.cluster("six", server=b.url("six", "[::1]")))
    return given()


@situation
def plain_http_gets_no_token(b):
    b.config(b.cluster("plain", **{"certificate-authority": None}), user={"token": "t", "as": "jane"})
    return given(says="no credentials are sent")


@situation
def plain_http_runs_no_plugin(b):
    return plugin(b, cluster=b.cluster("plain", **{"certificate-authority": None}))._replace(
        says="no credentials are sent")


# ---- namespaces ----

@situation
def namespace_default(b):
    b.config()
    return given(namespace=True)


@situation
def namespace_of_the_context(b):
    b.config(context={"namespace": "shop"})
    return given(namespace=True)


@situation
def namespace_option(b):
    b.config(context={"namespace": "shop"})
    return given("-n", "other", namespace=True)


# ---- in a pod ----

def pod(b, *options, ns="podns", config=None, env=None, without=(), **more):
    for name, text in (("token", "pod-token"), ("namespace", ns)):
        if name not in without:
            b.write("pod/" + name, text)
    os.makedirs(b.path("pod"), exist_ok=True)
    if "ca.crt" not in without:
        shutil.copy(b.cert("ca.pem"), b.path("pod/ca.crt"))
    if config:
        b.write("config", config)
    return given(*options, pod=True, env={
        "KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(b.servers.a.port),
        **(env or {})}, **more)


@situation
def pod_alone(b):
    return pod(b)


@situation
def pod_six(b):
    if not b.servers.six:
        return pod(b)
    return pod(b, env={"KUBERNETES_SERVICE_HOST": "::1", "KUBERNETES_SERVICE_PORT": str(b.servers.six.port)})


@situation
def pod_with_kubeconfig(b):
    return pod(b, config=b.kubeconfig(b.cluster("b")))


@situation
def pod_with_empty_kubeconfig(b):
    return pod(b, config="{}")


@situation
def pod_with_missing_kubeconfig_option(b):
    return pod(b, "--kubeconfig", "nothing")


@situation
def pod_with_server_option(b):
    return pod(b, "--server", b.url("b"), "--certificate-authority", b.cert("ca.pem"), differs=NOBODY)


@situation
def pod_with_context_option(b):
    return pod(b, "--context", "x", says='"x"')


@situation
def pod_with_impersonation(b):
    return pod(b, "--as", "jane", "--as-group", "g", differs="kubectl forgets whom to impersonate, and asks as the pod")


@situation
def pod_with_token_option(b):
    return pod(b, "--token", "o")


@situation
def pod_with_authority_option(b):
    return pod(b, "--certificate-authority", b.cert("ca2.pem"), says="not in")


@situation
def pod_without_token(b):
    return pod(b, without=("token",), says="service account")


@situation
def pod_without_authority(b):
    return pod(b, without=("ca.crt",), says="ca.crt")


@situation
def pod_with_kubeconfig_without_context(b):
    c = b.kubeconfig(b.cluster("b"))
    del c["current-context"]
    return pod(b, config=c)


@situation
def pod_with_cluster_option(b):
    return pod(b, "--cluster", "c", says='no cluster "c"')


@situation
def pod_namespace(b):
    return pod(b, namespace=True)


@situation
def pod_namespace_with_line_end(b):
    return pod(b, ns=" podns\n", namespace=True)


@situation
def pod_namespace_missing(b):
    return pod(b, without=("namespace",), namespace=True)


@situation
def pod_namespace_of_the_environment(b):
    return pod(b, env={"POD_NAMESPACE": "downward"}, namespace=True)


@situation
def pod_namespace_option(b):
    return pod(b, "-n", "other", namespace=True)


@situation
def pod_namespace_with_kubeconfig(b):
    """The pod's, where the context names none."""
    return pod(b, config=b.kubeconfig(b.cluster("b")), namespace=True)


@situation
def pod_namespace_with_kubeconfig_that_says_default(b):
    return pod(b, config=b.kubeconfig(b.cluster("b"), context={"namespace": "default"}), namespace=True)


@situation
def pod_namespace_with_kubeconfig_and_environment(b):
    return pod(b, config=b.kubeconfig(b.cluster("b")), env={"POD_NAMESPACE": "downward"}, namespace=True)


@situation
def environment_namespace_without_pod(b):
    b.config()
    return given(env={"POD_NAMESPACE": "downward"}, namespace=True)
