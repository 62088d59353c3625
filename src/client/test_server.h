/* SPDX-License-Identifier: Apache-2.0
 *
 * For unit tests: a server in a process of its own that goes through a script, one request a step, each
 * on a connection of its own. It refuses what the script does not expect, and the test fails.
 */
#ifndef CLIENT_TEST_SERVER_H
#define CLIENT_TEST_SERVER_H

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "client/client.h"

enum { TEST_SERVER_PATIENCE_S = 120, TEST_SERVER_EXPECTS = 6, TEST_SERVER_REQUEST = 64 << 10 };

/* A request, and what is said to it. */
struct test_step {
    const char *expects[TEST_SERVER_EXPECTS]; /* parts of the request, head or body; "!x": not x */
    const char *answer;                       /* head and body, or: */
    const char *status; /* "200 OK"; the body is what follows, in chunks of JSON */
    const char *chunks[8];
    bool cuts;      /* the body does not end properly */
    bool holds;     /* ... nor at all, until the client goes */
    size_t padding; /* bytes without a line end before the chunks */
};

struct test_server {
    pid_t pid;
    char url[64];
    struct kubeconfig config;
};

static inline void test_server_fails(size_t step, const char *what, const char *request)
{
    fprintf(stderr, "the server, step %zu: %s in\n%s\n", step + 1, what, request);
    _exit(1);
}

static inline void test_server_write(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t put = send(fd, p, n, MSG_NOSIGNAL);
        if (put <= 0)
            return; /* the client has gone, which its own test judges */
        p += put;
        n -= (size_t)put;
    }
}

/* Head and body of a request. */
static inline void test_server_read(int fd, size_t step, char to[TEST_SERVER_REQUEST])
{
    size_t n = 0, body = 0;
    char *end = NULL;
    to[0] = 0;
    while (!end || strlen(end + 4) < body) {
        ssize_t got = recv(fd, to + n, TEST_SERVER_REQUEST - 1 - n, 0);
        if (got <= 0)
            test_server_fails(step, "no whole request", to);
        n += (size_t)got;
        to[n] = 0;
        end = strstr(to, "\r\n\r\n");
        const char *length = strstr(to, "\r\nContent-Length: ");
        if (length)
            body = (size_t)strtoul(length + 18, NULL, 10);
    }
}

static inline void test_server_chunk(int fd, const char *p, size_t n)
{
    char size[32];
    snprintf(size, sizeof(size), "%zx\r\n", n);
    test_server_write(fd, size, strlen(size));
    test_server_write(fd, p, n);
    test_server_write(fd, "\r\n", 2);
}

static inline void test_server_say(int fd, const struct test_step *s)
{
    char head[256], pad[4096];
    if (s->answer) {
        test_server_write(fd, s->answer, strlen(s->answer));
        return;
    }
    snprintf(head, sizeof(head),
             "HTTP/1.1 %s\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
             "Connection: close\r\n\r\n",
             s->status ? s->status : "200 OK");
    test_server_write(fd, head, strlen(head));
    memset(pad, 'x', sizeof(pad));
    for (size_t n = s->padding; n >= sizeof(pad); n -= sizeof(pad))
        test_server_chunk(fd, pad, sizeof(pad));
    for (size_t i = 0; i < ARRAY_LEN(s->chunks) && s->chunks[i]; i++)
        test_server_chunk(fd, s->chunks[i], strlen(s->chunks[i]));
    if (!s->cuts && !s->holds)
        test_server_write(fd, "0\r\n\r\n", 5);
}

static inline void test_server_run(int listener, const struct test_step *steps, size_t count)
{
    static char request[TEST_SERVER_REQUEST];
    alarm(TEST_SERVER_PATIENCE_S);
    for (size_t i = 0; i < count; i++) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            test_server_fails(i, "nobody comes", "");
        test_server_read(fd, i, request);
        for (size_t x = 0; x < TEST_SERVER_EXPECTS && steps[i].expects[x]; x++) {
            const char *part = steps[i].expects[x];
            bool absent = part[0] == '!';
            if ((strstr(request, part + absent) != NULL) == absent)
                test_server_fails(i, part, request);
        }
        test_server_say(fd, &steps[i]);
        while (steps[i].holds && recv(fd, request, sizeof(request), 0) > 0)
            continue;
        close(fd);
    }
    _exit(0);
}

/* Steps that nobody asks for are a fault, too: test_server_end() tells. */
static inline void test_server_begin(struct test_server *s, const struct test_step *steps,
                                     size_t count)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0 && bind(listener, (struct sockaddr *)&at, n) == 0 &&
                listen(listener, 16) == 0 &&
                getsockname(listener, (struct sockaddr *)&at, &n) == 0);
    *s = (struct test_server){.pid = fork()};
    assert_true(s->pid >= 0);
    if (s->pid == 0)
        test_server_run(listener, steps, count);
    close(listener);
    snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u", ntohs(at.sin_port));
    s->config =
        (struct kubeconfig){.server = str_of(s->url), .cluster = STR("test"), .ns = STR("default")};
}

static inline void test_server_end(const struct test_server *s)
{
    int status;
    assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
    assert_int_equal(status, 0);
}

#endif
