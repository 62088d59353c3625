/* SPDX-License-Identifier: Apache-2.0
 *
 * A command line around client/watch and act/request, for tests/cluster: no verb uses them yet.
 *
 *     act_driver --kubeconfig FILE watch PATH [SECONDS [LEAST-OPEN-SECONDS]]
 *     act_driver --kubeconfig FILE [--dry-run] [--manager NAME] [--force]
 *                apply|strategic|json GROUP/VERSION/RESOURCE NS NAME FIELD=JSON...
 *     act_driver ... resize NS POD CONTAINER MEMORY
 *     act_driver ... evict NS POD [UID]
 *     act_driver ... [--stdin] [--most SECONDS] exec NS POD CONTAINER|- WORD...
 *
 * watch prints a line for each event, exec what the command writes, and ends with its exit code. The
 * others print one line: the result and what it rests on.
 */
#include <stdio.h>
#include <stdlib.h>

#include "act/request.h"
#include "base/text.h"
#include "client/exec.h"
#include "client/watch.h"

struct driver {
    struct kubeconfig_choice choice;
    struct kubeconfig config;
    struct client *client;
    struct arena arena;
    const char *manager;
    bool dry_run, force, takes_input;
    int64_t most_ms;
};

static int print_error(const struct err *e)
{
    fprintf(stderr, "error: %s: %s [%s]\n", e->where, e->msg, strerrorname_np(e->code));
    return 2;
}

/* ---- watch ---- */

static int print_event(void *ctx, enum watch_event event, const struct doc *object, struct err *e)
{
    static const char *const words[] = {"BEGIN", "LISTED",   "SYNCED",
                                        "ADDED", "MODIFIED", "DELETED"};
    const struct doc *metadata = object ? doc_get(object, "metadata") : NULL;
    (void)ctx;
    (void)e;
    printf("%s " STR_FMT " " STR_FMT "\n", words[event], STR_ARG(doc_text(metadata, "name")),
           STR_ARG(doc_text(metadata, "resourceVersion")));
    fflush(stdout);
    return 0;
}

static void print_note(void *ctx, struct str line)
{
    (void)ctx;
    printf("NOTE " STR_FMT "\n", STR_ARG(line));
    fflush(stdout);
}

static int64_t number(const char *text)
{
    int64_t n = 0;
    if (str_to_int64(str_of(text), &n) < 0)
        exit(2);
    return n;
}

static int run_watch(struct driver *d, char **words)
{
    struct err e = {0};
    struct watch_options o = {.client = d->client, .path = str_of(words[0]), .note = print_note};
    if (words[1])
        o.most_ms = number(words[1]) * 1000;
    if (words[1] && words[2])
        o.least_s = number(words[2]);
    int r = watch_run(&o, print_event, NULL, &e);
    printf("END %s\n", strerrorname_np(-r));
    return r == -ETIMEDOUT ? 0 : print_error(&e);
}

/* ---- requests ---- */

static int print_answer(int r, const struct act_answer *answer, const struct err *e)
{
    static const char *const words[] = {"DONE", "CONFLICT", "BLOCKED", "GONE", "REFUSED"};
    if (r < 0)
        return print_error(e);
    printf("%s", words[answer->result]);
    for (size_t i = 0; i < answer->conflicts.count; i++)
        printf(" %.*s=%.*s", (int)answer->conflicts.items[i].field.n,
               answer->conflicts.items[i].field.p, (int)answer->conflicts.items[i].manager.n,
               answer->conflicts.items[i].manager.p);
    if (answer->budget.n)
        printf(" budget=" STR_FMT, STR_ARG(answer->budget));
    if (answer->message.n)
        printf(": " STR_FMT, STR_ARG(answer->message));
    printf("\n");
    return answer->result == ACT_DONE ? 0 : 1;
}

/* "apps/v1/deployments", "/v1/pods". */
static struct act_target target_of(char **words)
{
    struct str rest = str_of(words[0]);
    struct act_target t = {.ns = str_of(words[1]), .name = str_of(words[2])};
    t.group = str_cut(rest, '/', &rest);
    t.version = str_cut(rest, '/', &rest);
    t.resource = rest;
    return t;
}

static int run_patch(struct driver *d, enum patch_type type, char **words)
{
    enum { MOST_EDITS = 16 };
    struct act_target t = target_of(words);
    struct act_answer answer;
    struct edit edits[MOST_EDITS];
    struct err e = {0};
    size_t count = 0;
    struct buf body CLEANUP(buf_done);
    buf_init(&body, MIB);
    int r = act_get(d->client, &t, &d->arena, &answer, &e);
    if (r < 0 || answer.result != ACT_DONE)
        return print_answer(r, &answer, &e);
    for (char **w = words + 3; *w && count < MOST_EDITS; w++, count++) {
        edits[count] = (struct edit){.op = EDIT_SET};
        edits[count].path = str_cut(str_of(*w), '=', &edits[count].value);
        if (!edits[count].value.n)
            edits[count].op = EDIT_REMOVE;
    }
    r = patch_body_make(type, answer.object, edits, count, &body, &e);
    if (r < 0)
        return print_error(&e);
    fprintf(stderr, "body: " STR_FMT "\n", STR_ARG(buf_str(&body)));
    struct act_patch p = {
        .type = type, .body = buf_str(&body), .manager = d->manager, .force = d->force};
    r = act_patch(d->client, &t, &p, d->dry_run, &d->arena, &answer, &e);
    return print_answer(r, &answer, &e);
}

static struct act_target pod_of(char **words)
{
    return (struct act_target){.group = STR(""),
                               .version = STR("v1"),
                               .resource = STR("pods"),
                               .ns = str_of(words[0]),
                               .name = str_of(words[1])};
}

static int run_resize(struct driver *d, char **words)
{
    struct act_target pod = pod_of(words);
    struct act_resources r = {.container = str_of(words[2]),
                              .memory_request = str_of(words[3]),
                              .memory_limit = str_of(words[3])};
    struct act_answer answer;
    struct err e = {0};
    return print_answer(act_resize(d->client, &pod, &r, 1, d->dry_run, &d->arena, &answer, &e),
                        &answer, &e);
}

static int run_evict(struct driver *d, char **words)
{
    struct act_target pod = pod_of(words);
    struct act_eviction v = {.uid = str_of(words[2]), .grace_seconds = -1};
    struct act_answer answer;
    struct err e = {0};
    return print_answer(act_evict(d->client, &pod, &v, d->dry_run, &d->arena, &answer, &e), &answer,
                        &e);
}

/* ---- commands ---- */

static int print_out(void *ctx, struct str piece, struct err *e)
{
    (void)ctx;
    size_t n = fwrite(piece.p, 1, piece.n, stdout);
    return n == piece.n ? 0 : err_set(e, EIO, "standard output is closed");
}

static int print_err(void *ctx, struct str piece, struct err *e)
{
    (void)ctx;
    (void)e;
    fwrite(piece.p, 1, piece.n, stderr);
    return 0;
}

static int run_exec(struct driver *d, char **words)
{
    enum { NO_EXIT_CODE = 250 };
    struct exec_options o = {.client = d->client,
                             .ns = str_of(words[0]),
                             .pod = str_of(words[1]),
                             .container = strcmp(words[2], "-") ? str_of(words[2]) : STR_NONE,
                             .out = print_out,
                             .err = print_err,
                             .most_ms = d->most_ms};
    struct buf input CLEANUP(buf_done);
    struct err e = {0};
    char part[4096];
    int code;
    buf_init(&input, EXEC_MOST_STDIN);
    for (size_t n; d->takes_input && (n = fread(part, 1, sizeof(part), stdin)) > 0;)
        buf_add(&input, part, n);
    if (d->takes_input)
        o.input = input.n ? buf_str(&input) : STR("");
    for (char **w = words + 3; *w; w++)
        *PUSH(&d->arena, &o.argv) = str_of(*w);
    int r = exec_run(&o, &code, &e);
    if (r == 0)
        return code;
    print_error(&e);
    return NO_EXIT_CODE;
}

static int run(struct driver *d, struct str verb, char **words, int count)
{
    if (str_is(verb, "watch") && count >= 1)
        return run_watch(d, words);
    if (str_is(verb, "apply") && count >= 4)
        return run_patch(d, PATCH_APPLY, words);
    if (str_is(verb, "strategic") && count >= 4)
        return run_patch(d, PATCH_STRATEGIC, words);
    if (str_is(verb, "json") && count >= 4)
        return run_patch(d, PATCH_JSON, words);
    if (str_is(verb, "resize") && count == 4)
        return run_resize(d, words);
    if (str_is(verb, "evict") && count >= 2)
        return run_evict(d, words);
    if (str_is(verb, "exec") && count >= 4)
        return run_exec(d, words);
    fprintf(stderr, "usage: see tests/act/driver.c\n");
    return 2;
}

int main(int argc, char **argv)
{
    static struct driver d;
    struct err e = {0};
    struct kubeconfig_env env;
    int i = 1;
    arena_init(&d.arena);
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--dry-run") == 0)
            d.dry_run = true;
        else if (strcmp(argv[i], "--force") == 0)
            d.force = true;
        else if (strcmp(argv[i], "--stdin") == 0)
            d.takes_input = true;
        else if (strcmp(argv[i], "--most") == 0 && i + 1 < argc)
            d.most_ms = number(argv[++i]) * 1000;
        else if (strcmp(argv[i], "--manager") == 0 && i + 1 < argc)
            d.manager = argv[++i];
        else if (strcmp(argv[i], "--kubeconfig") == 0 && i + 1 < argc)
            d.choice.path = str_of(argv[++i]);
    }
    kubeconfig_env_init(&env);
    int r = kubeconfig_read(&d.choice, &env, &d.arena, &d.config, &e);
    struct client_options o = {.config = &d.config};
    if (r == 0)
        r = client_new(&o, &d.client, &e);
    if (r < 0)
        return print_error(&e);
    int code = i < argc ? run(&d, str_of(argv[i]), argv + i + 1, argc - i - 1) : 2;
    client_free(d.client);
    arena_done(&d.arena);
    return code;
}
