/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL's verdicts and alerts, said so that one knows which file, clock or name to look at.
 */
#include "base/tls_words.h"

#include <arpa/inet.h>
#include <time.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/wait.h"

/* ---- certificates ---- */

int64_t tls_time_ms(const struct tls_library *l, const ASN1_TIME *t)
{
    struct tm tm;
    if (!t || l->ASN1_TIME_to_tm(t, &tm) != 1)
        return 0;
    return (int64_t)timegm(&tm) * 1000;
}

void tls_time_text(const struct tls_library *l, const ASN1_TIME *t, char *p, size_t n)
{
    struct tm tm;
    if (!t || l->ASN1_TIME_to_tm(t, &tm) != 1 || strftime(p, n, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(p, n, "?");
}

/* The common name, else all of it. */
static void name_text(const struct tls_library *l, const X509_NAME *name, char *p, size_t n)
{
    if (l->X509_NAME_get_text_by_NID(name, NID_commonName, p, (int)n) <= 0)
        l->X509_NAME_oneline(name, p, (int)n);
}

static void add_name(char *p, size_t n, const char *text, int length)
{
    size_t used = strlen(p);
    if (used + (size_t)length + 8 > n) {
        if (used + 5 < n && (used < 3 || strcmp(p + used - 3, "...") != 0))
            snprintf(p + used, n - used, ", ...");
        return;
    }
    snprintf(p + used, n - used, "%s%.*s", used ? ", " : "", length, text);
}

/* An address that was put into the certificate as a name is none: "DNS:10.0.0.1". */
static void add_dns(char *p, size_t n, const char *name, int length)
{
    char text[INET6_ADDRSTRLEN + 8], room[sizeof(struct in6_addr)];
    if (length < INET6_ADDRSTRLEN) {
        int dns = snprintf(text, sizeof(text), "DNS:%.*s", length, name);
        if (inet_pton(AF_INET, text + 4, room) == 1 || inet_pton(AF_INET6, text + 4, room) == 1)
            return add_name(p, n, text, dns);
    }
    add_name(p, n, name, length);
}

static void note_names(const struct tls_library *l, const X509 *cert, char *p, size_t n)
{
    GENERAL_NAMES *names = l->X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    const OPENSSL_STACK *stack = (const OPENSSL_STACK *)names;
    for (int i = 0; names && i < l->OPENSSL_sk_num(stack); i++) {
        const GENERAL_NAME *name = l->OPENSSL_sk_value(stack, i);
        const ASN1_STRING *s = name->d.ia5;
        char address[INET6_ADDRSTRLEN];
        if (name->type != GEN_DNS && name->type != GEN_IPADD)
            continue;
        const unsigned char *bytes = l->ASN1_STRING_get0_data(s);
        int length = l->ASN1_STRING_length(s);
        if (name->type == GEN_DNS)
            add_dns(p, n, (const char *)bytes, length);
        else if ((length == 4 || length == 16) && /* others' certificates may say anything */
                 inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, address, sizeof(address)))
            add_name(p, n, address, (int)strlen(address));
    }
    l->GENERAL_NAMES_free(names);
}

void tls_doubt_note(const struct tls_library *l, X509_STORE_CTX *store, struct tls_doubt *d)
{
    const X509 *cert = l->X509_STORE_CTX_get_current_cert(store);
    if (d->code)
        return;
    d->code = l->X509_STORE_CTX_get_error(store);
    d->depth = l->X509_STORE_CTX_get_error_depth(store);
    if (!cert)
        return;
    bool early = d->code == X509_V_ERR_CERT_NOT_YET_VALID;
    name_text(l, l->X509_get_subject_name(cert), d->subject, sizeof(d->subject));
    name_text(l, l->X509_get_issuer_name(cert), d->issuer, sizeof(d->issuer));
    tls_time_text(l, early ? l->X509_get0_notBefore(cert) : l->X509_get0_notAfter(cert), d->when,
                  sizeof(d->when));
    note_names(l, cert, d->names, sizeof(d->names));
}

static int say_time(const struct tls_doubt *d, const char *whose, const char *what, struct err *e)
{
    struct buf now CLEANUP(buf_done);
    buf_init(&now, 64);
    text_add_time(&now, clock_unix_ms());
    return err_set(e, EKEYREJECTED, "%s is not valid: it %s on %s, and it is " STR_FMT " here",
                   whose, what, d->when, STR_ARG(buf_str(&now)));
}

static int say_unfit(const struct tls_doubt *d, const char *whose, struct err *e)
{
    static const struct {
        int code;
        const char *words;
    } reasons[] = {
        {X509_V_ERR_EE_KEY_TOO_SMALL, "its key is too weak (RSA of less than 2048 bits?)"},
        {X509_V_ERR_CA_KEY_TOO_SMALL, "its key is too weak (RSA of less than 2048 bits?)"},
        {X509_V_ERR_CA_MD_TOO_WEAK, "it is signed with a hash that is too weak (SHA-1?)"},
        {X509_V_ERR_INVALID_PURPOSE, "it is not made for this (keyUsage, extendedKeyUsage)"},
        {X509_V_ERR_INVALID_CA, "it may not sign others (basicConstraints, keyUsage), and does"},
        {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "it may not sign certificates (keyUsage)"},
        {X509_V_ERR_PERMITTED_VIOLATION, "the authority above it may not sign for its name"},
        {X509_V_ERR_EXCLUDED_VIOLATION, "the authority above it may not sign for its name"},
        {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "it has a critical extension that is unknown"},
    };
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].code == d->code)
            return err_set(e, EKEYREJECTED, "%s is not valid: %s", whose, reasons[i].words);
    return 0;
}

int tls_doubt_say(const struct tls_doubt *d, struct str server_name, struct str ca_name,
                  struct err *e)
{
    char whose[160] = "the server's certificate";
    if (d->depth > 0)
        snprintf(whose, sizeof(whose), "the certificate of the authority \"%s\"", d->subject);
    switch (d->code) {
    case X509_V_ERR_OUT_OF_MEM:
        return err_set(e, ENOMEM, "out of memory");
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return say_time(d, whose, "expired", e);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return say_time(d, whose, "begins", e);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        if (!d->names[0])
            return err_set(
                e, EKEYREJECTED,
                "the server's certificate names no host at all, so it is not for " STR_FMT,
                STR_ARG(server_name));
        return err_set(e, EKEYREJECTED,
                       "the server's certificate is not for " STR_FMT " but for %s",
                       STR_ARG(server_name), d->names);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return err_set(e, EKEYREJECTED,
                       "the server's certificate is signed by itself, and " STR_FMT
                       " does not hold it",
                       STR_ARG(ca_name));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return err_set(
            e, EKEYREJECTED,
            "the server's certificate is signed by \"%s\", an authority that is not in " STR_FMT,
            d->issuer, STR_ARG(ca_name));
    default:
        return say_unfit(d, whose, e);
    }
}

/* ---- the connection ---- */

struct reason {
    int code;
    const char *words;
};

/* Alerts of the server about our certificate, or its lack (RFC 8446, section 6). */
static const struct reason about_us[] = {
    {SSL_AD_BAD_CERTIFICATE, "it is broken"},
    {SSL_AD_UNSUPPORTED_CERTIFICATE, "its kind is not supported"},
    {SSL_AD_CERTIFICATE_REVOKED, "it is revoked"},
    {SSL_AD_CERTIFICATE_EXPIRED, "it has expired"},
    {SSL_AD_CERTIFICATE_UNKNOWN, "it is not accepted"},
    {SSL_AD_UNKNOWN_CA, "its authority is not known there"},
    {SSL_AD_DECRYPT_ERROR, "its signature does not fit"},
};

static const struct reason about_protocol[] = {
    {SSL_R_WRONG_VERSION_NUMBER, "the server does not speak TLS: does its URL begin with http://?"},
    {SSL_R_HTTP_REQUEST, "the server does not speak TLS: does its URL begin with http://?"},
    {SSL_R_PACKET_LENGTH_TOO_LONG, "the server does not speak TLS, or what came is garbled"},
    {SSL_R_RECORD_LENGTH_MISMATCH, "what came is no TLS"},
    {SSL_R_UNSUPPORTED_PROTOCOL, "the server speaks no TLS 1.2 or later"},
    {SSL_R_UNEXPECTED_EOF_WHILE_READING, "the server ended the connection"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "what came was altered on the way"},
    {SSL_AD_REASON_OFFSET + SSL_AD_PROTOCOL_VERSION, "the server speaks no TLS 1.2 or later"},
    {SSL_AD_REASON_OFFSET + SSL_AD_HANDSHAKE_FAILURE,
     "the server refuses all ciphers that we offer, or wants a client certificate"},
    {SSL_AD_REASON_OFFSET + SSL_AD_UNRECOGNIZED_NAME, "the server does not know this name"},
    {SSL_AD_REASON_OFFSET + SSL_AD_NO_APPLICATION_PROTOCOL,
     "the server speaks HTTP/2 only; HTTP/1.1 is needed"},
    {SSL_AD_REASON_OFFSET + TLS13_AD_CERTIFICATE_REQUIRED,
     "the server wants a client certificate, and the kubeconfig has none"},
};

static const char *find_reason(const struct reason *list, size_t count, int code)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].code == code)
            return list[i].words;
    return NULL;
}

int tls_error_say(const struct tls_library *l, bool has_cert, const char *doing, struct err *e)
{
    unsigned long code = l->ERR_peek_last_error();
    int reason = ERR_GET_REASON(code);
    l->ERR_clear_error();
    if (reason == ERR_R_MALLOC_FAILURE)
        return err_set(e, ENOMEM, "out of memory");
    const char *words = find_reason(about_us, ARRAY_LEN(about_us), reason - SSL_AD_REASON_OFFSET);
    if (words && has_cert)
        return err_set(e, EKEYREJECTED, "the server refuses our client certificate: %s", words);
    words = find_reason(about_protocol, ARRAY_LEN(about_protocol), reason);
    if (words)
        return err_set(e, EPROTO, "%s: %s", doing, words);
    words = code ? l->ERR_reason_error_string(code) : NULL;
    return err_set(e, EPROTO, "%s: %s", doing, words ? words : "the connection ended");
}
