/* SPDX-License-Identifier: Apache-2.0
 *
 * KUBERNETES_EXEC_INFO in, ExecCredential out (client-go, plugin/pkg/client/auth/exec/exec.go).
 */
#include "client/exec_plugin.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/json_write.h"
#include "base/process.h"
#include "base/text.h"

extern char **environ;

/* Levels of the cluster's own configuration that are handed on; json_write.h has a limit, too. */
enum { MOST_LEVELS = 24 };

/* ---- what it is told ---- */

static void add_doc(struct json_writer *w, const struct doc *n, int level)
{
    double d; /* .inf and .nan are none in JSON */
    bool number = (n->type == DOC_INT || n->type == DOC_FLOAT) && str_to_double(n->text, &d) == 0;
    bool nested = (n->type == DOC_MAP || n->type == DOC_SEQ) && level < MOST_LEVELS;
    if (nested) {
        bool is_map = n->type == DOC_MAP;
        is_map ? json_map(w) : json_seq(w);
        for (const struct doc *c = n->child; c; c = c->next) {
            if (is_map)
                json_key_str(w, c->key);
            add_doc(w, c, level + 1);
        }
        is_map ? json_map_end(w) : json_seq_end(w);
    } else if (n->type == DOC_BOOL) {
        json_bool(w, str_is(n->text, "true"));
    } else if (number) {
        json_number(w, n->text);
    } else if (n->type == DOC_NULL || n->type == DOC_MAP || n->type == DOC_SEQ) {
        json_null(w);
    } else {
        json_str(w, n->text);
    }
}

static void add_cluster(struct json_writer *w, const struct kubeconfig *k, struct str ca_pem)
{
    struct buf ca CLEANUP(buf_done);
    buf_init(&ca, 32 * MIB);
    json_key(w, "cluster");
    json_map(w);
    json_add_str(w, "server", k->server);
    if (k->tls_server_name.n)
        json_add_str(w, "tls-server-name", k->tls_server_name);
    if (k->insecure)
        json_add_bool(w, "insecure-skip-tls-verify", true);
    if (ca_pem.n) {
        base64_add(&ca, ca_pem);
        json_add_str(w, "certificate-authority-data", buf_str(&ca));
    }
    if (k->proxy_url.n)
        json_add_str(w, "proxy-url", k->proxy_url);
    if (k->no_gzip)
        json_add_bool(w, "disable-compression", true);
    json_key(w, "config");
    if (k->exec->cluster_config)
        add_doc(w, k->exec->cluster_config, 0);
    else
        json_null(w);
    json_map_end(w);
}

static struct str make_info(const struct kubeconfig *k, struct str ca_pem, bool interactive,
                            struct arena *a)
{
    struct json_writer w;
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 64 * MIB);
    json_writer_init(&w, &text, JSON_COMPACT);
    json_map(&w);
    json_add_cstr(&w, "kind", "ExecCredential");
    json_add_str(&w, "apiVersion", k->exec->api_version);
    json_key(&w, "spec");
    json_map(&w);
    if (k->exec->wants_cluster)
        add_cluster(&w, k, ca_pem);
    json_add_bool(&w, "interactive", interactive);
    json_map_end(&w);
    json_map_end(&w);
    json_writer_end(&w);
    return arena_printf(a, "KUBERNETES_EXEC_INFO=" STR_FMT, STR_ARG(str_trim(buf_str(&text))));
}

/* Our environment, then the kubeconfig's, then the request; of two alike the later holds, as in Go. */
static const char *const *make_env(const struct exec_plugin *x, struct str info, struct arena *a)
{
    size_t ours = 0, n = 0;
    while (environ[ours])
        ours++;
    const char **list = arena_array(a, const char *, ours + x->env.count + 2);
    for (size_t i = 0; i < ours; i++) {
        struct str name = str_cut(str_of(environ[i]), '=', &(struct str){0});
        bool replaced = str_is(name, "KUBERNETES_EXEC_INFO");
        for (size_t j = 0; j < x->env.count; j++)
            replaced = replaced || str_eq(name, x->env.items[j].name);
        if (!replaced)
            list[n++] = environ[i];
    }
    for (size_t i = 0; i < x->env.count; i++)
        list[n++] = arena_printf(a, STR_FMT "=" STR_FMT, STR_ARG(x->env.items[i].name),
                                 STR_ARG(x->env.items[i].value))
                        .p;
    list[n] = info.p;
    return list;
}

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* In $PATH. A relative part of it may lead to a program that somebody has put into the current folder:
 * as Go's os/exec, one that is found there is not run (-EPERM). */
static int find_program(struct str name, struct arena *a, const char **ret)
{
    struct str path = str_of(getenv("PATH"));
    *ret = arena_str(a, name).p;
    while (path.p) {
        struct str folder = str_cut(path, ':', &path);
        if (str_empty(folder))
            folder = STR(".");
        const char *found = arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(name)).p;
        if (!is_program(found))
            continue;
        *ret = found;
        return folder.p[0] == '/' ? 0 : -EPERM;
    }
    return 0;
}

static const char *const *make_args(const struct exec_plugin *x, struct arena *a, struct err *e)
{
    const char **list = arena_array(a, const char *, x->args.count + 2);
    int r = 0;
    if (str_find_char(x->command, '/') < 0)
        r = find_program(x->command, a, &list[0]);
    else if (x->command.p[0] == '/')
        list[0] = arena_str(a, x->command).p;
    else
        list[0] = arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(x->folder), STR_ARG(x->command)).p;
    if (r < 0) {
        err_set(e, EPERM,
                "credential plug-in %s is not run: $PATH leads to it by a relative path; name its "
                "folder in full",
                list[0]);
        return NULL;
    }
    for (size_t i = 0; i < x->args.count; i++)
        list[i + 1] = arena_str(a, x->args.items[i]).p;
    return list;
}

/* ---- what it says ---- */

static int read_expiry(const struct doc *status, struct exec_credential *ret, struct err *e)
{
    struct str text = doc_text(status, "expirationTimestamp");
    ret->expires_ms = INT64_MAX;
    if (text.n && text_parse_time(text, &ret->expires_ms) < 0)
        return err_set(e, EBADMSG, "its expirationTimestamp is no time");
    return 0;
}

static int read_status(const struct exec_plugin *x, const struct doc *root,
                       struct exec_credential *ret, struct err *e)
{
    const struct doc *status = doc_get(root, "status");
    struct str version = doc_text(root, "apiVersion");
    if (!str_is(doc_text(root, "kind"), "ExecCredential"))
        return err_set(e, EBADMSG, "what it prints is no ExecCredential");
    if (!str_eq(version, x->api_version))
        return err_set(e, EBADMSG, "the kubeconfig asks it for " STR_FMT ", and it prints " STR_FMT,
                       STR_ARG(x->api_version), STR_ARG(version));
    if (!status || status->type != DOC_MAP)
        return err_set(e, EBADMSG, "its ExecCredential has no status");
    ret->token = doc_text(status, "token");
    ret->cert_pem = doc_text(status, "clientCertificateData");
    ret->key_pem = doc_text(status, "clientKeyData");
    if (!ret->token.n && !ret->cert_pem.n && !ret->key_pem.n)
        return err_set(e, EBADMSG, "its status has neither a token nor a client certificate");
    if (!ret->cert_pem.n != !ret->key_pem.n)
        return err_set(e, EBADMSG, "its status has only one of certificate and key");
    return read_expiry(status, ret, e);
}

/* What it prints is secret, so no message may show any of it. */
static int read_output(const struct exec_plugin *x, struct str text, struct arena *a,
                       struct exec_credential *ret, struct err *e)
{
    struct doc_root root = {0};
    struct str kept = arena_str(a, text);
    if (json_parse(STR("its output"), kept, a, &root, NULL) < 0 || !root.root)
        return err_set(e, EBADMSG, "what it prints is no JSON");
    return read_status(x, root.root, ret, e);
}

/* ---- running it ---- */

static int not_started(const struct exec_plugin *x, const char *program, int r, struct err *e)
{
    if (r == -ENOMEM)
        return err_set(e, ENOMEM, "out of memory");
    if (r != -ENOENT)
        return err_wrap(e, "credential plug-in %s", program);
    bool hint = x->install_hint.n > 0;
    return err_set(e, ENOENT, "credential plug-in %s is not installed%s" STR_FMT, program,
                   hint ? ": " : "", STR_ARG(hint ? str_trim(x->install_hint) : STR("")));
}

static int judge_status(const char *program, int status, struct err *e)
{
    if (WIFSIGNALED(status))
        return err_set(e, EACCES, "credential plug-in %s was killed by signal %d", program,
                       WTERMSIG(status));
    if (WEXITSTATUS(status))
        return err_set(e, EACCES, "credential plug-in %s ended with exit status %d", program,
                       WEXITSTATUS(status));
    return 0;
}

int exec_plugin_run(const struct kubeconfig *k, struct str ca_pem, const struct wait *w,
                    struct arena *a, struct exec_credential *ret, struct err *e)
{
    const struct exec_plugin *x = k->exec;
    bool terminal = isatty(STDIN_FILENO) == 1;
    struct process_call call = {.shares_input = terminal && !x->never_asks};
    struct buf out CLEANUP(buf_done) = {0};
    int status;
    call.args = make_args(x, a, e);
    if (!call.args)
        return -EPERM;
    if (x->always_asks && !terminal)
        return err_set(e, ENOTTY,
                       "credential plug-in %s must ask somebody (interactiveMode: Always), and "
                       "standard input is no terminal",
                       call.args[0]);
    struct str info = make_info(k, ca_pem, call.shares_input, a);
    call.env = make_env(x, info, a);
    struct wait end = wait_at_most(*w, call.shares_input ? EXEC_PLUGIN_ASKING_MS : EXEC_PLUGIN_MS);
    buf_init(&out, EXEC_PLUGIN_MOST_BYTES);
    int r = process_run(&call, &end, &out, &status, e);
    if (r < 0)
        return not_started(x, call.args[0], r, e);
    r = judge_status(call.args[0], status, e);
    if (r == 0) {
        r = read_output(x, buf_str(&out), a, ret, e);
        if (r < 0)
            err_wrap(e, "credential plug-in %s", call.args[0]);
    }
    return r;
}
