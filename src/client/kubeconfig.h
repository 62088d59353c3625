/* SPDX-License-Identifier: Apache-2.0
 *
 * Which cluster, as whom: a kubeconfig as kubectl reads it (client-go, tools/clientcmd). The files
 * of $KUBECONFIG are merged, the first that names something wins; relative paths start at the file
 * that holds them. What kubectl refuses is refused: of two forms of one thing only one may be there.
 */
#ifndef CLIENT_KUBECONFIG_H
#define CLIENT_KUBECONFIG_H

#include "base/err.h"
#include "model/object.h"

struct exec_env {
    struct str name, value;
};
/* A program that prints credentials (client.authentication.k8s.io). */
struct exec_plugin {
    struct str api_version, command, install_hint;
    struct str folder; /* of the kubeconfig: a command with a slash starts there */
    struct str_list args;
    LIST_OF(struct exec_env) env;
    bool wants_cluster; /* provideClusterInfo */
    /* The cluster's extension client.authentication.k8s.io/exec, for plug-ins that want the cluster;
     * NULL: none. */
    const struct doc *cluster_config;
    bool always_asks; /* interactiveMode: Always */
    bool never_asks;  /* Never */
};

/* What the command line puts over the files; absent texts change nothing. */
struct kubeconfig_choice {
    struct str path; /* --kubeconfig: this file alone */
    struct str context, cluster, user, server, ns;
    struct str tls_server_name, ca_file;
    bool insecure;
    struct str token, cert_file, key_file;
    struct str as, as_uid;
    struct str_list as_groups;
    struct str_list as_extra; /* "key=value" */
};

/* What else an impersonated user has: Impersonate-Extra-KEY. */
struct as_extra {
    struct str key;
    struct str_list values;
};

/* Everything lives in the arena that it was read into. Files named in it are not read yet, but for
 * tokens of the service account. */
struct kubeconfig {
    struct str origin;  /* for messages: a file, or "the pod's service account" */
    struct str context; /* "" when none was chosen */
    struct str cluster, user;
    struct str server; /* with scheme */
    struct str ns;     /* "default" when nothing says otherwise */
    struct str tls_server_name, proxy_url;
    bool insecure; /* certificates are not verified */
    bool no_gzip;  /* disable-compression */
    /* PEM, or else the path of a file; absent: the system's. */
    struct str ca_pem, ca_file;
    struct str cert_pem, cert_file, key_pem, key_file;
    struct str token, token_file; /* the file wins while it can be read */
    struct str username, password;
    struct exec_plugin *exec; /* NULL: none */
    struct str as, as_uid;
    struct str_list as_groups;
    LIST_OF(struct as_extra) as_extra;
};

/* The environment, so that tests can bring theirs. */
struct kubeconfig_env {
    struct str kubeconfig;      /* $KUBECONFIG */
    struct str home;            /* $HOME */
    struct str host, port;      /* $KUBERNETES_SERVICE_HOST, _PORT */
    struct str pod_namespace;   /* $POD_NAMESPACE */
    struct str service_account; /* the folder of token, ca.crt and namespace */
};
void kubeconfig_env_init(struct kubeconfig_env *env);

/* 0, -ENOENT (there is no configuration at all, and this is no pod), or another negative errno. */
int kubeconfig_read(const struct kubeconfig_choice *choice, const struct kubeconfig_env *env,
                    struct arena *a, struct kubeconfig *ret, struct err *e) MUST_USE;

#endif
