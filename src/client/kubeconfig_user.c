/* SPDX-License-Identifier: Apache-2.0
 *
 * The user of a kubeconfig: certificates, tokens, plug-ins, and whom to impersonate (client-go:
 * tools/clientcmd/client_config.go, validation.go).
 */
#include "base/base64.h"
#include "base/text.h"
#include "base/wait.h"
#include "client/kubeconfig_parts.h"

enum { ID_TOKEN_EARLY_MS = 10000 /* client-go, auth/oidc/oidc.go: expiryDelta */ };

static int bad_user(const struct loading *l, const struct kubeconfig_stanza *s, const struct doc *n,
                    const char *what)
{
    n = n ? n : s->n;
    return err_at(l->e, EINVAL, s->part->path, n->at.line, n->at.column, "user \"" STR_FMT "\": %s",
                  STR_ARG(l->ret->user), what);
}

/* ---- plug-ins ---- */

/* What the cluster has to say to plug-ins. */
static const struct doc *find_exec_config(const struct loading *l)
{
    struct kubeconfig_stanza s = kubeconfig_find(l, "clusters", l->ret->cluster, "cluster");
    const struct doc *extensions = doc_get(s.n, "extensions");
    for (const struct doc *c = extensions ? extensions->child : NULL; c; c = c->next)
        if (str_is(doc_text(c, "name"), "client.authentication.k8s.io/exec"))
            return doc_get(c, "extension");
    return NULL;
}

/* Of two alike the later holds, as in Go. */
static void add_env(struct arena *a, struct exec_plugin *x, struct str name, struct str value)
{
    for (size_t i = 0; i < x->env.count; i++)
        if (str_eq(x->env.items[i].name, name)) {
            x->env.items[i].value = value;
            return;
        }
    *PUSH(a, &x->env) = (struct exec_env){name, value};
}

static int read_exec_lists(struct loading *l, const struct kubeconfig_stanza *s,
                           const struct doc *n, struct exec_plugin *x)
{
    const struct doc *args = doc_get(n, "args"), *env = doc_get(n, "env");
    for (const struct doc *c = args ? args->child : NULL; c; c = c->next)
        *PUSH(l->a, &x->args) = c->text;
    for (const struct doc *c = env ? env->child : NULL; c; c = c->next) {
        struct str name = doc_text(c, "name");
        if (str_empty(name))
            return bad_user(l, s, c, "exec has an env without a name");
        add_env(l->a, x, name, doc_text(c, "value"));
    }
    return 0;
}

static int check_exec(const struct loading *l, const struct kubeconfig_stanza *s,
                      const struct doc *n, const struct exec_plugin *x)
{
    struct str mode = doc_text(n, "interactiveMode");
    if (str_empty(x->command))
        return bad_user(l, s, n, "exec names no command");
    if (!str_is(x->api_version, "client.authentication.k8s.io/v1") &&
        !str_is(x->api_version, "client.authentication.k8s.io/v1beta1"))
        return err_at(l->e, EINVAL, s->part->path, n->at.line, n->at.column,
                      "user \"" STR_FMT "\": exec apiVersion \"" STR_FMT
                      "\" is none of client.authentication.k8s.io/v1, v1beta1",
                      STR_ARG(l->ret->user), STR_ARG(x->api_version));
    bool known = x->always_asks || x->never_asks || str_is(mode, "IfAvailable");
    if (!known && (mode.n || str_is(x->api_version, "client.authentication.k8s.io/v1")))
        return bad_user(l, s, n, "exec needs an interactiveMode: Never, IfAvailable or Always");
    if (doc_get(s->n, "auth-provider"))
        return bad_user(l, s, n,
                        "exec and auth-provider are both given: only one of them can hold");
    return 0;
}

static int read_exec(struct loading *l, const struct kubeconfig_stanza *s, const struct doc *n)
{
    static const struct kubeconfig_field fields[] = {
        {"apiVersion", DOC_STRING},
        {"command", DOC_STRING},
        {"args", DOC_SEQ},
        {"env", DOC_SEQ},
        {"installHint", DOC_STRING},
        {"interactiveMode", DOC_STRING},
        {"provideClusterInfo", DOC_BOOL},
        {NULL, DOC_NULL},
    };
    int r = kubeconfig_check_fields(l, s->part, n, fields);
    if (r < 0)
        return r;
    struct exec_plugin *x = arena_new(l->a, struct exec_plugin);
    struct str mode = doc_text(n, "interactiveMode");
    x->api_version = doc_text(n, "apiVersion");
    x->install_hint = doc_text(n, "installHint");
    x->command = doc_text(n, "command");
    x->folder = s->part->folder;
    x->wants_cluster = doc_bool(n, "provideClusterInfo", false);
    x->cluster_config = find_exec_config(l);
    x->always_asks = str_is(mode, "Always");
    x->never_asks = str_is(mode, "Never");
    l->ret->exec = x;
    r = read_exec_lists(l, s, n, x);
    return r < 0 ? r : check_exec(l, s, n, x);
}

/* ---- auth-provider ---- */

/* When a JSON Web Token ends: the claim exp of its second part. */
static int read_token_end(struct arena *a, struct str token, int64_t *ret_ms)
{
    struct buf text CLEANUP(buf_done) = {0};
    struct doc_root root = {0};
    struct str rest, json;
    (void)str_cut(token, '.', &rest);
    struct str claims = str_cut(rest, '.', &rest);
    if (!rest.p || str_find_char(rest, '.') >= 0)
        return -EINVAL;
    /* Its base64 has two other letters and no padding. */
    buf_init(&text, 64 * KIB);
    for (size_t i = 0; i < claims.n; i++)
        buf_add_char(&text, claims.p[i] == '-' ? '+' : claims.p[i] == '_' ? '/' : claims.p[i]);
    while (text.n % 4 && !text.overflow)
        buf_add_char(&text, '=');
    if (text.overflow || base64_decode_text(a, buf_str(&text), &json) < 0 ||
        json_parse(STR("a token"), json, a, &root, NULL) < 0)
        return -EINVAL;
    const struct doc *exp = doc_get(root.root, "exp");
    double seconds;
    if (!exp || (exp->type != DOC_INT && exp->type != DOC_FLOAT) ||
        str_to_double(exp->text, &seconds) < 0 || !(seconds >= 0 && seconds < 1e12))
        return -EINVAL;
    *ret_ms = (int64_t)(seconds * 1000);
    return 0;
}

static int expired(const struct loading *l, const struct kubeconfig_stanza *s, const struct doc *n,
                   int64_t end_ms)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 4 * KIB);
    buf_add_cstr(&text, "the id-token of its auth-provider oidc expired on ");
    text_add_time(&text, end_ms);
    buf_add_cstr(&text, doc_path(n, "config.refresh-token")
                            ? "; any request of kubectl renews it (kubectl get --raw /version)"
                            : ", and there is no refresh-token: log in again");
    return bad_user(l, s, n, arena_str(l->a, buf_str(&text)).p);
}

/* kubectl renews the token, too, and writes the new one into the kubeconfig. Nothing is written here. */
static int read_oidc(struct loading *l, const struct kubeconfig_stanza *s, const struct doc *n)
{
    const struct doc *config = doc_get(n, "config");
    struct str token = doc_text(config, "id-token");
    int64_t end_ms;
    if (str_empty(token))
        return bad_user(l, s, n,
                        "its auth-provider oidc has no id-token yet: log in, or let kubectl ask "
                        "for one (kubectl get --raw /version)");
    if (read_token_end(l->a, token, &end_ms) < 0)
        return bad_user(l, s, n, "the id-token of its auth-provider oidc is no JSON Web Token");
    if (clock_unix_ms() + ID_TOKEN_EARLY_MS >= end_ms)
        return expired(l, s, n, end_ms);
    l->ret->token = token;
    return 0;
}

static int read_provider(struct loading *l, const struct kubeconfig_stanza *s, const struct doc *n)
{
    const struct kubeconfig *k = l->ret;
    struct str name = doc_text(n, "name");
    bool other = k->token.n || k->token_file.n || k->username.n || k->password.n;
    if (str_is(name, "oidc"))
        return other || l->choice->token.n ? 0 : read_oidc(l, s, n);
    if (str_is(name, "gcp") || str_is(name, "azure"))
        return err_at(l->e, EINVAL, s->part->path, n->at.line, n->at.column,
                      "user \"" STR_FMT "\": auth-provider " STR_FMT
                      " was removed from kubectl in 1.26; use an exec plug-in (%s)",
                      STR_ARG(k->user), STR_ARG(name),
                      str_is(name, "gcp") ? "gke-gcloud-auth-plugin" : "kubelogin");
    return err_at(l->e, EINVAL, s->part->path, n->at.line, n->at.column,
                  "user \"" STR_FMT "\": there is no auth-provider \"" STR_FMT "\"",
                  STR_ARG(k->user), STR_ARG(name));
}

/* ---- impersonation ---- */

static struct as_extra *find_extra(struct loading *l, struct str key)
{
    struct kubeconfig *k = l->ret;
    for (size_t i = 0; i < k->as_extra.count; i++)
        if (str_eq(k->as_extra.items[i].key, key))
            return &k->as_extra.items[i];
    struct as_extra *x = PUSH(l->a, &k->as_extra);
    *x = (struct as_extra){.key = key};
    return x;
}

static void read_impersonation(struct loading *l, const struct doc *n)
{
    struct kubeconfig *k = l->ret;
    k->as = doc_text(n, "as");
    k->as_uid = doc_text(n, "as-uid");
    const struct doc *groups = doc_get(n, "as-groups"), *extra = doc_get(n, "as-user-extra");
    for (const struct doc *c = groups ? groups->child : NULL; c; c = c->next)
        *PUSH(l->a, &k->as_groups) = c->text;
    for (const struct doc *c = extra ? extra->child : NULL; c; c = c->next) {
        struct as_extra *x = find_extra(l, c->key);
        for (const struct doc *v = c->child; v; v = v->next)
            *PUSH(l->a, &x->values) = v->text;
    }
}

/* Of a key that the command line names, nothing of the file stays. */
static int choose_extra(struct loading *l)
{
    const struct str_list *texts = &l->choice->as_extra;
    struct str value;
    for (size_t i = 0; i < texts->count; i++) {
        struct str key = str_cut(texts->items[i], '=', &value);
        if (!value.p || str_empty(key))
            return err_set(l->e, EINVAL, "--as-user-extra is written KEY=VALUE, not " STR_FMT,
                           STR_ARG(str_sub(texts->items[i], 0, 80)));
        find_extra(l, key)->values.count = 0;
    }
    for (size_t i = 0; i < texts->count; i++) {
        struct str key = str_cut(texts->items[i], '=', &value);
        struct as_extra *x = find_extra(l, key);
        *PUSH(l->a, &x->values) = value;
    }
    return 0;
}

static int choose_impersonation(struct loading *l)
{
    struct kubeconfig *k = l->ret;
    const struct kubeconfig_choice *c = l->choice;
    if (c->as.n)
        k->as = c->as;
    if (c->as_uid.n)
        k->as_uid = c->as_uid;
    if (c->as_groups.count) {
        k->as_groups = (struct str_list){0};
        for (size_t i = 0; i < c->as_groups.count; i++)
            *PUSH(l->a, &k->as_groups) = c->as_groups.items[i];
    }
    int r = choose_extra(l);
    if (r < 0 || k->as.n)
        return r;
    if (c->as_uid.n || c->as_groups.count || c->as_extra.count)
        return err_set(l->e, EINVAL, "--as-group, --as-uid and --as-user-extra need --as");
    if (k->as_uid.n || k->as_groups.count || k->as_extra.count)
        return err_set(l->e, EINVAL,
                       "user \"" STR_FMT "\" of " STR_FMT
                       ": as-groups, as-uid and as-user-extra need an as",
                       STR_ARG(k->user), STR_ARG(k->origin));
    return 0;
}

/* ---- the user ---- */

static int read_certificate(struct loading *l, const struct kubeconfig_stanza *s)
{
    struct kubeconfig *k = l->ret;
    struct kubeconfig_pem cert = {STR_NONE, STR_NONE}, key = {STR_NONE, STR_NONE};
    int r = kubeconfig_read_data(l, s, "client-certificate", &cert);
    if (r == 0)
        r = kubeconfig_read_data(l, s, "client-key", &key);
    k->cert_pem = cert.pem;
    k->cert_file = cert.file;
    if (!cert.pem.n && !cert.file.n) /* a key alone is of no use, and no fault */
        return r;
    k->key_pem = key.pem;
    k->key_file = key.file;
    return r;
}

static int read_fields(struct loading *l, const struct kubeconfig_stanza *s)
{
    static const struct kubeconfig_field fields[] = {
        {"client-certificate", DOC_STRING},
        {"client-certificate-data", DOC_STRING},
        {"client-key", DOC_STRING},
        {"client-key-data", DOC_STRING},
        {"token", DOC_STRING},
        {"tokenFile", DOC_STRING},
        {"username", DOC_STRING},
        {"password", DOC_STRING},
        {"as", DOC_STRING},
        {"as-uid", DOC_STRING},
        {"as-groups", DOC_SEQ},
        {"as-user-extra", DOC_MAP},
        {"exec", DOC_MAP},
        {"auth-provider", DOC_MAP},
        {NULL, DOC_NULL},
    };
    struct kubeconfig *k = l->ret;
    int r = kubeconfig_check_fields(l, s->part, s->n, fields);
    if (r < 0)
        return r;
    k->token = doc_text(s->n, "token");
    k->token_file = kubeconfig_file_of(l, s, "tokenFile");
    k->username = doc_text(s->n, "username");
    k->password = doc_text(s->n, "password");
    read_impersonation(l, s->n);
    return read_certificate(l, s);
}

int kubeconfig_read_user(struct loading *l)
{
    if (str_empty(l->ret->user))
        return 0;
    struct kubeconfig_stanza s = kubeconfig_find(l, "users", l->ret->user, "user");
    if (!s.part)
        return kubeconfig_no_stanza(l, "user", l->ret->user);
    if (!s.n)
        return 0;
    int r = read_fields(l, &s);
    const struct doc *exec = doc_get(s.n, "exec"), *provider = doc_get(s.n, "auth-provider");
    if (r == 0 && exec && exec->type == DOC_MAP)
        return read_exec(l, &s, exec);
    if (r == 0 && provider && provider->type == DOC_MAP)
        return read_provider(l, &s, provider);
    return r;
}

/* ---- the command line ---- */

int kubeconfig_choose_user(struct loading *l)
{
    struct kubeconfig *k = l->ret;
    const struct kubeconfig_choice *c = l->choice;
    if (c->token.n) {
        k->token = c->token;
        k->token_file = STR_NONE;
    }
    if (c->cert_file.n) {
        k->cert_pem = STR_NONE;
        k->cert_file = c->cert_file;
    }
    if (c->key_file.n) {
        k->key_pem = STR_NONE;
        k->key_file = c->key_file;
    }
    bool token = k->token.n || k->token_file.n, basic = k->username.n || k->password.n;
    bool cert = k->cert_pem.n || k->cert_file.n, key = k->key_pem.n || k->key_file.n;
    if (token && basic)
        return err_set(l->e, EINVAL,
                       "user \"" STR_FMT "\" of " STR_FMT
                       " has a token and a user name with password: only one of them can hold",
                       STR_ARG(k->user), STR_ARG(k->origin));
    if (cert && !key)
        return err_set(l->e, EINVAL,
                       "user \"" STR_FMT "\" of " STR_FMT
                       " has a client-certificate, but no client-key",
                       STR_ARG(k->user), STR_ARG(k->origin));
    return choose_impersonation(l);
}
