/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a small file as a whole; a pipe or a device too, as far as it goes.
 */
#include "base/text_file.h"

#include <fcntl.h>
#include <unistd.h>

/* 0 or a negative errno. */
static int read_all(struct arena *a, int fd, size_t most_bytes, struct str *ret)
{
    struct buf text CLEANUP(buf_done);
    char part[8192];
    buf_init(&text, most_bytes + 1);
    for (;;) {
        ssize_t n = read(fd, part, sizeof(part));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        buf_add(&text, part, (size_t)n);
        if (text.overflow || text.n > most_bytes)
            return -EFBIG;
    }
    *ret = arena_str(a, buf_str(&text));
    return 0;
}

int text_file_read(struct arena *a, struct str path, size_t most_bytes, struct str *ret,
                   struct err *e)
{
    struct str name = arena_str(a, path);
    int fd = open(name.p, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return err_at(e, errno, path, 0, 0, "%s", strerror(errno));
    int r = read_all(a, fd, most_bytes, ret);
    close(fd);
    if (r == -EFBIG)
        return err_at(e, EFBIG, path, 0, 0, "is larger than %zu MiB", most_bytes >> 20);
    return r < 0 ? err_at(e, -r, path, 0, 0, "%s", strerror(-r)) : 0;
}
