/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds OpenSSL's functions and gives it our allocation layer, so that the tests can make its
 * allocations fail like ours.
 */
#include "base/tls_library.h"

#include <dlfcn.h>
#include <pthread.h>

#include "base/alloc.h"

static struct tls_library library;
static struct err failure; /* why it cannot be had */

static _Thread_local bool lacked_memory;

void tls_library_forget(void)
{
    lacked_memory = false;
}

bool tls_library_lacked_memory(void)
{
    return lacked_memory;
}

static void *change(void *p, size_t n, const char *file UNUSED, int line UNUSED)
{
    void *q = mem_try_realloc(p, n);
    lacked_memory = lacked_memory || !q;
    return q;
}

static void *take(size_t n, const char *file, int line)
{
    return change(NULL, n, file, line);
}

static void give_back(void *p, const char *file UNUSED, int line UNUSED)
{
    mem_free(p);
}

#ifdef PLIMSOLL_STATIC

#define TLS_VALUE(name) .name = name,
static int find_functions(void)
{
    library = (struct tls_library){TLS_LIBSSL(TLS_VALUE) TLS_LIBCRYPTO(TLS_VALUE)};
    return 0;
}

#else

struct function {
    const char *name;
    size_t offset;
};
#define TLS_ROW(name) {#name, offsetof(struct tls_library, name)},
static const struct function libssl[] = {TLS_LIBSSL(TLS_ROW)};
static const struct function libcrypto[] = {TLS_LIBCRYPTO(TLS_ROW)};

static int find_all(const char *file, const struct function *functions, size_t count)
{
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return err_set(&failure, ENOENT, "TLS needs OpenSSL 3, which is not installed (%s): %s",
                       file, dlerror());
    for (size_t i = 0; i < count; i++) {
        void *at = dlsym(handle, functions[i].name);
        if (!at)
            return err_set(&failure, ENOENT, "TLS needs OpenSSL 3: %s has no %s", file,
                           functions[i].name);
        memcpy((char *)&library + functions[i].offset, &at, sizeof(at));
    }
    return 0;
}

static int find_functions(void)
{
    int r = find_all("libcrypto.so.3", libcrypto, ARRAY_LEN(libcrypto));
    return r < 0 ? r : find_all("libssl.so.3", libssl, ARRAY_LEN(libssl));
}

#endif

static void load(void)
{
    if (find_functions() < 0)
        return;
    library.CRYPTO_set_mem_functions(take, change, give_back);
    /* The machine's openssl.cnf is not read: what it loads may not be there for a static program. */
    if (library.OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        err_set(&failure, ENOMEM, "out of memory");
}

int tls_library_get(const struct tls_library **ret, struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (failure.code) {
        if (e)
            *e = failure;
        return -failure.code;
    }
    *ret = &library;
    return 0;
}
