/* SPDX-License-Identifier: Apache-2.0
 *
 * Where rendered text goes. The text is complete before the first byte is written, so a run that
 * fails leaves no half of a file behind.
 */
#include "output/out.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

static int failed(struct err *e, int code, const char *file)
{
    return err_set(e, code, "cannot write %s: %s", file, strerror(code));
}

static int write_special(const char *file, struct str text, struct err *e)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC | O_TRUNC);
    if (fd < 0)
        return failed(e, errno, file);
    int r = fd_write_all(fd, text);
    if (close(fd) < 0 && r == 0)
        r = -errno;
    return r < 0 ? failed(e, -r, file) : 0;
}

static int write_and_close(int fd, struct str text)
{
    mode_t mask = umask(0);
    umask(mask);
    int r = fd_write_all(fd, text);
    if (r == 0 && fchmod(fd, 0666 & ~mask) < 0)
        r = -errno;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    return r;
}

static int write_regular(const char *file, struct str text, struct err *e)
{
    struct buf name CLEANUP(buf_done);
    buf_init(&name, 1 << 16);
    buf_printf(&name, "%s.XXXXXX", file);
    buf_add_char(&name, '\0');
    int fd = mkostemp(name.p, O_CLOEXEC);
    if (fd < 0)
        return failed(e, errno, file);
    int r = write_and_close(fd, text);
    if (r == 0 && rename(name.p, file) < 0)
        r = -errno;
    if (r < 0)
        unlink(name.p);
    return r < 0 ? failed(e, -r, file) : 0;
}

int out_write(struct str file, struct str text, struct err *e)
{
    if (!file.p) {
        int r = fd_write_all(STDOUT_FILENO, text);
        return r < 0 ? failed(e, -r, "standard output") : 0;
    }
    struct buf name CLEANUP(buf_done);
    buf_init(&name, 1 << 16);
    buf_add_str(&name, file);
    buf_add_char(&name, '\0');
    if (name.overflow)
        return err_set(e, ENAMETOOLONG, "the name of the output file is too long");
    struct stat st;
    /* A symbolic link is written through, not replaced. */
    if (lstat(name.p, &st) == 0 && !S_ISREG(st.st_mode))
        return write_special(name.p, text, e);
    return write_regular(name.p, text, e);
}

static bool can_redraw(void)
{
    const char *term = getenv("TERM");
    return term && *term && !str_is(str_of(term), "dumb");
}

static bool wants_colour(void)
{
    const char *no_color = getenv("NO_COLOR");
    return !(no_color && *no_color) && can_redraw();
}

bool out_stderr_redraws(struct out_format *ret)
{
    struct winsize size;
    *ret = (struct out_format){.colour = wants_colour()};
    if (!isatty(STDERR_FILENO) || !can_redraw())
        return false;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
        ret->columns = size.ws_col;
    return true;
}

static struct out_format format_of(const struct option_output *o)
{
    struct out_format f = {.word = o->word};
    struct winsize size;
    if (o->file.p || !isatty(STDOUT_FILENO))
        return f;
    f.colour = wants_colour();
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        f.columns = size.ws_col;
    return f;
}

int out_write_all(const struct option_outputs *outputs, out_render_fn *render, const void *results,
                  struct err *e)
{
    for (size_t i = 0; i < outputs->count; i++) {
        const struct option_output *o = &outputs->items[i];
        struct out_format f = format_of(o);
        struct buf text CLEANUP(buf_done);
        buf_init(&text, OUT_MAX_BYTES);
        render(results, &f, &text);
        if (text.overflow)
            return err_set(e, EFBIG, "the output is larger than 4 GiB");
        int r = out_write(o->file, buf_str(&text), e);
        if (r < 0)
            return r;
    }
    return 0;
}
