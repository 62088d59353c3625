/* SPDX-License-Identifier: Apache-2.0
 *
 * A command line around the client alone, for tests/client/run.py: makes requests, prints what came
 * and the one line about what did not.
 *
 *     client_request [OPTION...] METHOD PATH...
 *
 * Each PATH is one request with the same client, one after the other or, with --parallel, all at the same
 * time. --stream reads through client_open().
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/wait.h"
#include "client/client.h"

struct call {
    struct kubeconfig_choice choice;
    struct kubeconfig config;
    struct client_options options;
    struct client_request request;
    struct arena arena;
    bool streams, parallel, shows_namespace, shows_peak;
    int64_t pause_ms;
    char **paths;
};

static void print_line(void *ctx, struct str line)
{
    fprintf(stderr, "%s" STR_FMT "\n", (const char *)ctx, STR_ARG(line));
}

static int print_error(const struct err *e)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 8 * KIB);
    if (e->where[0]) {
        text_add_clean(&text, str_of(e->where));
        buf_add_cstr(&text, ": ");
    }
    text_add_clean(&text, str_of(e->msg));
    fprintf(stderr, "error: " STR_FMT " [%s]\n", STR_ARG(buf_str(&text)), strerrorname_np(e->code));
    return e->code == ENOMEM ? 70 : 2;
}

static int print_piece(void *ctx, struct str piece, struct err *e)
{
    (void)ctx;
    (void)e;
    fwrite(piece.p, 1, piece.n, stdout);
    return 0;
}

static int stream_one(struct client *c, struct call *call, struct client_answer *answer,
                      struct err *e)
{
    struct client_stream *s = NULL;
    struct str piece;
    int r = client_open(c, &call->request, &call->arena, &s, answer, e);
    if (r < 0)
        return r;
    while ((r = client_read(s, 500, &piece, e)) != 0) {
        if (r == 1)
            print_piece(NULL, piece, e);
        else if (r == -ETIMEDOUT)
            printf("(nothing for 500 ms)\n");
        else
            break;
    }
    client_close(s);
    return r;
}

struct job {
    pthread_t thread;
    struct client *c;
    struct client_request request;
    int code;
};

static int run_job(void *arg)
{
    struct job *job = arg;
    struct arena a;
    struct err e = {0};
    struct client_answer answer;
    struct str body;
    arena_init(&a);
    int r = client_get(job->c, &job->request, (size_t)MIB, &a, &body, &answer, &e);
    if (r < 0)
        job->code = print_error(&e);
    else
        print_piece(NULL, body, &e);
    arena_done(&a);
    return 0;
}

static void *job_thread(void *arg)
{
    (void)!mem_protect(run_job, arg);
    return NULL;
}

static int run_side_by_side(struct client *c, struct call *call)
{
    struct job *jobs = arena_array(&call->arena, struct job, 256);
    size_t count = 0;
    int code = 0;
    for (; call->paths[count] && count < 256; count++) {
        jobs[count].c = c;
        jobs[count].request = call->request;
        jobs[count].request.path = str_of(call->paths[count]);
        if (pthread_create(&jobs[count].thread, NULL, job_thread, &jobs[count]))
            return 71;
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(jobs[i].thread, NULL);
        code = jobs[i].code ? jobs[i].code : code;
    }
    return code;
}

static int run_all(void *arg)
{
    struct call *call = arg;
    struct err e = {0};
    struct client *c = NULL;
    struct kubeconfig_env env;
    kubeconfig_env_init(&env);
    int r = kubeconfig_read(&call->choice, &env, &call->arena, &call->config, &e);
    call->options.config = &call->config;
    if (r == 0 && call->shows_namespace)
        return printf(STR_FMT "\n", STR_ARG(call->config.ns)), 0;
    if (r == 0)
        r = client_new(&call->options, &c, &e);
    int code = r < 0 ? print_error(&e) : 0;
    if (r == 0 && call->parallel)
        code = run_side_by_side(c, call);
    for (char **path = call->paths; r == 0 && !call->parallel && *path; path++) {
        struct client_answer answer = {0};
        e = (struct err){0};
        call->request.path = str_of(*path);
        int one = call->streams
                      ? stream_one(c, call, &answer, &e)
                      : client_do(c, &call->request, print_piece, NULL, &call->arena, &answer, &e);
        if (one < 0)
            code = print_error(&e);
        if (call->pause_ms && path[1]) {
            struct wait w = wait_for(-1, NULL);
            (void)!wait_sleep(&w, call->pause_ms);
        }
    }
    client_free(c);
    return code;
}

static bool read_option(struct call *call, const char *name, char *value)
{
    int64_t *ms = strcmp(name, "--timeout") == 0           ? &call->options.request_ms
                  : strcmp(name, "--request-timeout") == 0 ? &call->options.request_ms
                  : strcmp(name, "--head") == 0            ? &call->request.head_ms
                  : strcmp(name, "--idle") == 0            ? &call->request.idle_ms
                  : strcmp(name, "--pause") == 0           ? &call->pause_ms
                                                           : NULL;
    struct str *text = strcmp(name, "--kubeconfig") == 0        ? &call->choice.path
                       : strcmp(name, "--context") == 0         ? &call->choice.context
                       : strcmp(name, "--cluster") == 0         ? &call->choice.cluster
                       : strcmp(name, "--user") == 0            ? &call->choice.user
                       : strcmp(name, "--server") == 0          ? &call->choice.server
                       : strcmp(name, "-s") == 0                ? &call->choice.server
                       : strcmp(name, "-n") == 0                ? &call->choice.ns
                       : strcmp(name, "--tls-server-name") == 0 ? &call->choice.tls_server_name
                       : strcmp(name, "--certificate-authority") == 0 ? &call->choice.ca_file
                       : strcmp(name, "--client-certificate") == 0    ? &call->choice.cert_file
                       : strcmp(name, "--client-key") == 0            ? &call->choice.key_file
                       : strcmp(name, "--token") == 0                 ? &call->choice.token
                       : strcmp(name, "--as") == 0                    ? &call->choice.as
                       : strcmp(name, "--as-uid") == 0                ? &call->choice.as_uid
                       : strcmp(name, "--body") == 0                  ? &call->request.body
                       : strcmp(name, "--accept") == 0                ? &call->request.accept
                       : strcmp(name, "--upgrade") == 0               ? &call->request.upgrade
                       : strcmp(name, "--to") == 0                    ? &call->request.server
                       : strcmp(name, "--body-type") == 0             ? &call->request.content_type
                                                                      : NULL;
    if (ms)
        return client_parse_timeout(str_of(value), ms) == 0;
    if (strcmp(name, "--burst") == 0)
        return (call->options.burst = (int)strtol(value, NULL, 10)) > 0;
    if (strcmp(name, "--as-group") == 0)
        text = PUSH(&call->arena, &call->choice.as_groups);
    if (strcmp(name, "--as-user-extra") == 0)
        text = PUSH(&call->arena, &call->choice.as_extra);
    if (text)
        *text = str_of(value);
    return text != NULL;
}

/* The most memory that was resident. */
static void print_peak(void)
{
    char line[128];
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, "VmHWM:", 6) == 0)
            fprintf(stderr, "peak: %s", line + 6);
    if (f)
        fclose(f);
}

int main(int argc, char **argv)
{
    static struct call call;
    static char trace[] = "trace: ";
    int i = 1;
    arena_init(&call.arena);
    call.options.warn = print_line;
    call.options.ctx = trace;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "-v") == 0)
            call.options.trace = print_line;
        else if (strcmp(argv[i], "--stream") == 0)
            call.streams = true;
        else if (strcmp(argv[i], "--parallel") == 0)
            call.parallel = true;
        else if (strcmp(argv[i], "--peak") == 0)
            call.shows_peak = true;
        else if (strcmp(argv[i], "--show-namespace") == 0)
            call.shows_namespace = true;
        else if (strcmp(argv[i], "--insecure-skip-tls-verify") == 0)
            call.choice.insecure = true;
        else if (strcmp(argv[i], "--no-exec") == 0)
            call.options.no_exec = true;
        else if (strcmp(argv[i], "--no-retry") == 0)
            call.request.no_retry = true;
        else if (strcmp(argv[i], "--to-insecure") == 0)
            call.request.server_insecure = true;
        else if (i + 1 < argc && read_option(&call, argv[i], argv[i + 1]))
            i++;
        else
            return fprintf(stderr, "bad option %s\n", argv[i]), 64;
    }
    if (argc - i < 2)
        return fputs("usage: client_request [OPTION...] METHOD PATH...\n", stderr), 64;
    call.request.method = argv[i];
    call.paths = argv + i + 1;
    const char *fail = getenv("PLIMSOLL_FAIL_ALLOC");
    if (fail)
        mem_fail_at(strtoull(fail, NULL, 10), strchr(fail, '+') != NULL);
    int r = mem_protect(run_all, &call);
    if (r == -ENOMEM) {
        fputs("error: out of memory [ENOMEM]\n", stderr);
        r = 70;
    }
    if (call.shows_peak)
        print_peak();
    const char *count = getenv("PLIMSOLL_COUNT_ALLOC");
    if (count) {
        FILE *f = fopen(count, "w");
        if (f)
            fprintf(f, "%llu\n", (unsigned long long)mem_count());
        if (f)
            fclose(f);
    }
    arena_done(&call.arena);
    return r;
}
