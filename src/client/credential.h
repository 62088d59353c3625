/* SPDX-License-Identifier: Apache-2.0
 *
 * Who we are: the Authorization header, the client certificate, and whom we trust. As client-go: a
 * token (its file is read again each minute), else a user and password, else what a credential
 * plug-in gives, which is asked again when that has expired.
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
    struct tls_context *tls;  /* lives as long as the credential */
    unsigned generation;      /* changes with tls */
};
enum credential_use {
    CREDENTIAL_NONE, /* a server that is asked without TLS gets none */
    CREDENTIAL_TLS,  /* ... through a proxy that is spoken to in TLS */
    CREDENTIAL_ALL,
};
/* May read files and run a plug-in; for any thread. */
int credential_get(struct credential *c, enum credential_use use, const struct wait *w,
                   struct arena *a, struct credential_now *ret, struct err *e) MUST_USE;
/* Whether there is anything but certificates that could be sent. */
bool credential_is_given(const struct credential *c);
/* The server did not accept what credential_get() gave. 1: there is something newer to try; 0: there is
 * not. */
int credential_renew(struct credential *c, const struct credential_now *refused,
                     const struct wait *w, struct err *e) MUST_USE;
/* A context that trusts anybody, with our certificate: for servers that are asked insecurely. */
int credential_insecure(struct credential *c, struct tls_context **ret, struct err *e) MUST_USE;
/* What may be wrong with them, for the message of a 401: " (the client certificate expired on ...)", or "". */
void credential_add_doubt(struct credential *c, struct buf *b);

#endif
