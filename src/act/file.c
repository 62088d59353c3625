/* SPDX-License-Identifier: Apache-2.0
 *
 * Atomic replacement of files: temporary file in the same folder, fsync, rename, fsync of the folder.
 * Signals wait meanwhile, so that an interrupted run leaves no temporary file.
 */
#include "act/file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"

enum { LONGEST_NAME = 4096, LONGEST_XATTRS = 64 << 10 };

static int failed(struct err *e, int code, struct str name, const char *what)
{
    return err_set(e, code, "%s " STR_FMT ": %s", what, STR_ARG(name), strerror(code));
}

static int refused(struct err *e, const char *why)
{
    return err_set(e, EPERM, "%s", why);
}

/* ---- reading ---- */

static int read_all(int fd, size_t size, struct arena *a, struct str *ret)
{
    char *p = arena_text(a, size + 1);
    size_t n = 0;
    while (n <= size) {
        ssize_t got = read(fd, p + n, size + 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    *ret = (struct str){p, n};
    return n == size ? 0 : -EBUSY;
}

static int read_fd(int fd, size_t max_bytes, struct arena *a, struct act_file *f, struct err *e)
{
    if (fstat(fd, &f->st) < 0)
        return failed(e, errno, f->name, "cannot read");
    if (!S_ISREG(f->st.st_mode))
        return refused(e, "it is no regular file");
    if (f->st.st_nlink > 1)
        return refused(e, "it has other hard links, from which a change would part it");
    if ((size_t)f->st.st_size > max_bytes)
        return refused(e, "it is too large");
    int r = read_all(fd, (size_t)f->st.st_size, a, &f->text);
    return r < 0 ? failed(e, -r, f->name, "cannot read") : 0;
}

int act_file_read(struct str name, size_t max_bytes, struct arena *a, struct act_file *ret,
                  struct err *e)
{
    *ret = (struct act_file){.name = arena_str(a, name)};
    char *real = realpath(ret->name.p, NULL);
    if (!real)
        return failed(e, errno, name, "cannot read");
    ret->target = arena_str(a, str_of(real));
    free(real);
    const int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = open(ret->target.p, O_RDWR | flags);
    if (fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM)) {
        ret->unwritable = errno;
        fd = open(ret->target.p, O_RDONLY | flags);
    }
    if (fd < 0)
        return failed(e, errno, name, "cannot read");
    int r = read_fd(fd, max_bytes, a, ret, e);
    close(fd);
    return r;
}

/* ---- writing ---- */

/* Access lists and the like. What the file system refuses (security.*, which the kernel sets itself)
 * is not ours to set. */
static void copy_xattrs(const char *from, int to)
{
    char names[LONGEST_NAME];
    ssize_t n = listxattr(from, names, sizeof(names));
    for (ssize_t i = 0; i < n; i += (ssize_t)strlen(names + i) + 1) {
        char value[LONGEST_XATTRS];
        ssize_t size = getxattr(from, names + i, value, sizeof(value));
        if (size >= 0 && fsetxattr(to, names + i, value, (size_t)size, 0) < 0)
            continue;
    }
}

static int keep_owner(int fd, const struct stat *st)
{
    struct stat now;
    if (fstat(fd, &now) < 0)
        return -errno;
    if ((now.st_uid != st->st_uid || now.st_gid != st->st_gid) &&
        fchown(fd, st->st_uid, st->st_gid) < 0)
        return -errno;
    return fchmod(fd, st->st_mode & 07777) < 0 ? -errno : 0;
}

static bool is_unchanged(const struct act_file *f)
{
    struct stat now;
    return stat(f->target.p, &now) == 0 && now.st_ino == f->st.st_ino &&
           now.st_dev == f->st.st_dev && now.st_size == f->st.st_size &&
           now.st_mtim.tv_sec == f->st.st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == f->st.st_mtim.tv_nsec;
}

static void sync_folder(const char *file)
{
    struct str path = str_of(file);
    ptrdiff_t slash = str_rfind_char(path, '/');
    char folder[LONGEST_NAME];
    int n = snprintf(folder, sizeof(folder), "%.*s", slash > 0 ? (int)slash : 1,
                     slash >= 0 ? file : ".");
    int fd = n > 0 && (size_t)n < sizeof(folder) ? open(folder, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    /* The file is in place; a folder that cannot be flushed is no reason to say that it is not. */
    if (fsync(fd) < 0)
        errno = 0;
    close(fd);
}

/* FOLDER/.NAME.XXXXXX: readers of folders skip names that begin with a dot. */
static int temporary_name(struct str target, char *ret, size_t size)
{
    ptrdiff_t slash = str_rfind_char(target, '/');
    int n = snprintf(ret, size, STR_FMT ".%.200s.XXXXXX",
                     STR_ARG(str_sub(target, 0, (size_t)(slash + 1))), target.p + slash + 1);
    return n > 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

static int fill(int fd, const struct act_file *f, struct str text)
{
    int r = fd_write_all(fd, text);
    if (r == 0) {
        copy_xattrs(f->target.p, fd);
        r = keep_owner(fd, &f->st);
    }
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    return r;
}

static int replace(const struct act_file *f, struct str text)
{
    char name[LONGEST_NAME];
    int r = temporary_name(f->target, name, sizeof(name));
    if (r < 0)
        return r;
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    r = fill(fd, f, text);
    if (r == 0 && !is_unchanged(f))
        r = -EBUSY;
    if (r == 0 && rename(name, f->target.p) < 0)
        r = -errno;
    if (r < 0)
        unlink(name);
    else
        sync_folder(f->target.p);
    return r;
}

static void hold_signals(sigset_t *ret_before)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, ret_before);
}

int act_file_replace(const struct act_file *f, struct str text, struct err *e)
{
    sigset_t before;
    if (f->unwritable)
        return failed(e, f->unwritable, f->name, "cannot write");
    hold_signals(&before);
    int r = replace(f, text);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (r == -EBUSY)
        return err_set(e, EBUSY, "somebody changed it while it was judged");
    return r < 0 ? failed(e, -r, f->name, "cannot write") : 0;
}

int act_file_create(struct str name, struct str text, struct err *e)
{
    char path[LONGEST_NAME];
    if (snprintf(path, sizeof(path), STR_FMT, STR_ARG(name)) >= (int)sizeof(path))
        return failed(e, ENAMETOOLONG, name, "cannot write");
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return failed(e, errno, name, "cannot write");
    int r = fd_write_all(fd, text);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r < 0)
        unlink(path);
    return r < 0 ? failed(e, -r, name, "cannot write") : 0;
}
