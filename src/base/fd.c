/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing to file descriptors.
 */
#include "base/fd.h"

#include <unistd.h>

int fd_write_all(int fd, struct str text)
{
    while (text.n) {
        ssize_t n = write(fd, text.p, MIN(text.n, (size_t)1 << 30));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text = str_sub(text, (size_t)n, text.n);
    }
    return 0;
}
