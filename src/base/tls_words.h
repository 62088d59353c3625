/* SPDX-License-Identifier: Apache-2.0
 *
 * What went wrong in TLS, in words. Only base/tls.c includes this.
 */
#ifndef BASE_TLS_WORDS_H
#define BASE_TLS_WORDS_H

#include "base/tls_library.h"

/* The first thing that verification of a chain found wrong; plain memory, because it is filled in
 * the middle of OpenSSL. */
struct tls_doubt {
    int code; /* X509_V_ERR_...; 0: nothing */
    int depth;
    char subject[96], issuer[96], when[32];
    char names[160]; /* what the certificate is for */
};

void tls_doubt_note(const struct tls_library *l, X509_STORE_CTX *store, struct tls_doubt *d);
/* -EKEYREJECTED. ca_name: whom we trust. */
int tls_doubt_say(const struct tls_doubt *d, struct str server_name, struct str ca_name,
                  struct err *e);
/* From OpenSSL's queue of errors, which is empty afterwards. has_cert: we have shown one. */
int tls_error_say(const struct tls_library *l, bool has_cert, const char *doing, struct err *e);
/* "2026-11-20T08:00:00Z"; "?" if it cannot be read. */
void tls_time_text(const struct tls_library *l, const ASN1_TIME *t, char *p, size_t n);
int64_t tls_time_ms(const struct tls_library *l, const ASN1_TIME *t);

#endif
