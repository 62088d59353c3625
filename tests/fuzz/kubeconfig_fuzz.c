/* SPDX-License-Identifier: Apache-2.0
 *
 * A kubeconfig, once alone and once merged with itself: what is read must be the same, and a secret of
 * it may stand in no message.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "client/kubeconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool in_secret_only; /* where the word CANARY stands in the input */

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static int read_paths(struct str paths, struct arena *a, struct kubeconfig *ret)
{
    struct kubeconfig_env env = {.kubeconfig = paths, .home = STR("/nonexistent")};
    struct kubeconfig_choice choice = {0};
    struct err e = {0};
    int r = kubeconfig_read(&choice, &env, a, ret, &e);
    require(r <= 0 && (r == 0 || (r == -e.code && e.msg[0])));
    require(!in_secret_only || !strstr(e.msg, "CANARY"));
    return r;
}

/* Whether what stands before a value is the key of a secret. */
static bool is_secret(struct str before)
{
    static const char *const keys[] = {"token:", "password:", "client-key-data:", "value:"};
    struct str key = str_trim(before);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (str_is(key, keys[i]))
            return true;
    return false;
}

/* The fuzzer puts the word also where a message may show it, such as into the name of a context. */
static bool is_in_secret_only(struct str text)
{
    for (size_t i = 0, begin = 0; i < text.n; i++) {
        if (text.p[i] == '\n' || text.p[i] == '{' || text.p[i] == ',')
            begin = i + 1;
        if (str_starts(str_sub(text, i, text.n), "CANARY") && !is_secret(str_sub(text, begin, i)))
            return false;
    }
    return true;
}

static void require_same(struct str x, struct str y)
{
    require(str_eq(x, y));
}

struct input {
    int fd;
    struct arena a;
};

static int run(void *arg)
{
    struct input *in = arg;
    char once[64], twice[128];
    struct kubeconfig one = {0}, two = {0};
    snprintf(once, sizeof(once), "/proc/self/fd/%d", in->fd);
    snprintf(twice, sizeof(twice), "%s:/dev/fd/%d", once, in->fd);
    int r = read_paths(str_of(once), &in->a, &one);
    require(read_paths(str_of(twice), &in->a, &two) == r);
    if (r < 0)
        return 0;
    require_same(one.server, two.server);
    require_same(one.token, two.token);
    require_same(one.ns, two.ns);
    require_same(one.cert_pem, two.cert_pem);
    require((one.exec != NULL) == (two.exec != NULL));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {.fd = memfd_create("kubeconfig", 0)};
    if (size > (1 << 16) || in.fd < 0)
        return 0;
    require(write(in.fd, data, size) == (ssize_t)size);
    in_secret_only = is_in_secret_only((struct str){(const char *)data, size});
    arena_init(&in.a);
    require(mem_protect(run, &in) == 0);
    arena_done(&in.a);
    close(in.fd);
    return 0;
}
