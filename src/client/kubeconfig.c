/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads and merges kubeconfig files (client-go: tools/clientcmd/loader.go, client_config.go), and
 * falls back to the service account that a pod finds in its file system (rest.InClusterConfig).
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "base/text_file.h"
#include "client/kubeconfig_parts.h"

#define LARGEST_FILE ((size_t)(16 * MIB))

void kubeconfig_env_init(struct kubeconfig_env *env)
{
    *env = (struct kubeconfig_env){
        .kubeconfig = str_of(getenv("KUBECONFIG")),
        .home = str_of(getenv("HOME")),
        .host = str_of(getenv("KUBERNETES_SERVICE_HOST")),
        .port = str_of(getenv("KUBERNETES_SERVICE_PORT")),
        .pod_namespace = str_of(getenv("POD_NAMESPACE")),
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

static int not_expected(struct loading *l, const struct kubeconfig_part *part, const struct doc *n,
                        struct str name, const char *expected)
{
    return err_at(l->e, EINVAL, part->path, n->at.line, n->at.column,
                  STR_FMT " is of type %s where %s is expected", STR_ARG(name), doc_type_name(n),
                  expected);
}

/* A text may be written as a number; what is meant is clear. */
static bool fits(const struct doc *n, enum doc_type type)
{
    bool is_text = n->type != DOC_SEQ && n->type != DOC_MAP;
    return n->type == DOC_NULL || n->type == type || (type == DOC_STRING && is_text);
}

int kubeconfig_check_fields(struct loading *l, const struct kubeconfig_part *part,
                            const struct doc *n, const struct kubeconfig_field *fields)
{
    static const char *const words[] = {[DOC_BOOL] = "true or false",
                                        [DOC_STRING] = "a text",
                                        [DOC_SEQ] = "a list",
                                        [DOC_MAP] = "an object"};
    for (; fields->name; fields++) {
        const struct doc *c = doc_get(n, fields->name);
        if (c && !fits(c, fields->type))
            return not_expected(l, part, c, c->key, words[fields->type]);
    }
    return 0;
}

/* "kind" and "apiVersion" may be absent, but say nothing else. */
static int check_root(struct loading *l, const struct kubeconfig_part *part)
{
    static const struct kubeconfig_field fields[] = {
        {"kind", DOC_STRING},  {"apiVersion", DOC_STRING}, {"current-context", DOC_STRING},
        {"clusters", DOC_SEQ}, {"users", DOC_SEQ},         {"contexts", DOC_SEQ},
        {NULL, DOC_NULL},
    };
    const struct doc *root = part->root;
    if (!root)
        return 0;
    if (root->type != DOC_MAP)
        return err_at(l->e, EINVAL, part->path, root->at.line, root->at.column,
                      "is no kubeconfig: %s where an object is expected", doc_type_name(root));
    struct str kind = doc_text(root, "kind"), version = doc_text(root, "apiVersion");
    if ((kind.n && !str_is(kind, "Config")) || (version.n && !str_is(version, "v1")))
        return err_at(l->e, EINVAL, part->path, root->at.line, root->at.column,
                      "is no kubeconfig: its kind is " STR_FMT " of " STR_FMT ", not Config of v1",
                      STR_ARG(kind.n ? kind : STR("Config")),
                      STR_ARG(version.n ? version : STR("v1")));
    return kubeconfig_check_fields(l, part, root, fields);
}

/* As kubectl, which cannot know either which of the two is meant. */
static int check_names(struct loading *l, const struct kubeconfig_part *part, const char *list,
                       const char *what)
{
    const struct doc *entries = doc_get(part->root, list);
    for (const struct doc *n = entries ? entries->child : NULL; n; n = n->next)
        for (const struct doc *m = entries->child; m != n; m = m->next)
            if (str_eq(doc_text(n, "name"), doc_text(m, "name")))
                return err_at(l->e, EINVAL, part->path, n->at.line, n->at.column,
                              "the %s \"" STR_FMT "\" is there twice, first in line %u", what,
                              STR_ARG(doc_text(n, "name")), m->at.line);
    return 0;
}

static int check_part(struct loading *l, const struct kubeconfig_part *part)
{
    int r = check_root(l, part);
    if (r == 0)
        r = check_names(l, part, "clusters", "cluster");
    if (r == 0)
        r = check_names(l, part, "users", "user");
    return r == 0 ? check_names(l, part, "contexts", "context") : r;
}

static int read_part(struct loading *l, struct str path, bool must_exist)
{
    if (l->count == KUBECONFIG_MOST_FILES)
        return err_set(l->e, E2BIG, "$KUBECONFIG names more than %d files", KUBECONFIG_MOST_FILES);
    for (size_t i = 0; i < l->count; i++)
        if (str_eq(l->parts[i].path, path))
            return 0;
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
    l->parts[l->count] = (struct kubeconfig_part){path, folder_of(path), root.root};
    return check_part(l, &l->parts[l->count++]);
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

struct kubeconfig_stanza kubeconfig_find(const struct loading *l, const char *list, struct str name,
                                         const char *field)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct doc *entries = doc_get(l->parts[i].root, list);
        const struct doc *entry = entries && entries->type == DOC_SEQ ? entries->child : NULL;
        for (; entry; entry = entry->next)
            if (str_eq(doc_text(entry, "name"), name))
                return (struct kubeconfig_stanza){doc_get(entry, field), &l->parts[i]};
    }
    return (struct kubeconfig_stanza){0};
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

static int only_one(struct loading *l, const struct kubeconfig_stanza *s, const char *one,
                    const char *other)
{
    return err_at(l->e, EINVAL, s->part->path, s->n->at.line, s->n->at.column,
                  "%s and %s are both given: only one of them can hold", one, other);
}

struct str kubeconfig_file_of(const struct loading *l, const struct kubeconfig_stanza *s,
                              const char *key)
{
    return from_folder(l->a, s->part->folder, doc_text(s->n, key));
}

int kubeconfig_read_data(struct loading *l, const struct kubeconfig_stanza *s, const char *file_key,
                         struct kubeconfig_pem *ret)
{
    const char *data_key = arena_printf(l->a, "%s-data", file_key).p;
    const struct doc *n = doc_get(s->n, data_key);
    ret->file = kubeconfig_file_of(l, s, file_key);
    if (!n || str_empty(n->text))
        return 0;
    if (ret->file.n)
        return only_one(l, s, file_key, data_key);
    if (base64_decode_text(l->a, n->text, &ret->pem) < 0)
        return err_at(l->e, EINVAL, s->part->path, n->at.line, n->at.column, "%s is no base64",
                      data_key);
    return 0;
}

int kubeconfig_no_stanza(const struct loading *l, const char *what, struct str name)
{
    if (!l->count)
        return err_set(l->e, ENOENT,
                       "there is no %s \"" STR_FMT
                       "\": there is no kubeconfig ($KUBECONFIG or ~/.kube/config)",
                       what, STR_ARG(name));
    return err_set(l->e, ENOENT, "there is no %s \"" STR_FMT "\" in " STR_FMT, what, STR_ARG(name),
                   STR_ARG(l->ret->origin));
}

/* ---- the cluster ---- */

static int read_cluster_stanza(struct loading *l, const struct kubeconfig_stanza *s)
{
    static const struct kubeconfig_field fields[] = {
        {"server", DOC_STRING},
        {"tls-server-name", DOC_STRING},
        {"insecure-skip-tls-verify", DOC_BOOL},
        {"certificate-authority", DOC_STRING},
        {"certificate-authority-data", DOC_STRING},
        {"proxy-url", DOC_STRING},
        {"disable-compression", DOC_BOOL},
        {"extensions", DOC_SEQ},
        {NULL, DOC_NULL},
    };
    struct kubeconfig *k = l->ret;
    struct kubeconfig_pem ca = {STR_NONE, STR_NONE};
    int r = kubeconfig_check_fields(l, s->part, s->n, fields);
    if (r == 0)
        r = kubeconfig_read_data(l, s, "certificate-authority", &ca);
    if (r < 0)
        return r;
    k->server = doc_text(s->n, "server");
    k->tls_server_name = doc_text(s->n, "tls-server-name");
    k->proxy_url = doc_text(s->n, "proxy-url");
    k->insecure = doc_bool(s->n, "insecure-skip-tls-verify", false);
    k->no_gzip = doc_bool(s->n, "disable-compression", false);
    k->ca_pem = ca.pem;
    k->ca_file = ca.file;
    /* "proxy:3128" is fine in $HTTPS_PROXY, but not here. */
    if (k->proxy_url.n && str_find(k->proxy_url, "://") < 0)
        return err_at(l->e, EINVAL, s->part->path, s->n->at.line, s->n->at.column,
                      "the proxy-url of cluster \"" STR_FMT
                      "\" must begin with http://, https:// or socks5://",
                      STR_ARG(k->cluster));
    return 0;
}

/* What the command line puts over it. */
static void choose_server(struct kubeconfig *k, const struct kubeconfig_choice *c)
{
    if (c->server.n)
        k->server = c->server;
    if (c->server.n || c->tls_server_name.n)
        k->tls_server_name = c->tls_server_name; /* the other name was the other server's */
    if (c->insecure || c->ca_file.n) {
        k->insecure = c->insecure;
        k->ca_pem = STR_NONE;
        k->ca_file = c->ca_file;
    }
    /* Neither a query nor a fragment goes with a request. */
    ptrdiff_t query = str_find_char(k->server, '?');
    k->server = query < 0 ? k->server : str_sub(k->server, 0, (size_t)query);
    ptrdiff_t fragment = str_find_char(k->server, '#');
    k->server = fragment < 0 ? k->server : str_sub(k->server, 0, (size_t)fragment);
}

static int read_cluster(struct loading *l)
{
    struct kubeconfig *k = l->ret;
    const struct kubeconfig_choice *c = l->choice;
    struct kubeconfig_stanza s = kubeconfig_find(l, "clusters", k->cluster, "cluster");
    if (!s.n && !(str_empty(k->cluster) && c->server.n))
        return kubeconfig_no_stanza(l, "cluster", k->cluster);
    int r = s.n ? read_cluster_stanza(l, &s) : 0;
    if (r < 0)
        return r;
    choose_server(k, c);
    if (k->insecure && (k->ca_pem.n || k->ca_file.n))
        return err_set(l->e, EINVAL,
                       "cluster \"" STR_FMT "\" of " STR_FMT
                       ": certificate-authority and insecure-skip-tls-verify are both given: only "
                       "one of them can hold",
                       STR_ARG(k->cluster), STR_ARG(k->origin));
    if (str_empty(k->server))
        return err_set(l->e, EINVAL, "cluster \"" STR_FMT "\" in " STR_FMT " has no server",
                       STR_ARG(k->cluster), STR_ARG(k->origin));
    return 0;
}

/* ---- in a pod ---- */

static struct str account_file(const struct loading *l, const char *name)
{
    return arena_printf(l->a, STR_FMT "/%s", STR_ARG(l->env->service_account), name);
}

/* Whether there is a service account to be used. */
static bool is_in_pod(const struct loading *l)
{
    struct stat st;
    return l->env->host.n && l->env->port.n && stat(account_file(l, "token").p, &st) == 0 &&
           !S_ISDIR(st.st_mode);
}

static struct str pod_namespace(const struct loading *l)
{
    struct str ns;
    if (l->env->pod_namespace.n)
        return l->env->pod_namespace;
    if (text_file_read(l->a, account_file(l, "namespace"), 4096, &ns, NULL) == 0 && str_trim(ns).n)
        return str_trim(ns);
    return STR("default");
}

/* kubectl forgets here whom to impersonate. */
static int read_service_account(struct loading *l)
{
    struct kubeconfig *k = l->ret;
    const struct kubeconfig_env *env = l->env;
    bool is_ipv6 = str_find_char(env->host, ':') >= 0;
    k->origin = STR("the pod's service account");
    k->token_file = account_file(l, "token");
    k->ca_file = account_file(l, "ca.crt");
    k->server = arena_printf(l->a, "https://%s" STR_FMT "%s:" STR_FMT, is_ipv6 ? "[" : "",
                             STR_ARG(env->host), is_ipv6 ? "]" : "", STR_ARG(env->port));
    k->ns = l->choice->ns.n ? l->choice->ns : pod_namespace(l);
    choose_server(k, l->choice);
    int r = kubeconfig_choose_user(l);
    struct str token;
    if (r == 0 && k->token_file.n)
        r = text_file_read(l->a, k->token_file, (size_t)MIB, &token, l->e);
    return r;
}

/* ---- choosing ---- */

static int read_context(struct loading *l, struct str *ret_ns)
{
    static const struct kubeconfig_field fields[] = {
        {"cluster", DOC_STRING}, {"user", DOC_STRING}, {"namespace", DOC_STRING}, {NULL, DOC_NULL}};
    struct kubeconfig *k = l->ret;
    const struct kubeconfig_choice *c = l->choice;
    struct kubeconfig_stanza s = {0};
    k->context = c->context.n ? c->context : first_text(l, "current-context");
    if (k->context.n) {
        s = kubeconfig_find(l, "contexts", k->context, "context");
        if (!s.n)
            return kubeconfig_no_stanza(l, "context", k->context);
        int r = kubeconfig_check_fields(l, s.part, s.n, fields);
        if (r < 0)
            return r;
    }
    k->cluster = c->cluster.n ? c->cluster : doc_text(s.n, "cluster");
    k->user = c->user.n ? c->user : doc_text(s.n, "user");
    *ret_ns = doc_text(s.n, "namespace");
    return 0;
}

static int no_configuration(const struct loading *l)
{
    struct str list = l->env->kubeconfig;
    const char *pod = l->env->host.n && l->env->port.n
                          ? "this pod has no token of a service account "
                            "(automountServiceAccountToken: false?)"
                          : "this is no pod";
    if (l->count)
        return err_set(l->e, ENOENT,
                       STR_FMT " has no current context: choose one with --context "
                               "(kubectl config get-contexts lists them)",
                       STR_ARG(l->ret->origin));
    if (list.n)
        return err_set(l->e, ENOENT,
                       "no cluster is configured: $KUBECONFIG names no file that exists (" STR_FMT
                       "), and %s",
                       STR_ARG(str_sub(list, 0, 100)), pod);
    return err_set(l->e, ENOENT,
                   "no cluster is configured: there is no kubeconfig ($KUBECONFIG or "
                   "~/.kube/config), and %s",
                   pod);
}

static int choose(struct loading *l)
{
    struct kubeconfig *k = l->ret;
    const struct kubeconfig_choice *c = l->choice;
    struct str ns = STR_NONE;
    int r = read_context(l, &ns);
    if (r < 0)
        return r;
    if (str_empty(k->cluster) && str_empty(c->server)) {
        /* As kubectl: the service account's token is for no server but its own. */
        bool nothing = str_empty(k->context) && str_empty(k->user);
        return nothing && is_in_pod(l) ? read_service_account(l) : no_configuration(l);
    }
    k->ns = c->ns.n ? c->ns : ns.n ? ns : is_in_pod(l) ? pod_namespace(l) : STR("default");
    r = read_cluster(l);
    if (r == 0)
        r = kubeconfig_read_user(l);
    if (r == 0)
        r = kubeconfig_choose_user(l);
    if (r == 0 && str_find(k->server, "://") < 0) {
        bool tls = k->ca_pem.n || k->ca_file.n || k->cert_pem.n || k->cert_file.n || k->insecure;
        k->server =
            arena_printf(l->a, "%s" STR_FMT, tls ? "https://" : "http://", STR_ARG(k->server));
    }
    return r;
}

static struct str origin_of(const struct loading *l)
{
    if (l->count == 0)
        return STR("the command line");
    if (l->count == 1)
        return l->parts[0].path;
    return arena_printf(l->a, "the %zu files of $KUBECONFIG", l->count);
}

int kubeconfig_read(const struct kubeconfig_choice *choice, const struct kubeconfig_env *env,
                    struct arena *a, struct kubeconfig *ret, struct err *e)
{
    struct loading l = {.choice = choice, .env = env, .a = a, .ret = ret, .e = e};
    *ret = (struct kubeconfig){0};
    int r = read_parts(&l);
    if (r < 0)
        return r;
    ret->origin = origin_of(&l);
    return choose(&l);
}
