/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's side of TLS 1.2 and 1.3 over a connection that never blocks: nothing here waits. Who
 * the server is, is checked against authorities and a name; each way in which that can fail has its
 * own sentence.
 */
#ifndef BASE_TLS_H
#define BASE_TLS_H

#include "base/err.h"

struct tls_settings {
    /* PEM certificates that are trusted. Absent: those of the machine ($SSL_CERT_FILE, $SSL_CERT_DIR, or
     * the usual places). */
    struct str ca_pem;
    struct str ca_name;           /* for messages: "certificate-authority of k.yaml" */
    bool insecure;                /* nothing is verified */
    struct str cert_pem, key_pem; /* ours, with its chain; absent: none */
    struct str cert_name;         /* for messages */
};

/* What connections share. Not changed once made, so threads can share it, too. */
struct tls_context;
/* -EINVAL: a certificate or key cannot be read, or they do not belong together. */
int tls_context_new(const struct tls_settings *s, struct tls_context **ret, struct err *e) MUST_USE;
/* One more user of it; each must free it. Connections are users, too. */
struct tls_context *tls_context_ref(struct tls_context *c);
void tls_context_free(struct tls_context *c); /* the last user ends it; NULL is fine */
/* When our own certificate ends, Unix milliseconds; INT64_MAX without one. */
int64_t tls_context_ends_ms(const struct tls_context *c);

/* The connection below; results as of recv() and send(), with -EAGAIN and other negative errnos. */
struct tls_wire {
    ptrdiff_t (*read)(void *ctx, void *p, size_t n);
    ptrdiff_t (*write)(void *ctx, const void *p, size_t n);
    void *ctx;
};

struct tls;
/* server_name: a host name or address; the certificate must be for it. */
int tls_new(struct tls_context *c, struct str server_name, const struct tls_wire *wire,
            struct tls **ret, struct err *e) MUST_USE;
void tls_free(struct tls *t); /* NULL is fine; says goodbye if the connection takes it at once */
/* 0: the connection is up. -EAGAIN: the wire must become ready first. -EKEYREJECTED: we do not trust the
 * server, or it does not trust us. */
int tls_handshake(struct tls *t, struct err *e) MUST_USE;
/* Bytes, 0 (the other side has ended the connection properly), -EAGAIN, or an error. An end without
 * TLS' own goodbye is -ECONNRESET. */
ptrdiff_t tls_read(struct tls *t, void *p, size_t n, struct err *e) MUST_USE;
/* After -EAGAIN the same bytes must be offered again. */
ptrdiff_t tls_write(struct tls *t, const void *p, size_t n, struct err *e) MUST_USE;

#endif
