/* SPDX-License-Identifier: Apache-2.0
 *
 * A server that answers anything, over a real socket: the first byte says whether the rest is the whole
 * answer to a request, a packed body of it, or what a watch hears after a good list. Each must end at
 * once, in an error or not, with nothing lost.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/client.h"
#include "client/watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum mode { WHOLE_ANSWER, PACKED_BODY, WATCH, MODES };

static struct {
    int listener;
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock; /* of text and mode: who answers holds it */
    struct str text;
    enum mode mode;
    bool begun;
} the_server = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static void say(int fd, struct str s)
{
    while (s.n) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        s = str_sub(s, (size_t)n, s.n);
    }
}

static void answer(int fd, const char *request)
{
    static const char list[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"kind\":"
        "\"PodList\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}";
    bool lists = strstr(request, "limit=") != NULL;
    enum mode mode = the_server.mode;
    if (lists)
        say(fd, str_of(list));
    else if (mode != WHOLE_ANSWER)
        say(fd, STR("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"));
    if (mode == PACKED_BODY)
        say(fd, STR("Content-Encoding: gzip\r\n"));
    if (!lists && mode != WHOLE_ANSWER)
        say(fd, STR("\r\n"));
    if (!lists)
        say(fd, the_server.text);
}

/* What closes with unread bytes resets the connection, and the answer would be lost. */
static void serve_one(int fd)
{
    char request[4096] = "";
    size_t n = 0;
    while (n < sizeof(request) - 1 && !strstr(request, "\r\n\r\n")) {
        ssize_t got = recv(fd, request + n, sizeof(request) - 1 - n, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
        request[n] = 0;
    }
    pthread_mutex_lock(&the_server.lock);
    answer(fd, request);
    pthread_mutex_unlock(&the_server.lock);
    shutdown(fd, SHUT_WR);
    while (recv(fd, request, sizeof(request), 0) > 0)
        continue;
    close(fd);
}

static void *serve(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept(the_server.listener, NULL, NULL);
        if (fd >= 0)
            serve_one(fd);
    }
    return NULL;
}

static void begin(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    int fd = the_server.listener = socket(AF_INET, SOCK_STREAM, 0);
    require(fd >= 0 && bind(fd, (struct sockaddr *)&at, n) == 0 && listen(fd, 16) == 0 &&
            getsockname(fd, (struct sockaddr *)&at, &n) == 0);
    the_server.port = ntohs(at.sin_port);
    require(pthread_create(&the_server.thread, NULL, serve, NULL) == 0);
    the_server.begun = true;
}

static void set_answer(struct str text, enum mode mode)
{
    pthread_mutex_lock(&the_server.lock);
    the_server.text = text;
    the_server.mode = mode;
    pthread_mutex_unlock(&the_server.lock);
}

static void end_watch(void *ctx, struct str line)
{
    require(line.n > 0);
    atomic_store((atomic_bool *)ctx, true);
}

static int take_event(void *ctx, enum watch_event event, const struct doc *object, struct err *e)
{
    (void)ctx;
    (void)e;
    require((object != NULL) == (event != WATCH_BEGIN && event != WATCH_SYNCED));
    require(!object || object->type == DOC_MAP);
    return 0;
}

/* A watch that ends well is opened again; the deadline ends it then. */
static void watch(struct client *c)
{
    atomic_bool stop = false;
    struct err e = {0};
    struct watch_options o = {.client = c,
                              .path = STR("/api/v1/pods"),
                              .most_ms = 30,
                              .backoff_ms = 20,
                              .stop = &stop,
                              .note = end_watch};
    int r = watch_run(&o, take_event, &stop, &e);
    require(r < 0 && r == -e.code && e.msg[0]);
}

static void ask(struct client *c)
{
    struct arena a;
    struct str body = STR_NONE;
    struct client_answer answer;
    struct err e = {0};
    struct client_request r = {
        .method = "GET", .path = STR("/api/v1/pods"), .no_retry = true, .request_ms = 5000};
    arena_init(&a);
    int code = client_get(c, &r, 1 << 20, &a, &body, &answer, &e);
    require(code == 0 || (code == -e.code && e.msg[0] && e.where[0]));
    require(code != -ETIMEDOUT && code != -ETIME && body.n <= 1 << 20);
    arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char url[64];
    struct client *c;
    if (size < 1 || size > (1 << 17))
        return 0;
    if (!the_server.begun)
        begin();
    struct str text = {(const char *)data + 1, size - 1};
    enum mode mode = (enum mode)(data[0] % MODES);
    set_answer(text, mode);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", the_server.port);
    struct kubeconfig config = {.server = str_of(url), .cluster = STR("fuzz")};
    struct client_options options = {.config = &config, .per_second = 1000000, .burst = 1000000};
    require(client_new(&options, &c, NULL) == 0);
    mode == WATCH ? watch(c) : ask(c);
    client_free(c);
    /* The server may still be talking to a client that has gone. */
    set_answer(STR(""), mode);
    return 0;
}
