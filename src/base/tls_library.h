/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL 3, loaded when the first connection needs it: mapping and relocating it takes longer than
 * a whole `plimsoll check` of a small file. The static program has it inside. Only base/tls*.c
 * includes this.
 */
#ifndef BASE_TLS_LIBRARY_H
#define BASE_TLS_LIBRARY_H

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/err.h"

/* All that we call. */
#define TLS_LIBSSL(F)                     \
    F(OPENSSL_init_ssl)                   \
    F(SSL_CTX_check_private_key)          \
    F(SSL_CTX_ctrl)                       \
    F(SSL_CTX_free)                       \
    F(SSL_CTX_get_cert_store)             \
    F(SSL_CTX_load_verify_locations)      \
    F(SSL_CTX_new)                        \
    F(SSL_CTX_set_alpn_protos)            \
    F(SSL_CTX_set_cipher_list)            \
    F(SSL_CTX_set_options)                \
    F(SSL_CTX_set_verify)                 \
    F(SSL_CTX_use_PrivateKey)             \
    F(SSL_CTX_use_certificate)            \
    F(SSL_connect)                        \
    F(SSL_free)                           \
    F(SSL_get0_param)                     \
    F(SSL_get_error)                      \
    F(SSL_get_ex_data)                    \
    F(SSL_get_ex_data_X509_STORE_CTX_idx) \
    F(SSL_ctrl)                           \
    F(SSL_new)                            \
    F(SSL_read)                           \
    F(SSL_set_bio)                        \
    F(SSL_set_ex_data)                    \
    F(SSL_shutdown)                       \
    F(SSL_write)                          \
    F(TLS_client_method)
#define TLS_LIBCRYPTO(F)               \
    F(ASN1_STRING_get0_data)           \
    F(ASN1_STRING_length)              \
    F(ASN1_TIME_to_tm)                 \
    F(BIO_clear_flags)                 \
    F(BIO_free)                        \
    F(BIO_get_data)                    \
    F(BIO_meth_free)                   \
    F(BIO_meth_new)                    \
    F(BIO_meth_set_ctrl)               \
    F(BIO_meth_set_read)               \
    F(BIO_meth_set_write)              \
    F(BIO_new)                         \
    F(BIO_new_mem_buf)                 \
    F(BIO_set_data)                    \
    F(BIO_set_flags)                   \
    F(BIO_set_init)                    \
    F(CRYPTO_set_mem_functions)        \
    F(ERR_clear_error)                 \
    F(ERR_get_error)                   \
    F(ERR_peek_last_error)             \
    F(ERR_reason_error_string)         \
    F(EVP_PKEY_free)                   \
    F(GENERAL_NAMES_free)              \
    F(OPENSSL_sk_num)                  \
    F(OPENSSL_sk_value)                \
    F(PEM_read_bio_PrivateKey)         \
    F(PEM_read_bio_X509)               \
    F(SHA1)                            \
    F(X509_NAME_get_text_by_NID)       \
    F(X509_NAME_oneline)               \
    F(X509_STORE_CTX_get_current_cert) \
    F(X509_STORE_CTX_get_error)        \
    F(X509_STORE_CTX_get_error_depth)  \
    F(X509_STORE_CTX_get_ex_data)      \
    F(X509_STORE_add_cert)             \
    F(X509_VERIFY_PARAM_set1_host)     \
    F(X509_VERIFY_PARAM_set1_ip_asc)   \
    F(X509_VERIFY_PARAM_set_flags)     \
    F(X509_VERIFY_PARAM_set_hostflags) \
    F(X509_free)                       \
    F(X509_get0_notAfter)              \
    F(X509_get0_notBefore)             \
    F(X509_get_ext_d2i)                \
    F(X509_get_issuer_name)            \
    F(X509_get_subject_name)           \
    F(X509_verify_cert_error_string)

/* One member per function, of its name. */
#define TLS_MEMBER(name) __typeof__(&name) name;
struct tls_library {
    TLS_LIBSSL(TLS_MEMBER)
    TLS_LIBCRYPTO(TLS_MEMBER)
};

/* Loads it once; later calls give the same. -ENOENT: it is not installed. */
int tls_library_get(const struct tls_library **ret, struct err *e) MUST_USE;

/* Whether an allocation of OpenSSL in this thread has failed since tls_library_forget(): it then reports
 * anything, from an internal error to a certificate that it does not trust. */
void tls_library_forget(void);
bool tls_library_lacked_memory(void);

#endif
