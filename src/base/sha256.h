/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 (FIPS 180-4), for fingerprints. Not meant for secrets: it makes no attempt to run in
 * constant time or to wipe its state.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include "base/str.h"

struct sha256 {
    uint32_t h[8];
    uint64_t bytes;
    unsigned char block[64];
};

enum { SHA256_HEX = 65 }; /* 64 digits and the NUL */

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *p, size_t n);
/* Ends it: the digest as lower-case hexadecimal digits. */
void sha256_hex(struct sha256 *s, char ret[SHA256_HEX]);

#endif
