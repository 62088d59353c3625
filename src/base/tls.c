/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL's connections on a wire of ours: a BIO that asks two functions, so that TLS also goes
 * through TLS (a proxy) and never raises SIGPIPE.
 */
#include "base/tls.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/tls_words.h"
#include "base/wait.h"

struct tls_context {
    atomic_int users;
    const struct tls_library *l;
    SSL_CTX *ctx;
    BIO_METHOD *method;
    char ca_name[200];
    int64_t ends_ms;
    bool has_cert;
};

struct tls {
    struct tls_context *c;
    SSL *ssl;
    struct tls_wire wire;
    int wire_error; /* the last that the wire said, negative errno; 0: its end */
    bool up, broken;
    struct tls_doubt doubt;
    char server_name[256];
};

enum { MOST_CERTIFICATES = 2000 }; /* a machine trusts about 150 */

/* ---- the wire ---- */

static int wire_result(BIO *bio, struct tls *t, ptrdiff_t n, int retry_flag)
{
    const struct tls_library *l = t->c->l;
    l->BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
    if (n > 0)
        return (int)n;
    t->wire_error = (int)n;
    if (n == -EAGAIN)
        l->BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY);
    return n == 0 ? 0 : -1;
}

/* OpenSSL hands no context to create(), so the library stands in the connection. */
static struct tls *wire_of(BIO *bio)
{
    const struct tls_library *l = NULL;
    if (tls_library_get(&l, NULL) < 0)
        return NULL;
    return l->BIO_get_data(bio);
}

static int wire_read(BIO *bio, char *p, int n)
{
    struct tls *t = wire_of(bio);
    return t ? wire_result(bio, t, t->wire.read(t->wire.ctx, p, (size_t)n), BIO_FLAGS_READ) : -1;
}

static int wire_write(BIO *bio, const char *p, int n)
{
    struct tls *t = wire_of(bio);
    return t ? wire_result(bio, t, t->wire.write(t->wire.ctx, p, (size_t)n), BIO_FLAGS_WRITE) : -1;
}

static long wire_ctrl(BIO *bio UNUSED, int cmd, long arg UNUSED, void *p UNUSED)
{
    return cmd == BIO_CTRL_FLUSH ? 1 : 0;
}

static int make_method(struct tls_context *c)
{
    const struct tls_library *l = c->l;
    c->method = l->BIO_meth_new(BIO_TYPE_SOURCE_SINK | 100, "wire");
    return c->method && l->BIO_meth_set_read(c->method, wire_read) &&
                   l->BIO_meth_set_write(c->method, wire_write) &&
                   l->BIO_meth_set_ctrl(c->method, wire_ctrl)
               ? 0
               : -ENOMEM;
}

/* ---- certificates ---- */

static int no_memory(struct err *e)
{
    return err_set(e, ENOMEM, "out of memory");
}

/* Whether what just failed is for want of memory; OpenSSL's errors are forgotten. */
static bool is_memory(const struct tls_library *l)
{
    unsigned long code;
    bool memory = tls_library_lacked_memory();
    while ((code = l->ERR_get_error()))
        memory = memory || ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
    return memory;
}

static int trust(struct tls_context *c, X509 *cert, int index UNUSED)
{
    return c->l->X509_STORE_add_cert(c->l->SSL_CTX_get_cert_store(c->ctx), cert) == 1 ? 0 : -ENOMEM;
}

/* Calls use() with each certificate of a PEM text. Returns how many, or negative. Of authorities those
 * that cannot be read are passed over, as in Go (x509.CertPool.AppendCertsFromPEM). */
static int each_certificate(struct tls_context *c, struct str pem, struct str name,
                            int (*use)(struct tls_context *c, X509 *cert, int index), struct err *e)
{
    const struct tls_library *l = c->l;
    int count = 0, bad = 0, r = 0;
    BIO *bio = l->BIO_new_mem_buf(pem.p, (int)MIN(pem.n, (size_t)INT32_MAX));
    if (!bio)
        return no_memory(e);
    bool at_end = false, memory = false;
    while (r == 0 && !at_end && !memory && count + bad < MOST_CERTIFICATES) {
        X509 *cert = l->PEM_read_bio_X509(bio, NULL, NULL, NULL);
        if (cert) {
            r = use(c, cert, count++);
            l->X509_free(cert);
            continue;
        }
        unsigned long code = l->ERR_peek_last_error();
        at_end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
        bad += !at_end;
        memory = is_memory(l);
    }
    l->BIO_free(bio);
    if (memory || r < 0)
        return no_memory(e);
    if ((bad && use != trust) || count == 0)
        return err_set(e, EINVAL, STR_FMT ": %s", STR_ARG(name),
                       bad ? "one of its certificates cannot be read"
                           : "there is no PEM certificate in it");
    return count;
}

static int show(struct tls_context *c, X509 *cert, int index)
{
    const struct tls_library *l = c->l;
    if (index > 0)
        return l->SSL_CTX_ctrl(c->ctx, SSL_CTRL_CHAIN_CERT, 1, cert) == 1 ? 0 : -ENOMEM;
    c->ends_ms = tls_time_ms(l, l->X509_get0_notAfter(cert));
    return l->SSL_CTX_use_certificate(c->ctx, cert) == 1 ? 0 : -ENOMEM;
}

/* Encrypted keys are not supported, as in kubectl. */
static int no_password(char *p UNUSED, int n UNUSED, int writes UNUSED, void *ctx)
{
    *(bool *)ctx = true;
    return -1;
}

static int load_key(struct tls_context *c, const struct tls_settings *s, struct err *e)
{
    const struct tls_library *l = c->l;
    bool encrypted = false;
    BIO *bio = l->BIO_new_mem_buf(s->key_pem.p, (int)s->key_pem.n);
    if (!bio)
        return no_memory(e);
    EVP_PKEY *key = l->PEM_read_bio_PrivateKey(bio, NULL, no_password, &encrypted);
    l->BIO_free(bio);
    if (!key)
        return is_memory(l)
                   ? no_memory(e)
                   : err_set(e, EINVAL, STR_FMT ": the private key %s", STR_ARG(s->cert_name),
                             encrypted ? "is encrypted; kubectl cannot use it either"
                                       : "is no PEM key");
    int ok = l->SSL_CTX_use_PrivateKey(c->ctx, key);
    l->EVP_PKEY_free(key);
    if (ok == 1 && l->SSL_CTX_check_private_key(c->ctx) == 1)
        return 0;
    return is_memory(l) ? no_memory(e)
                        : err_set(e, EINVAL, STR_FMT ": certificate and key do not belong together",
                                  STR_ARG(s->cert_name));
}

static int load_own(struct tls_context *c, const struct tls_settings *s, struct err *e)
{
    if (str_empty(s->cert_pem))
        return 0;
    if (str_empty(s->key_pem))
        return err_set(e, EINVAL, STR_FMT ": a certificate without its key", STR_ARG(s->cert_name));
    int r = each_certificate(c, s->cert_pem, s->cert_name, show, e);
    c->has_cert = true;
    return r < 0 ? r : load_key(c, s, e);
}

/* As Go looks for them (crypto/x509, root_linux.go). */
static int trust_machine(struct tls_context *c, struct err *e)
{
    static const char *const files[] = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/tls/cacert.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/cert.pem",
    };
    const char *file = getenv("SSL_CERT_FILE"), *folder = getenv("SSL_CERT_DIR");
    for (size_t i = 0; !(file && *file) && i < ARRAY_LEN(files); i++)
        if (access(files[i], R_OK) == 0)
            file = files[i];
    file = file && *file ? file : NULL;
    folder = folder && *folder ? folder : NULL;
    snprintf(c->ca_name, sizeof(c->ca_name), "%s%s",
             file     ? file
             : folder ? folder
                      : "",
             file || folder ? "" : "the machine's list of authorities, which is empty");
    if (!file && !folder)
        return 0;
    if (c->l->SSL_CTX_load_verify_locations(c->ctx, file, folder) == 1)
        return 0;
    return is_memory(c->l)
               ? no_memory(e)
               : err_set(e, EINVAL, "%s: there is no PEM certificate in it", c->ca_name);
}

/* ---- contexts ---- */

/* Called for each certificate of the chain, and where something is wrong with it. */
static int verify(int ok, X509_STORE_CTX *store)
{
    const struct tls_library *l = NULL;
    if (ok || tls_library_get(&l, NULL) < 0)
        return ok;
    SSL *ssl = l->X509_STORE_CTX_get_ex_data(store, l->SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls *t = l->SSL_get_ex_data(ssl, 0);
    if (t)
        tls_doubt_note(l, store, &t->doubt);
    return 0;
}

static int load_trust(struct tls_context *c, const struct tls_settings *s, struct err *e)
{
    const struct tls_library *l = c->l;
    l->SSL_CTX_set_verify(c->ctx, s->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                          s->insecure ? NULL : verify);
    if (s->insecure)
        return 0;
    if (str_empty(s->ca_pem))
        return trust_machine(c, e);
    snprintf(c->ca_name, sizeof(c->ca_name), STR_FMT, STR_ARG(s->ca_name));
    int r = each_certificate(c, s->ca_pem, s->ca_name, trust, e);
    return r < 0 ? r : 0;
}

static int set_up(struct tls_context *c, const struct tls_settings *s, struct err *e)
{
    static const unsigned char http11[] = "\x08http/1.1";
    /* As Go offers them (crypto/tls, cipher_suites.go): the last four for old load balancers. */
    static const char ciphers[] =
        "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:"
        "ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA";
    const struct tls_library *l = c->l;
    if (make_method(c) < 0)
        return no_memory(e);
    c->ctx = l->SSL_CTX_new(l->TLS_client_method());
    if (!c->ctx)
        return no_memory(e);
    l->SSL_CTX_ctrl(c->ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL);
    l->SSL_CTX_ctrl(c->ctx, SSL_CTRL_MODE,
                    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                        SSL_MODE_RELEASE_BUFFERS,
                    NULL);
    l->SSL_CTX_set_options(c->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    if (l->SSL_CTX_set_cipher_list(c->ctx, ciphers) != 1 ||
        l->SSL_CTX_set_alpn_protos(c->ctx, http11, sizeof(http11) - 1) != 0)
        return no_memory(e);
    int r = load_trust(c, s, e);
    return r < 0 ? r : load_own(c, s, e);
}

int tls_context_new(const struct tls_settings *s, struct tls_context **ret, struct err *e)
{
    const struct tls_library *l;
    int r = tls_library_get(&l, e);
    if (r < 0)
        return r;
    struct tls_context *c = mem_calloc(1, sizeof(*c));
    tls_library_forget();
    atomic_init(&c->users, 1);
    c->l = l;
    c->ends_ms = INT64_MAX;
    l->ERR_clear_error();
    r = set_up(c, s, e);
    if (r < 0) {
        tls_context_free(c);
        return r;
    }
    *ret = c;
    return 0;
}

struct tls_context *tls_context_ref(struct tls_context *c)
{
    atomic_fetch_add(&c->users, 1);
    return c;
}

void tls_context_free(struct tls_context *c)
{
    if (!c || atomic_fetch_sub(&c->users, 1) > 1)
        return;
    c->l->SSL_CTX_free(c->ctx);
    c->l->BIO_meth_free(c->method);
    c->l->ERR_clear_error();
    mem_free(c);
}

int64_t tls_context_ends_ms(const struct tls_context *c)
{
    return c->ends_ms;
}

/* ---- connections ---- */

static int set_name(struct tls *t)
{
    const struct tls_library *l = t->c->l;
    X509_VERIFY_PARAM *param = l->SSL_get0_param(t->ssl);
    unsigned char room[sizeof(struct in6_addr)];
    bool is_address = inet_pton(AF_INET, t->server_name, room) == 1 ||
                      inet_pton(AF_INET6, t->server_name, room) == 1;
    /* As in Go, any certificate that we were given is an end of the chain, names are those of
     * subjectAltName alone, and a wildcard is a whole label. */
    l->X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    l->X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address)
        return l->X509_VERIFY_PARAM_set1_ip_asc(param, t->server_name) == 1 ? 0 : -ENOMEM;
    bool ok = l->SSL_ctrl(t->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                          t->server_name) == 1;
    return ok && l->X509_VERIFY_PARAM_set1_host(param, t->server_name, 0) == 1 ? 0 : -ENOMEM;
}

int tls_new(struct tls_context *c, struct str server_name, const struct tls_wire *wire,
            struct tls **ret, struct err *e)
{
    const struct tls_library *l = c->l;
    if (server_name.n >= sizeof((*ret)->server_name))
        return err_set(e, EINVAL, "a server name of %zu characters", server_name.n);
    struct tls *t = mem_calloc(1, sizeof(*t));
    t->c = tls_context_ref(c);
    t->wire = *wire;
    bool dot = server_name.n > 1 && server_name.p[server_name.n - 1] == '.'; /* the root's */
    memcpy(t->server_name, server_name.p, server_name.n - dot);
    l->ERR_clear_error();
    t->ssl = l->SSL_new(c->ctx);
    BIO *bio = t->ssl ? l->BIO_new(c->method) : NULL;
    if (!bio || l->SSL_set_ex_data(t->ssl, 0, t) != 1 || set_name(t) < 0) {
        l->BIO_free(bio);
        tls_free(t);
        return no_memory(e);
    }
    l->BIO_set_data(bio, t);
    l->BIO_set_init(bio, 1);
    l->SSL_set_bio(t->ssl, bio, bio);
    *ret = t;
    return 0;
}

void tls_free(struct tls *t)
{
    if (!t)
        return;
    if (t->up && !t->broken)
        t->c->l->SSL_shutdown(t->ssl);
    t->c->l->SSL_free(t->ssl);
    t->c->l->ERR_clear_error();
    tls_context_free(t->c);
    mem_free(t);
}

/* Our certificate was refused: if its time is over, that is why. */
static int add_end(const struct tls_context *c, struct err *e)
{
    struct buf text CLEANUP(buf_done) = {0};
    if (c->ends_ms > clock_unix_ms())
        return -EKEYREJECTED;
    buf_init(&text, 512);
    buf_printf(&text, "%s (it ended on ", e ? e->msg : "");
    text_add_time(&text, c->ends_ms);
    return err_set(e, EKEYREJECTED, STR_FMT ")", STR_ARG(buf_str(&text)));
}

/* What a call that returned `result` <= 0 means. */
static int judge(struct tls *t, int result, const char *doing, struct err *e)
{
    const struct tls_library *l = t->c->l;
    int what = l->SSL_get_error(t->ssl, result);
    if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE)
        return -EAGAIN;
    if (what == SSL_ERROR_ZERO_RETURN)
        return 0;
    t->broken = true;
    if (tls_library_lacked_memory())
        return no_memory(e);
    unsigned long code = l->ERR_peek_last_error();
    bool cut = ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    if (code && !cut) {
        int r = tls_error_say(l, t->c->has_cert, doing, e);
        return r == -EKEYREJECTED ? add_end(t->c, e) : r;
    }
    l->ERR_clear_error();
    if (t->wire_error && t->wire_error != -EAGAIN)
        return err_set(e, -t->wire_error, "%s", strerror(-t->wire_error));
    return err_set(e, ECONNRESET, "%s: the server ended the connection", doing);
}

static void begin_call(const struct tls_library *l)
{
    l->ERR_clear_error();
    tls_library_forget();
}

int tls_handshake(struct tls *t, struct err *e)
{
    const struct tls_library *l = t->c->l;
    begin_call(l);
    int n = l->SSL_connect(t->ssl);
    if (n == 1) {
        t->up = true;
        return 0;
    }
    if (t->doubt.code && !tls_library_lacked_memory()) {
        t->broken = true;
        l->ERR_clear_error();
        int said = tls_doubt_say(&t->doubt, str_of(t->server_name), str_of(t->c->ca_name), e);
        return said ? said
                    : err_set(e, EKEYREJECTED, "the certificate of \"%s\" is not valid: %s",
                              t->doubt.subject, l->X509_verify_cert_error_string(t->doubt.code));
    }
    int r = judge(t, n, "TLS", e);
    return r ? r : err_set(e, ECONNRESET, "TLS: the server ended the connection");
}

ptrdiff_t tls_read(struct tls *t, void *p, size_t n, struct err *e)
{
    begin_call(t->c->l);
    int got = t->c->l->SSL_read(t->ssl, p, (int)MIN(n, (size_t)1 << 30));
    return got > 0 ? got : judge(t, got, "TLS", e);
}

ptrdiff_t tls_write(struct tls *t, const void *p, size_t n, struct err *e)
{
    begin_call(t->c->l);
    int put = t->c->l->SSL_write(t->ssl, p, (int)MIN(n, (size_t)1 << 30));
    if (put > 0)
        return put;
    int r = judge(t, put, "TLS", e);
    return r ? r : err_set(e, ECONNRESET, "TLS: the server ended the connection");
}
