/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials and what they are made of. One lock, held also while a plug-in runs: it may ask somebody
 * for a password, and once is enough.
 */
#include "client/credential.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/base64.h"
#include "base/text.h"
#include "base/text_file.h"
#include "client/exec_plugin.h"

enum {
    TOKEN_FILE_MS = 60000, /* client-go, transport/token_source.go */
    FILES_MS = 300000,     /* client-go, transport/cert_rotation.go, ca_rotation.go */
    EXPIRY_EARLY_MS = 5000,
};
#define LARGEST_FILE ((size_t)(16 * MIB))

struct credential {
    const struct kubeconfig *k;
    bool no_exec;
    pthread_mutex_t lock;
    struct arena arena; /* of the names */
    struct str ca_name, cert_name;
    struct pem_files {
        struct arena arena;
        struct str ca, cert, key;
    } files;
    int64_t files_read_ms;    /* clock_ms(); 0: never */
    struct arena token_arena; /* of the token file or the plug-in; made anew each time */
    struct str token;
    int64_t token_read_ms; /* clock_ms(); 0: never */
    struct exec_credential exec;
    bool has_exec;
    /* The newest: one that verifies, one for anybody. Connections keep those that they have. */
    struct kept_context {
        struct tls_context *tls;
        unsigned generation;
    } contexts[2];
    unsigned generation; /* of certificates */
};

void credential_now_done(struct credential_now *now)
{
    tls_context_free(now->tls);
    *now = (struct credential_now){0};
}

/* A call under the lock, as one argument for mem_protect(). */
struct asking {
    struct credential *c;
    enum credential_use use;
    const struct wait *w;
    struct arena *a;
    struct credential_now *ret;
    const struct credential_now *refused;
    struct err *e;
};

struct credential *credential_new(const struct kubeconfig *config, bool no_exec)
{
    struct credential *c = mem_calloc(1, sizeof(*c));
    c->k = config;
    c->no_exec = no_exec;
    c->generation = 1;
    pthread_mutex_init(&c->lock, NULL);
    arena_init(&c->arena);
    arena_init(&c->files.arena);
    arena_init(&c->token_arena);
    return c;
}

void credential_free(struct credential *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < ARRAY_LEN(c->contexts); i++)
        tls_context_free(c->contexts[i].tls);
    arena_done(&c->token_arena);
    arena_done(&c->files.arena);
    arena_done(&c->arena);
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

static int locked(int (*fn)(void *), struct asking *asking)
{
    pthread_mutex_lock(&asking->c->lock);
    int r = mem_protect(fn, asking);
    pthread_mutex_unlock(&asking->c->lock);
    return r == -ENOMEM ? err_set(asking->e, ENOMEM, "out of memory") : r;
}

/* ---- TLS ---- */

static struct tls_settings settings_of(const struct credential *c, const struct pem_files *files,
                                       bool anybody)
{
    bool plugin = c->has_exec && c->exec.cert_pem.n;
    return (struct tls_settings){
        .ca_pem = files->ca,
        .ca_name = c->ca_name,
        .insecure = anybody || c->k->insecure,
        .cert_pem = plugin ? c->exec.cert_pem : files->cert,
        .key_pem = plugin ? c->exec.key_pem : files->key,
        .cert_name = plugin ? c->k->exec->command : c->cert_name,
    };
}

static int make_context(struct credential *c, bool anybody, struct err *e)
{
    struct kept_context *kept = &c->contexts[anybody];
    struct tls_context *tls = NULL;
    if (kept->tls && kept->generation == c->generation)
        return 0;
    struct tls_settings s = settings_of(c, &c->files, anybody);
    int r = tls_context_new(&s, &tls, e);
    if (r < 0)
        return r;
    tls_context_free(kept->tls);
    *kept = (struct kept_context){tls, c->generation};
    return 0;
}

/* ---- files ---- */

static void name_files(struct credential *c)
{
    const struct kubeconfig *k = c->k;
    struct str where = k->ca_pem.n || !k->ca_file.n ? k->origin : k->ca_file;
    c->ca_name =
        arena_printf(&c->arena, "%s" STR_FMT,
                     k->ca_pem.n ? "the certificate-authority-data of " : "", STR_ARG(where));
    c->cert_name = k->cert_pem.n || !k->cert_file.n
                       ? arena_printf(&c->arena, "user \"" STR_FMT "\" of " STR_FMT,
                                      STR_ARG(k->user), STR_ARG(k->origin))
                       : k->cert_file;
}

static int read_pem(struct pem_files *to, struct str pem, struct str file, const char *what,
                    struct str *ret, struct err *e)
{
    *ret = pem;
    if (pem.n || !file.n)
        return 0;
    int r = text_file_read(&to->arena, file, LARGEST_FILE, ret, e);
    return r < 0 ? err_wrap(e, "%s", what) : 0;
}

static int read_all(const struct kubeconfig *k, struct pem_files *to, struct err *e)
{
    int r = read_pem(to, k->ca_pem, k->ca_file, "certificate-authority", &to->ca, e);
    if (r == 0)
        r = read_pem(to, k->cert_pem, k->cert_file, "client-certificate", &to->cert, e);
    return r == 0 ? read_pem(to, k->key_pem, k->key_file, "client-key", &to->key, e) : r;
}

/* Whether a server can be asked with them: a key may be there before its certificate is. */
static bool are_usable(const struct credential *c, const struct pem_files *files)
{
    struct tls_settings s = settings_of(c, files, false);
    struct tls_context *tls = NULL;
    bool usable = tls_context_new(&s, &tls, NULL) == 0;
    tls_context_free(tls);
    return usable;
}

static bool are_equal(const struct pem_files *a, const struct pem_files *b)
{
    return str_eq(a->ca, b->ca) && str_eq(a->cert, b->cert) && str_eq(a->key, b->key);
}

/* Again after a while; then nothing is an error. */
static int read_files(struct credential *c, struct err *e)
{
    const struct kubeconfig *k = c->k;
    bool first = c->files_read_ms == 0;
    bool changes = (k->ca_file.n && !k->ca_pem.n) || (k->cert_file.n && !k->cert_pem.n);
    if (!first && (!changes || clock_ms() - c->files_read_ms < FILES_MS))
        return 0;
    struct pem_files fresh = {0};
    arena_init(&fresh.arena);
    int r = read_all(k, &fresh, first ? e : NULL);
    if (r == 0 && first)
        name_files(c);
    bool taken = r == 0 && (first || (!are_equal(&fresh, &c->files) && are_usable(c, &fresh)));
    if (first && r < 0) {
        arena_done(&fresh.arena);
        return r;
    }
    c->files_read_ms = clock_ms();
    if (!taken) {
        arena_done(&fresh.arena);
        return 0;
    }
    arena_done(&c->files.arena);
    c->files = fresh;
    c->generation++;
    return 0;
}

/* A token goes into a header as it is, so it may hold nothing that ends one. */
static int check_token(struct str token, struct str origin, struct err *e)
{
    for (size_t i = 0; i < token.n; i++)
        if ((unsigned char)token.p[i] <= ' ' || token.p[i] == 0x7f)
            return err_set(e, EINVAL, STR_FMT ": the token holds a blank or control character",
                           STR_ARG(origin));
    return 0;
}

/* A file that cannot be read now leaves the token read before, then that of the kubeconfig. */
static int read_token_file(struct credential *c, struct err *e)
{
    const struct kubeconfig *k = c->k;
    struct arena fresh;
    struct str text;
    struct err why = {0};
    if (c->token_read_ms && clock_ms() - c->token_read_ms < TOKEN_FILE_MS)
        return 0;
    arena_init(&fresh);
    int r = text_file_read(&fresh, k->token_file, LARGEST_FILE, &text, &why);
    if (r == 0 && !str_trim(text).n)
        r = err_set(&why, EINVAL, STR_FMT " is empty", STR_ARG(k->token_file));
    if (r == 0)
        r = check_token(str_trim(text), k->token_file, &why);
    if (r < 0) {
        arena_done(&fresh);
        if (c->token.n || k->token.n)
            return c->token.n ? 0 : check_token(k->token, k->origin, e);
        if (e)
            *e = why;
        return err_wrap(e, "token file");
    }
    arena_done(&c->token_arena);
    c->token_arena = fresh;
    c->token = str_trim(text);
    c->token_read_ms = clock_ms();
    return 0;
}

/* ---- plug-ins ---- */

static bool uses_exec(const struct credential *c)
{
    const struct kubeconfig *k = c->k;
    return k->exec && !k->token.n && !k->token_file.n && !k->username.n && !k->cert_pem.n &&
           !k->cert_file.n;
}

static int run_exec(struct credential *c, const struct wait *w, struct err *e)
{
    struct arena fresh;
    struct exec_credential got = {0};
    if (c->no_exec)
        return err_set(e, EPERM,
                       "user \"" STR_FMT "\" of " STR_FMT " needs a credential plug-in (" STR_FMT
                       "), which this command never runs: use a service account",
                       STR_ARG(c->k->user), STR_ARG(c->k->origin), STR_ARG(c->k->exec->command));
    arena_init(&fresh);
    int r = exec_plugin_run(c->k, c->files.ca, w, &fresh, &got, e);
    if (r == 0)
        r = check_token(got.token, c->k->exec->command, e);
    if (r < 0) {
        arena_done(&fresh);
        return r;
    }
    bool other = !str_eq(got.cert_pem, c->exec.cert_pem) || !str_eq(got.key_pem, c->exec.key_pem);
    arena_done(&c->token_arena);
    c->token_arena = fresh;
    c->exec = got;
    c->has_exec = true;
    if (other)
        c->generation++;
    return 0;
}

static int refresh_exec(struct credential *c, const struct wait *w, struct err *e)
{
    if (c->has_exec && clock_unix_ms() + EXPIRY_EARLY_MS < c->exec.expires_ms)
        return 0;
    return run_exec(c, w, e);
}

/* ---- asking ---- */

static struct str basic(const struct kubeconfig *k, struct arena *a)
{
    struct buf plain CLEANUP(buf_done);
    struct buf text CLEANUP(buf_done);
    buf_init(&plain, 64 * KIB);
    buf_init(&text, 128 * KIB);
    buf_printf(&plain, STR_FMT ":" STR_FMT, STR_ARG(k->username), STR_ARG(k->password));
    buf_add_cstr(&text, "Basic ");
    base64_add(&text, buf_str(&plain));
    return arena_str(a, buf_str(&text));
}

static struct str bearer(struct str token, struct arena *a)
{
    return token.n ? arena_printf(a, "Bearer " STR_FMT, STR_ARG(token)) : STR_NONE;
}

static int authorize(struct credential *c, const struct wait *w, struct arena *a, struct str *ret,
                     struct err *e)
{
    const struct kubeconfig *k = c->k;
    int r = 0;
    if (k->token_file.n) {
        r = read_token_file(c, e);
        *ret = bearer(c->token.n ? c->token : k->token, a);
    } else if (k->token.n) {
        r = check_token(k->token, k->origin, e);
        *ret = bearer(k->token, a);
    } else if (k->username.n) {
        *ret = basic(k, a);
    } else if (uses_exec(c)) {
        r = refresh_exec(c, w, e);
        *ret = bearer(c->exec.token, a);
    }
    return r;
}

static int ask(void *arg)
{
    struct asking *q = arg;
    struct credential *c = q->c;
    *q->ret = (struct credential_now){0};
    if (q->use == CREDENTIAL_NONE)
        return 0;
    int r = read_files(c, q->e);
    if (r == 0 && q->use != CREDENTIAL_TLS)
        r = authorize(c, q->w, q->a, &q->ret->authorization, q->e);
    bool anybody = q->use == CREDENTIAL_ANYBODY;
    if (r == 0)
        r = make_context(c, anybody, q->e);
    if (r < 0)
        return r;
    q->ret->generation = c->generation;
    q->ret->tls = tls_context_ref(c->contexts[anybody].tls);
    return 0;
}

int credential_get(struct credential *c, enum credential_use use, const struct wait *w,
                   struct arena *a, struct credential_now *ret, struct err *e)
{
    struct asking q = {.c = c, .use = use, .w = w, .a = a, .ret = ret, .e = e};
    return locked(ask, &q);
}

bool credential_is_given(const struct credential *c)
{
    const struct kubeconfig *k = c->k;
    return k->token.n || k->token_file.n || k->username.n || uses_exec(c);
}

static bool is_newer(const struct credential *c, const struct credential_now *refused,
                     struct str token)
{
    struct str before = refused->authorization;
    bool same = before.n == token.n + 7 && str_eq(str_sub(before, 7, before.n), token);
    return (token.n && !same) || refused->generation != c->generation;
}

static int read_files_now(struct credential *c, struct err *e)
{
    c->files_read_ms = c->files_read_ms ? clock_ms() - FILES_MS : 0;
    return read_files(c, e);
}

static int reread(void *arg)
{
    struct credential *c = ((struct asking *)arg)->c;
    unsigned before = c->generation;
    int r = read_files_now(c, NULL);
    return r < 0 ? r : c->generation != before;
}

int credential_reread(struct credential *c)
{
    struct asking q = {.c = c};
    return locked(reread, &q);
}

static int renew(void *arg)
{
    struct asking *q = arg;
    struct credential *c = q->c;
    int r = read_files_now(c, q->e);
    if (r == 0 && c->k->token_file.n) {
        c->token_read_ms = 0;
        r = read_token_file(c, q->e);
        return r < 0 ? r : is_newer(c, q->refused, c->token);
    }
    if (r < 0 || !uses_exec(c))
        return r < 0 ? r : is_newer(c, q->refused, STR_NONE);
    if (!is_newer(c, q->refused, c->exec.token))
        r = run_exec(c, q->w, q->e);
    return r < 0 ? r : is_newer(c, q->refused, c->exec.token);
}

int credential_renew(struct credential *c, const struct credential_now *refused,
                     const struct wait *w, struct err *e)
{
    struct asking q = {.c = c, .refused = refused, .w = w, .e = e};
    return locked(renew, &q);
}

void credential_add_doubt(struct credential *c, struct buf *b)
{
    pthread_mutex_lock(&c->lock);
    struct tls_context *tls = c->contexts[0].tls;
    int64_t ends_ms = tls ? tls_context_ends_ms(tls) : INT64_MAX;
    pthread_mutex_unlock(&c->lock);
    if (ends_ms < clock_unix_ms()) {
        buf_add_cstr(b, " (our client certificate expired on ");
        text_add_time(b, ends_ms);
        buf_add_char(b, ')');
    }
}
