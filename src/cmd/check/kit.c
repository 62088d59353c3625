/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the namespace kits go, and what is said of them.
 */
#include "cmd/check/kit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "act/file.h"
#include "base/diff.h"
#include "base/text.h"
#include "cmd/verb.h"
#include "output/namespace_kit.h"
#include "output/out.h"

enum { KIT_MAX_BYTES = 1 << 20 };

struct kit_run {
    struct str target;
    const struct cluster *c;
    bool dry_run;
    struct arena *a;
    struct buf out; /* for standard output */
    int failures;
};

/* "plimsoll: NAME: WHAT". */
static void say(struct str name, const char *what, const char *more)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 64 * KIB);
    buf_add_cstr(&b, "plimsoll: ");
    text_add_clean(&b, name);
    buf_printf(&b, ": %s", what);
    text_add_clean(&b, str_of(more));
    buf_add_char(&b, '\n');
    verb_say(&b);
}

static void say_left(const struct namespace_kit *k)
{
    if (k->no_limit_range.p)
        say(k->ns, "no LimitRange is written: ", k->no_limit_range.p);
    if (k->no_quota.p)
        say(k->ns, "no ResourceQuota is written: ", k->no_quota.p);
    if (k->no_network.p)
        say(k->ns, "no NetworkPolicy is written: ", k->no_network.p);
}

/* What Kubernetes allows, and no path. */
static bool is_plain_name(struct str ns)
{
    for (size_t i = 0; i < ns.n; i++)
        if (!(ns.p[i] >= 'a' && ns.p[i] <= 'z') && !(ns.p[i] >= '0' && ns.p[i] <= '9') &&
            ns.p[i] != '-')
            return false;
    return ns.n > 0 && ns.n <= 63;
}

static void write_file(struct kit_run *r, struct str path, struct str text)
{
    struct err e = {0};
    struct act_file old;
    if (access(path.p, F_OK) == 0) {
        bool same =
            act_file_read(path, KIT_MAX_BYTES, r->a, &old, &e) == 0 && str_eq(old.text, text);
        say(path, same ? "is as it would be written" : "is there already and is not overwritten",
            "");
        r->failures += !same;
        return;
    }
    if (r->dry_run) {
        struct diff d = {path, STR_NONE, text, isatty(STDOUT_FILENO)};
        diff_add(&r->out, &d);
        say(path, "would be written", "");
        return;
    }
    if (act_file_create(path, text, &e) == 0) {
        say(path, "written", "");
        return;
    }
    say(path, "not written: ", e.msg);
    r->failures++;
}

static void write_kit(struct kit_run *r, const struct namespace_kit *k)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, KIT_MAX_BYTES);
    say_left(k);
    if (!namespace_kit_has_objects(k))
        return;
    if (!is_plain_name(k->ns)) {
        say(k->ns, "nothing is written: that is no name of a namespace", "");
        return;
    }
    namespace_kit_render(k, r->c, r->a, &text);
    if (str_is(r->target, "-"))
        buf_add_str(&r->out, buf_str(&text));
    else
        write_file(
            r,
            arena_printf(r->a, STR_FMT "/" STR_FMT "-kit.yaml", STR_ARG(r->target), STR_ARG(k->ns)),
            buf_str(&text));
}

int kit_write(struct str target, const struct cluster *c, bool dry_run, struct arena *a,
              struct err *e)
{
    struct kit_run r = {.target = arena_str(a, target), .c = c, .dry_run = dry_run, .a = a};
    struct namespace_kits kits;
    bool to_stdout = str_is(target, "-");
    if (!to_stdout && !dry_run && mkdir(r.target.p, 0777) < 0 && errno != EEXIST)
        return err_set(e, errno, "cannot make folder " STR_FMT ": %s", STR_ARG(target),
                       strerror(errno));
    namespace_kits_make(c, a, &kits);
    buf_init(&r.out, OUT_MAX_BYTES);
    bool complete = true;
    for (size_t i = 0; i < kits.count; i++) {
        const struct namespace_kit *k = &kits.items[i];
        complete = complete && !namespace_kit_has_objects(k) && !k->no_limit_range.p;
        write_kit(&r, k);
    }
    if (complete)
        fprintf(stderr, "plimsoll: no namespace lacks what --namespace-kit writes\n");
    int code = out_write(STR_NONE, buf_str(&r.out), e);
    buf_done(&r.out);
    return code < 0 ? code : r.failures;
}
