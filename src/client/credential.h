/* SPDX-License-Identifier: Apache-2.0
 *
 * Who we are: the Authorization header, the client certificate, and whom we trust. As client-go: a
 * token (its file is read again each minute), else a user and password, else what a credential
 * plug-in gives, which is asked again when that has expired. Files of certificates are read again every
 * five minutes; what cannot be used then leaves what was read before.
 */
#ifndef CLIENT_CREDENTIAL_H
#define CLIENT_CREDENTIAL_H

#include "base/buf.h"
#include "base/tls.h"
#include "base/wait.h"
#include "client/kubeconfig.h"

struct credential;
/* config outlives it. no_exec: plug-ins are refused. */
struct credential *credential_new(const struct kubeconfig *config,
                                  bool no_exec) MUST_USE RETURNS_NONNULL;
void credential_free(struct credential *c);

struct credential_now {
    struct str authorization; /* the whole header's value, in the arena given; absent: none */
    struct tls_context *tls;  /* ours until credential_now_done() */
    unsigned generation;      /* changes with the certificates */
};
void credential_now_done(struct credential_now *now);
enum credential_use {
    CREDENTIAL_NONE, /* a server that is asked without TLS gets none */
    CREDENTIAL_TLS,  /* ... through a proxy that is spoken to in TLS */
    CREDENTIAL_ALL,
    CREDENTIAL_ANYBODY, /* all, for a server that may be anybody: its certificate is not verified */
};
/* May read files and run a plug-in; for any thread. *ret is to be done with even if memory ran out. */
int credential_get(struct credential *c, enum credential_use use, const struct wait *w,
                   struct arena *a, struct credential_now *ret, struct err *e) MUST_USE;
/* Whether there is anything but certificates that could be sent. */
bool credential_is_given(const struct credential *c);
/* The server did not accept what credential_get() gave. 1: there is something newer to try; 0: there is
 * not. */
int credential_renew(struct credential *c, const struct credential_now *refused,
                     const struct wait *w, struct err *e) MUST_USE;
/* The certificates did not do, ours or the server's. 1: their files hold others now. */
int credential_reread(struct credential *c);
/* What may be wrong with them, for the message of a 401: " (the client certificate expired on ...)", or "". */
void credential_add_doubt(struct credential *c, struct buf *b);

#endif
