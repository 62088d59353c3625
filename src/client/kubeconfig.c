/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads and merges kubeconfig files (client-go: tools/clientcmd/loader.go, client_config.go), and
 * falls back to the service account that a pod finds in its file system (rest.InClusterConfig).
 */
#include "client/kubeconfig.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/doc.h"
#include "base/text_file.h"

enum { MOST_FILES = 64 };
#define LARGEST_FILE ((size_t)(16 * MIB))

/* One file of the list. */
struct part {
    struct str path, folder;
    const struct doc *root;
};

struct loading {
    const struct kubeconfig_choice *choice;
    const struct kubeconfig_env *env;
    struct arena *a;
    struct part parts[MOST_FILES];
    size_t count;
    struct kubeconfig *ret;
    struct err *e;
};

/* An entry of clusters, users or contexts and the file that it stands in. */
struct stanza {
    const struct doc *n;
    const struct part *part;
};

void kubeconfig_env_init(struct kubeconfig_env *env)
{
    *env = (struct kubeconfig_env){
        .kubeconfig = str_of(getenv("KUBECONFIG")),
        .home = str_of(getenv("HOME")),
        .host = str_of(getenv("KUBERNETES_SERVICE_HOST")),
        .port = str_of(getenv("KUBERNETES_SERVICE_PORT")),
        .service_account = STR("/var/run/secrets/kubernetes.io/serviceaccount"),
    };
}

/* ---- files ---- */

static struct str folder_of(struct str path)
{
    ptrdiff_t slash = str_rfind_char(path, '/');
    return slash < 0 ? STR(".") : str_sub(path, 0, (size_t)MAX(slash, 1));
}

/* A path in a kubeconfig starts at the kubeconfig's folder. */
static struct str from_folder(struct arena *a, struct str folder, struct str path)
{
    if (str_empty(path) || path.p[0] == '/')
        return path;
    return arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(path));
}

static int read_part(struct loading *l, struct str path, bool must_exist)
{
    if (l->count == MOST_FILES)
        return err_set(l->e, E2BIG, "$KUBECONFIG names more than %d files", MOST_FILES);
    struct str text;
    int r = text_file_read(l->a, path, LARGEST_FILE, &text, l->e);
    if (r == -ENOENT && !must_exist)
        return 0;
    if (r < 0)
        return r;
    struct doc_reader reader;
    struct doc_root root = {0};
    doc_reader_init(&reader, path, text);
    r = doc_read(&reader, l->a, &root, l->e);
    doc_reader_done(&reader);
    if (r < 0)
        return r;
    if (root.root && root.root->type != DOC_MAP)
        return err_at(l->e, EINVAL, path, root.root->at.line, root.root->at.column,
                      "is no kubeconfig: %s where an object is expected", doc_type_name(root.root));
    l->parts[l->count++] = (struct part){path, folder_of(path), root.root};
    return 0;
}

static int read_parts(struct loading *l)
{
    if (l->choice->path.n)
        return read_part(l, l->choice->path, true);
    struct str list = l->env->kubeconfig;
    if (str_empty(list) && l->env->home.n)
        return read_part(l, arena_printf(l->a, STR_FMT "/.kube/config", STR_ARG(l->env->home)),
                         false);
    while (list.p && list.n) {
        struct str path = str_cut(list, ':', &list);
        int r = path.n ? read_part(l, arena_str(l->a, path), false) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- stanzas ---- */

/* The first entry of this name, or {NULL}. */
static struct stanza find_stanza(const struct loading *l, const char *list, struct str name,
                                 const char *field)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct doc *entries = doc_get(l->parts[i].root, list);
        const struct doc *entry = entries && entries->type == DOC_SEQ ? entries->child : NULL;
        for (; entry; entry = entry->next)
            if (str_eq(doc_text(entry, "name"), name))
                return (struct stanza){doc_get(entry, field), &l->parts[i]};
    }
    return (struct stanza){0};
}

static struct str first_text(const struct loading *l, const char *key)
{
    for (size_t i = 0; i < l->count; i++) {
        struct str text = doc_text(l->parts[i].root, key);
        if (text.n)
            return text;
    }
    return STR("");
}

static struct str file_of(const struct loading *l, struct stanza s, const char *key)
{
    return from_folder(l->a, s.part->folder, doc_text(s.n, key));
}

/* Base64 in the file; it wins over the file that `file_key` names. */
static int read_data(const struct loading *l, struct stanza s, const char *data_key,
                     const char *file_key, struct str *ret_pem, struct str *ret_file)
{
    const struct doc *n = doc_get(s.n, data_key);
    if (!n || str_empty(n->text)) {
        *ret_file = file_of(l, s, file_key);
        return 0;
    }
    if (base64_decode_text(l->a, n->text, ret_pem) < 0)
        return err_at(l->e, EINVAL, s.part->path, n->at.line, n->at.column, "%s is no base64",
                      data_key);
    return 0;
}

static int no_stanza(const struct loading *l, const char *what, struct str name)
{
    return err_set(l->e, ENOENT, "there is no %s \"" STR_FMT "\" in " STR_FMT, what, STR_ARG(name),
                   STR_ARG(l->ret->origin));
}

static int read_cluster(struct loading *l)
{
    struct kubeconfig *k = l->ret;
    const struct kubeconfig_choice *c = l->choice;
    struct stanza s = find_stanza(l, "clusters", k->cluster, "cluster");
    if (!s.n && !(str_empty(k->cluster) && c->server.n))
        return no_stanza(l, "cluster", k->cluster);
    if (s.n) {
        k->server = doc_text(s.n, "server");
        k->tls_server_name = doc_text(s.n, "tls-server-name");
        k->proxy_url = doc_text(s.n, "proxy-url");
        k->insecure = doc_bool(s.n, "insecure-skip-tls-verify", false);
        int r = read_data(l, s, "certificate-authority-data", "certificate-authority", &k->ca_pem,
                          &k->ca_file);
        if (r < 0)
            return r;
    }
    if (c->server.n) {
        k->server = c->server;
        k->tls_server_name = STR_NONE; /* it was the other server's name */
    }
    if (c->insecure) {
        k->insecure = true;
        k->ca_pem = k->ca_file = STR_NONE;
    }
    if (s.n && k->insecure && (k->ca_pem.n || k->ca_file.n))
        return err_at(l->e, EINVAL, s.part->path, s.n->at.line, 0,
                      "cluster \"" STR_FMT "\" has certificate-authority and "
                      "insecure-skip-tls-verify: only one of them can hold",
                      STR_ARG(k->cluster));
    if (str_empty(k->server))
        return err_set(l->e, EINVAL, "cluster \"" STR_FMT "\" in " STR_FMT " has no server",
                       STR_ARG(k->cluster), STR_ARG(k->origin));
    return 0;
}

/* ---- users ---- */

/* What the cluster has to say to plug-ins. */
static const struct doc *find_exec_config(const struct loading *l)
{
    struct stanza s = find_stanza(l, "clusters", l->ret->cluster, "cluster");
    const struct doc *extensions = doc_get(s.n, "extensions");
    for (const struct doc *c = extensions ? extensions->child : NULL; c; c = c->next)
        if (str_is(doc_text(c, "name"), "client.authentication.k8s.io/exec"))
            return doc_get(c, "extension");
    return NULL;
}

static int read_exec(struct loading *l, struct stanza s, const struct doc *n)
{
    struct exec_plugin *x = arena_new(l->a, struct exec_plugin);
    x->api_version = doc_text(n, "apiVersion");
    x->install_hint = doc_text(n, "installHint");
    x->command = doc_text(n, "command");
    x->folder = s.part->folder;
    x->wants_cluster = doc_bool(n, "provideClusterInfo", false);
    x->cluster_config = find_exec_config(l);
    struct str mode = doc_text(n, "interactiveMode");
    x->always_asks = str_is(mode, "Always");
    x->never_asks = str_is(mode, "Never");
    const struct doc *args = doc_get(n, "args"), *env = doc_get(n, "env");
    for (const struct doc *c = args ? args->child : NULL; c; c = c->next)
        *PUSH(l->a, &x->args) = c->text;
    for (const struct doc *c = env ? env->child : NULL; c; c = c->next)
        *PUSH(l->a, &x->env) = (struct exec_env){doc_text(c, "name"), doc_text(c, "value")};
    if (str_empty(x->command))
        return err_at(l->e, EINVAL, s.part->path, n->at.line, n->at.column,
                      "user \"" STR_FMT "\": exec names no command", STR_ARG(l->ret->user));
    if (!str_is(x->api_version, "client.authentication.k8s.io/v1") &&
        !str_is(x->api_version, "client.authentication.k8s.io/v1beta1"))
        return err_at(l->e, EINVAL, s.part->path, n->at.line, n->at.column,
                      "user \"" STR_FMT "\": exec apiVersion \"" STR_FMT
                      "\" is none of client.authentication.k8s.io/v1, v1beta1",
                      STR_ARG(l->ret->user), STR_ARG(x->api_version));
    bool known = x->always_asks || x->never_asks || str_is(mode, "IfAvailable");
    if (!known && (mode.n || str_is(x->api_version, "client.authentication.k8s.io/v1")))
        return err_at(l->e, EINVAL, s.part->path, n->at.line, n->at.column,
                      "user \"" STR_FMT "\": exec needs an interactiveMode: Never, IfAvailable or "
                      "Always",
                      STR_ARG(l->ret->user));
    l->ret->exec = x;
    return 0;
}

static void read_impersonation(struct loading *l, const struct doc *n)
{
    struct kubeconfig *k = l->ret;
    k->as = doc_text(n, "as");
    k->as_uid = doc_text(n, "as-uid");
    const struct doc *groups = doc_get(n, "as-groups");
    for (const struct doc *c = groups ? groups->child : NULL; c; c = c->next)
        *PUSH(l->a, &k->as_groups) = c->text;
}

static int read_user(struct loading *l)
{
    struct kubeconfig *k = l->ret;
    if (str_empty(k->user))
        return 0;
    struct stanza s = find_stanza(l, "users", k->user, "user");
    if (!s.part)
        return no_stanza(l, "user", k->user);
    if (!s.n)
        return 0;
    k->token = doc_text(s.n, "token");
    k->token_file = file_of(l, s, "tokenFile");
    k->username = doc_text(s.n, "username");
    k->password = doc_text(s.n, "password");
    read_impersonation(l, s.n);
    int r = read_data(l, s, "client-certificate-data", "client-certificate", &k->cert_pem,
                      &k->cert_file);
    if (r == 0)
        r = read_data(l, s, "client-key-data", "client-key", &k->key_pem, &k->key_file);
    const struct doc *exec = doc_get(s.n, "exec"), *provider = doc_get(s.n, "auth-provider");
    if (r == 0 && exec && exec->type == DOC_MAP)
        r = read_exec(l, s, exec);
    else if (r == 0 && provider && provider->type == DOC_MAP)
        r = err_at(l->e, ENOTSUP, s.part->path, provider->at.line, provider->at.column,
                   "user \"" STR_FMT "\": auth-provider was removed from kubectl in 1.26; use an "
                   "exec plugin",
                   STR_ARG(k->user));
    return r;
}

/* ---- choosing ---- */

static int choose(struct loading *l)
{
    struct kubeconfig *k = l->ret;
    const struct kubeconfig_choice *c = l->choice;
    k->context = c->context.n ? c->context : first_text(l, "current-context");
    struct stanza s = {0};
    if (k->context.n) {
        s = find_stanza(l, "contexts", k->context, "context");
        if (!s.n)
            return no_stanza(l, "context", k->context);
    }
    k->cluster = c->cluster.n ? c->cluster : doc_text(s.n, "cluster");
    k->user = c->user.n ? c->user : doc_text(s.n, "user");
    struct str ns = doc_text(s.n, "namespace");
    k->ns = c->ns.n ? c->ns : ns.n ? ns : STR("default");
    if (str_empty(k->cluster) && str_empty(c->server))
        return err_set(l->e, ENOENT,
                       STR_FMT " has no current context: choose one with --context "
                               "(kubectl config get-contexts lists them)",
                       STR_ARG(k->origin));
    int r = read_cluster(l);
    if (r == 0)
        r = read_user(l);
    if (r < 0)
        return r;
    if (c->as.n)
        k->as = c->as;
    if (c->as_groups.count) {
        k->as_groups.count = 0;
        for (size_t i = 0; i < c->as_groups.count; i++)
            *PUSH(l->a, &k->as_groups) = c->as_groups.items[i];
    }
    if (str_empty(k->as) && k->as_groups.count)
        return err_set(l->e, EINVAL, "--as-group needs --as");
    if (str_find(k->server, "://") < 0) {
        bool tls = k->ca_pem.n || k->ca_file.n || k->cert_pem.n || k->cert_file.n || k->insecure;
        k->server =
            arena_printf(l->a, "%s" STR_FMT, tls ? "https://" : "http://", STR_ARG(k->server));
    }
    return 0;
}

/* ---- in a pod ---- */

static int read_service_account(struct loading *l)
{
    struct kubeconfig *k = l->ret;
    const struct kubeconfig_env *env = l->env;
    struct str ns;
    k->origin = STR("the pod's service account");
    k->token_file = arena_printf(l->a, STR_FMT "/token", STR_ARG(env->service_account));
    k->ca_file = arena_printf(l->a, STR_FMT "/ca.crt", STR_ARG(env->service_account));
    bool is_ipv6 = str_find_char(env->host, ':') >= 0;
    k->server = arena_printf(l->a, "https://%s" STR_FMT "%s:" STR_FMT, is_ipv6 ? "[" : "",
                             STR_ARG(env->host), is_ipv6 ? "]" : "", STR_ARG(env->port));
    struct str ns_file = arena_printf(l->a, STR_FMT "/namespace", STR_ARG(env->service_account));
    k->ns = STR("default");
    if (text_file_read(l->a, ns_file, 4096, &ns, NULL) == 0 && str_trim(ns).n)
        k->ns = str_trim(ns);
    if (l->choice->ns.n)
        k->ns = l->choice->ns;
    k->as = l->choice->as;
    k->as_groups = l->choice->as_groups;
    if (str_empty(k->as) && k->as_groups.count)
        return err_set(l->e, EINVAL, "--as-group needs --as");
    struct str token;
    return text_file_read(l->a, k->token_file, (size_t)MIB, &token, l->e);
}

static struct str origin_of(const struct loading *l)
{
    if (l->count == 1)
        return l->parts[0].path;
    return arena_printf(l->a, "the %zu files of $KUBECONFIG", l->count);
}

static bool is_empty(const struct loading *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->parts[i].root && l->parts[i].root->child)
            return false;
    return true;
}

int kubeconfig_read(const struct kubeconfig_choice *choice, const struct kubeconfig_env *env,
                    struct arena *a, struct kubeconfig *ret, struct err *e)
{
    struct loading l = {.choice = choice, .env = env, .a = a, .ret = ret, .e = e};
    *ret = (struct kubeconfig){0};
    int r = read_parts(&l);
    if (r < 0)
        return r;
    bool empty = is_empty(&l);
    /* As kubectl: the service account's token is for no server but its own. */
    if (empty && env->host.n && env->port.n && str_empty(choice->context) &&
        str_empty(choice->server))
        return read_service_account(&l);
    if (empty && str_empty(choice->server))
        return err_set(e, ENOENT,
                       "no cluster is configured: there is no kubeconfig ($KUBECONFIG or "
                       "~/.kube/config), and this is no pod");
    ret->origin = l.count ? origin_of(&l) : STR("the command line");
    return choose(&l);
}
