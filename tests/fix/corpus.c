/* SPDX-License-Identifier: Apache-2.0
 *
 * Fixes real manifests: corpus FILE|DIR... judges every .yaml, .yml and .json, makes all edits in
 * memory (the files are only read), judges the result, and holds what world_prove() holds, but for
 * findings that amounts chosen blindly lead to. Prints what was fixed and why the rest was not.
 */
#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/map.h"
#include "world.h"

enum { LARGEST = 4 << 20, MOST_REASONS = 64 };

struct tally {
    size_t files, with_edits, fixed, refused, failures;
    struct {
        char text[100];
        size_t count;
    } reasons[MOST_REASONS];
    size_t reason_count;
};
static struct tally tally;

/* Reasons without the names in them. */
static void note_reason(struct str reason)
{
    char text[100];
    size_t n = 0;
    for (size_t i = 0; i < reason.n && n + 1 < sizeof(text); i++) {
        bool digit = reason.p[i] >= '0' && reason.p[i] <= '9';
        if (!digit)
            text[n++] = reason.p[i];
    }
    text[n] = '\0';
    for (size_t i = 0; i < tally.reason_count; i++)
        if (str_is(str_of(text), tally.reasons[i].text)) {
            tally.reasons[i].count++;
            return;
        }
    if (tally.reason_count == MOST_REASONS)
        return;
    memcpy(tally.reasons[tally.reason_count].text, text, n + 1);
    tally.reasons[tally.reason_count++].count = 1;
}

/* Amounts that nobody measured may contradict others in the same pod. */
static bool is_about_amounts(const struct finding *f)
{
    const char *const ids[] = {"memory-overcommit-ratio",   "qos-not-guaranteed",
                               "limits-are-per-container",  "runtime-heap-over-limit",
                               "memory-request-over-limit", "qos-lowered-by-container",
                               "cpu-request-missing",       "invalid-value",
                               "pod-larger-than-node"};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        if (str_is(str_of(f->rule->id), ids[i]))
            return true;
    return false;
}

/* The second look without those. */
static void forget_amounts(struct judgement *j)
{
    size_t n = 0;
    for (size_t i = 0; i < j->findings.count; i++)
        if (!is_about_amounts(j->findings.items[i]))
            j->findings.items[n++] = j->findings.items[i];
    j->findings.count = n;
}

static void prove(const char *path, struct str text, struct arena *a)
{
    const struct wanted wanted = {FIX_ALL, 256 * MIB, 256 * MIB, true};
    struct world before, after;
    world_make(&before, text, &wanted, a);
    tally.files++;
    if (before.rewrite.count == 0)
        return;
    tally.with_edits++;
    for (size_t g = 0; g < before.rewrite.count; g++) {
        tally.fixed += before.rewrite.groups[g].done;
        tally.refused += !before.rewrite.groups[g].done;
        if (!before.rewrite.groups[g].done)
            note_reason(before.rewrite.groups[g].reason);
    }
    world_make(&after, before.rewrite.result, &wanted, a);
    forget_amounts(&after.judgement);
    const char *why = world_prove(&before, &after, STR_NONE, a);
    if (!why)
        return;
    printf("FAIL %s: %s\n", path, why);
    tally.failures++;
}

struct job {
    const char *path;
    struct str text;
    struct arena a;
};

static int prove_job(void *arg)
{
    struct job *j = arg;
    prove(j->path, j->text, &j->a);
    return 0;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)ftw;
    struct str name = str_of(path);
    if (type != FTW_F || st->st_size > LARGEST ||
        !(str_ends(name, ".yaml") || str_ends(name, ".yml") || str_ends(name, ".json")))
        return 0;
    struct job j = {.path = path};
    arena_init(&j.a);
    char *p = arena_text(&j.a, (size_t)st->st_size + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, p, (size_t)st->st_size);
    close(fd);
    j.text = (struct str){p, n > 0 ? (size_t)n : 0};
    if (mem_protect(prove_job, &j) < 0)
        tally.failures++;
    arena_done(&j.a);
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (nftw(argv[i], visit, 20, FTW_PHYS) < 0)
            printf("cannot read %s\n", argv[i]);
    printf("%zu files, %zu with edits: %zu findings fixed, %zu not, %zu failures\n", tally.files,
           tally.with_edits, tally.fixed, tally.refused, tally.failures);
    for (size_t i = 0; i < tally.reason_count; i++)
        printf("%7zu  %s\n", tally.reasons[i].count, tally.reasons[i].text);
    return tally.failures > 0;
}
