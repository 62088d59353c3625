# SPDX-License-Identifier: Apache-2.0
"""Situations of against_kubectl.py: files and what stands in them."""
import json
import os
import shutil

from situation import ALL, given, situation


# ---- files ----

@situation
def token(b):
    b.config()
    return given()


@situation
def yaml_as_people_write_it(b):
    b.write("config", f"""# mine
apiVersion: v1
kind: Config
preferences: {{}}
current-context: "x"
clusters:
- cluster:
    certificate-authority: {b.cert('ca.pem')}
    server: {b.url()}   # here
  name: c
contexts:
- context: {{cluster: c, user: u}}
  name: x
users:
- name: u
  user:
    token: >-
      folded
""")
    return given()


@situation
def no_kind(b):
    c = b.kubeconfig()
    del c["kind"], c["apiVersion"]
    b.write("config", c)
    return given()


@situation
def other_kind(b):
    b.config(kind="Pod")
    return given(says="no kubeconfig")


@situation
def other_version(b):
    b.config(apiVersion="v2")
    return given(says="v2")


@situation
def no_yaml(b):
    b.write("config", "clusters: [\n")
    return given()


@situation
def a_list(b):
    b.write("config", "- a\n")
    return given(says="no kubeconfig")


@situation
def binary(b):
    b.write("config", "\0\1\2")
    return given()


@situation
def byte_order_mark_and_crlf(b):
    b.write("config", "\ufeff" + json.dumps(b.kubeconfig(), indent=1).replace("\n", "\r\n"))
    return given()


@situation
def a_folder(b):
    os.mkdir(b.path("config"))
    return given()


@situation
def missing_file(b):
    return given("--kubeconfig", b.path("nothing"))


@situation
def empty_file(b):
    b.write("config", "")
    return given("--server", b.url("plain"))


@situation
def several_documents(b):
    b.write("config", json.dumps(b.kubeconfig()) + "\n---\n" + json.dumps(
        b.kubeconfig(user={"token": "second"})))
    return given()


@situation
def home(b):
    b.write(".kube/config", b.kubeconfig(user={"token": "home"}))
    return given()


@situation
def home_is_not_looked_at(b):
    b.write(".kube/config", b.kubeconfig(user={"token": "home"}))
    return given(env={"KUBECONFIG": b.path("nothing")}, says="$KUBECONFIG names no file that exists")


@situation
def list_of_colons(b):
    b.write(".kube/config", b.kubeconfig(user={"token": "home"}))
    return given(env={"KUBECONFIG": "::"}, differs="", says="no cluster is configured")


@situation
def option_over_environment(b):
    b.config(user={"token": "environment"})
    b.write("other", b.kubeconfig(user={"token": "option"}))
    return given("--kubeconfig", "other")


def two_files(b, one, two):
    b.write("one/k", one)
    b.write("two/k", two)
    return {"KUBECONFIG": ":".join([b.path("one/k"), b.path("missing"), "", b.path("two/k"),
                                    b.path("one/k")])}


@situation
def first_file_wins(b):
    env = two_files(b, b.kubeconfig(user={"token": "first"}),
                    b.kubeconfig(b.cluster("b"), user={"token": "second"}))
    return given(env=env)


@situation
def user_of_the_first_file_is_not_completed(b):
    """Not even what the second one alone says of it."""
    env = two_files(b, b.kubeconfig(user={"username": "eve"}), b.kubeconfig(user={
        "username": "x", "password": "second"}))
    return given(env=env)


@situation
def context_of_one_cluster_of_the_other(b):
    one = b.kubeconfig()
    del one["clusters"], one["users"]
    two = b.kubeconfig(b.cluster("b"), user={"token": "second"})
    del two["current-context"], two["contexts"]
    return given(env=two_files(b, one, two))


@situation
def current_context_of_the_first_that_has_one(b):
    one = b.kubeconfig(user={"token": "first"})
    one["current-context"] = ""
    two = b.kubeconfig()
    two["contexts"][0]["name"] = "y"
    two["current-context"] = "y"
    two["contexts"][0]["context"] = {"cluster": "c", "user": "w"}
    two["users"] = [{"name": "w", "user": {"token": "w"}}]
    return given(env=two_files(b, one, two))


@situation
def broken_file_beside_a_good_one(b):
    return given(env=two_files(b, b.kubeconfig(), "{"))


@situation
def relative_paths_start_at_their_file(b):
    shutil.copy(b.cert("ca.pem"), b.path("ca.pem"))
    b.write("two/token", "from two\n".replace(" ", "-"))
    one = b.kubeconfig(b.cluster(**{"certificate-authority": "../ca.pem"}))
    del one["users"]
    two = b.kubeconfig(user={"tokenFile": "token"})
    return given(env=two_files(b, one, two))


@situation
def relative_paths_of_a_relative_file(b):
    shutil.copy(b.cert("ca.pem"), b.path("ca.pem"))
    b.write("one/k", b.kubeconfig(b.cluster(**{"certificate-authority": "../ca.pem"})))
    return given("--kubeconfig", "one/k")


@situation
def link_to_a_file(b):
    """Paths start at the link's folder, not at the file's."""
    b.write("one/k", b.kubeconfig(user={"tokenFile": "token"}))
    b.write("one/token", "of-the-file")
    b.write("token", "of-the-link")
    os.symlink("one/k", b.path("config"))
    return given()


# ---- stanzas ----

def twice(b, what):
    c = b.kubeconfig()
    c[what].append(dict(c[what][0]))
    b.write("config", c)
    return given(says="twice")


@situation
def cluster_twice(b):
    return twice(b, "clusters")


@situation
def user_twice(b):
    return twice(b, "users")


@situation
def context_twice(b):
    return twice(b, "contexts")


@situation
def context_missing(b):
    b.config(**{"current-context": "nope"})
    return given(says='no context "nope"')


@situation
def context_option(b):
    c = b.kubeconfig()
    c["contexts"].append({"name": "y", "context": {"cluster": "c", "user": "w"}})
    c["users"].append({"name": "w", "user": {"token": "w"}})
    b.write("config", c)
    return given("--context", "y")


@situation
def context_option_missing(b):
    b.config()
    return given("--context", "nope", says='no context "nope"')


@situation
def cluster_and_user_options(b):
    c = b.kubeconfig(user={"token": "no"})
    c["clusters"].append({"name": "d", "cluster": b.cluster("b")})
    c["users"].append({"name": "w", "user": {"token": "w"}})
    b.write("config", c)
    return given("--cluster", "d", "--user", "w")


@situation
def cluster_and_user_options_without_context(b):
    c = b.kubeconfig()
    del c["contexts"], c["current-context"]
    b.write("config", c)
    return given("--cluster", "c", "--user", "u")


@situation
def cluster_option_missing(b):
    b.config()
    return given("--cluster", "nope", says='no cluster "nope"')


@situation
def user_option_missing(b):
    b.config()
    return given("--user", "nope", says='no user "nope"')


@situation
def user_of_the_context_missing(b):
    b.config(context={"user": "nope"})
    return given(says='no user "nope"')


@situation
def cluster_of_the_context_missing(b):
    b.config(context={"cluster": "nope"})
    return given(says='no cluster "nope"')


@situation
def no_current_context(b):
    b.config(**{"current-context": ""})
    return given(says="--context")


@situation
def no_server(b):
    b.config(b.cluster(server=None))
    return given(says="no server", differs="")


@situation
def numbers_where_texts_belong(b):
    b.config(user={"token": 12345})
    return given(differs="kubectl refuses a number; what is meant is clear")


@situation
def truth_as_text(b):
    b.config(b.cluster(**{"certificate-authority": None, "insecure-skip-tls-verify": "true"}))
    return given(says="insecure-skip-tls-verify")


@situation
def unknown_fields(b):
    b.config(b.cluster(whatever=1), user={"token": "t", "whatever": {"a": []}}, whatever=[1])
    return given()


@situation
def files_are_named_with_a_tilde(b):
    b.config(b.cluster(**{"certificate-authority": "~/ca.pem"}))
    shutil.copy(b.cert("ca.pem"), b.path("ca.pem"))
    return given()


for text in ("0", "5", "5s", "1m30s", "1.5s", ".5m", "1500ms", "2000000us", "1h0m", "abc", "5 s", "1d", "s", "5x"):
    def timeout(b, text=text):
        b.config()
        return given("--request-timeout", text)
    ALL["request_timeout_" + text] = timeout
