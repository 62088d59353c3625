/* SPDX-License-Identifier: Apache-2.0
 *
 * Puts an anonymous file in the place of standard input.
 */
#include "source/standard_input.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

static int failed(struct err *e)
{
    int code = errno;
    return err_set(e, code, "cannot keep standard input: %s", strerror(code));
}

static int copy(int from, int to)
{
    char part[1 << 16];
    for (;;) {
        ssize_t n = read(from, part, sizeof(part));
        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || fd_write_all(to, (struct str){part, (size_t)n}) < 0)
            return -errno;
    }
}

/* fd becomes standard input, at its beginning. */
static int install(int fd)
{
    if (lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, STDIN_FILENO) < 0)
        return -errno;
    close(fd);
    return 0;
}

static int read_back(off_t size, struct arena *a, struct str *ret)
{
    char *p = arena_text(a, (size_t)size + 1);
    ssize_t n = 0;
    for (off_t at = 0; at < size; at += n) {
        n = pread(STDIN_FILENO, p + at, (size_t)(size - at), at);
        if (n <= 0)
            return -EIO;
    }
    *ret = (struct str){p, (size_t)size};
    return 0;
}

int standard_input_keep(size_t max_bytes, struct arena *a, struct str *ret, struct err *e)
{
    int fd = memfd_create("standard input", MFD_CLOEXEC);
    *ret = STR_NONE;
    if (fd < 0 || copy(STDIN_FILENO, fd) < 0)
        return failed(e);
    off_t size = lseek(fd, 0, SEEK_END);
    if (size < 0 || install(fd) < 0)
        return failed(e);
    if ((size_t)size <= max_bytes && read_back(size, a, ret) < 0)
        return failed(e);
    return 0;
}

int standard_input_spool(struct err *e)
{
    struct stat st;
    if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode))
        return 0;
    const char *folder = getenv("TMPDIR");
    int fd = open(folder && folder[0] ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) /* no such files there: in memory, then */
        fd = memfd_create("standard input", MFD_CLOEXEC);
    if (fd < 0 || copy(STDIN_FILENO, fd) < 0 || install(fd) < 0)
        return failed(e);
    return 0;
}

int standard_input_put(struct str text, struct err *e)
{
    int fd = memfd_create("standard input", MFD_CLOEXEC);
    if (fd < 0 || fd_write_all(fd, text) < 0 || install(fd) < 0)
        return failed(e);
    return 0;
}
