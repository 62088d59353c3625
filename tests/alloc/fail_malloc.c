/* SPDX-License-Identifier: Apache-2.0
 *
 * A library to preload: makes the n-th allocation that libyaml asks for fail, which our own
 * allocation layer cannot do. Calls from other places pass.
 *
 *   FAIL_LIBYAML=N   the N-th call fails; N+ that one and all later ones; 0 none
 *   FAIL_LIBYAML_COUNT=FILE   each process adds the number of its calls
 *
 * Does not use base/: it must work before main() and in a process that is out of memory.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_realloc(void *p, size_t n);

static uintptr_t yaml_start, yaml_end; /* where libyaml's code is mapped */
static atomic_ulong calls;
static unsigned long fail_from;
static bool sticky;

static int find_yaml(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size;
    (void)arg;
    if (!strstr(info->dlpi_name, "libyaml"))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_LOAD || !(info->dlpi_phdr[i].p_flags & PF_X))
            continue;
        yaml_start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        yaml_end = yaml_start + info->dlpi_phdr[i].p_memsz;
    }
    return 1;
}

__attribute__((constructor)) static void read_environment(void)
{
    const char *n = getenv("FAIL_LIBYAML");
    char *rest = NULL;
    fail_from = n ? strtoul(n, &rest, 10) : 0;
    sticky = rest && *rest == '+';
    dl_iterate_phdr(find_yaml, NULL);
}

__attribute__((destructor)) static void report(void)
{
    const char *path = getenv("FAIL_LIBYAML_COUNT");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return;
    dprintf(fd, "%lu\n", atomic_load(&calls));
    close(fd);
}

/* yes/no: the allocation that returns to caller must fail. */
static bool must_fail(void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    if (at < yaml_start || at >= yaml_end)
        return false;
    unsigned long nth = atomic_fetch_add(&calls, 1) + 1;
    if (!fail_from || nth < fail_from || (nth > fail_from && !sticky))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t n)
{
    return must_fail(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *realloc(void *p, size_t n)
{
    return must_fail(__builtin_return_address(0)) ? NULL : __libc_realloc(p, n);
}

char *strdup(const char *s)
{
    size_t n = strlen(s) + 1;
    char *p = must_fail(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
    return p ? memcpy(p, s, n) : NULL;
}
