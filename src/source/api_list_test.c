/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of the API server against a server of the test's own that gives scripted answers over a real
 * socket: pages, expired pages, pages without an end, answers that are no lists.
 */
#include "source/api_list.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/test.h"

/* An answer, to a request whose target ends like this. */
struct scripted {
    const char *target;
    int status;
    const char *body;
    int times; /* 0 = always */
};
struct server {
    int fd, port;
    const struct scripted *script;
    int used[16]; /* how often each was given */
    pthread_t thread;
};

static const struct scripted *choose(struct server *s, struct str target)
{
    for (size_t i = 0; s->script[i].target; i++) {
        const struct scripted *a = &s->script[i];
        if (!str_ends(target, a->target) || (a->times && s->used[i] == a->times))
            continue;
        s->used[i]++;
        return a;
    }
    static const struct scripted none = {"", 404, "{}", 0};
    return &none;
}

static void answer(struct server *s, int fd)
{
    char text[4096], head[256];
    ssize_t n = 0, got;
    do {
        got = read(fd, text + n, sizeof(text) - 1 - (size_t)n);
        n += MAX(got, 0);
        text[n] = 0;
    } while (got > 0 && !strstr(text, "\r\n\r\n"));
    struct str rest, line = str_cut(str_of(text), '\r', &rest);
    (void)str_cut(line, ' ', &rest);
    const struct scripted *a = choose(s, str_cut(rest, ' ', &rest));
    int h = snprintf(head, sizeof(head),
                     "HTTP/1.1 %d Said\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n\r\n",
                     a->status, strlen(a->body));
    ssize_t ignored UNUSED = write(fd, head, (size_t)h);
    ignored = write(fd, a->body, strlen(a->body));
    shutdown(fd, SHUT_WR);
}

static void *serve(void *arg)
{
    struct server *s = arg;
    for (int fd; (fd = accept(s->fd, NULL, NULL)) >= 0;) {
        answer(s, fd);
        close(fd);
    }
    return NULL;
}

static void server_start(struct server *s, const struct scripted *script)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(at);
    *s = (struct server){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .script = script};
    assert_int_equal(bind(s->fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(s->fd, 16), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &size), 0);
    s->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
}

/* Reads the list of pods that the script gives. */
static int read_pods(const struct scripted *script, enum list_mode mode, struct arena *a,
                     struct cluster *ret, struct err *e)
{
    struct server s;
    struct source source = {STR("")};
    server_start(&s, script);
    struct kubeconfig config = {.origin = STR("test"), .user = STR("u"), .cluster = STR("c")};
    config.server = arena_printf(a, "http://127.0.0.1:%d", s.port);
    struct client_options options = {.config = &config, .request_ms = 5000};
    struct api_list list = {.resource = &api_resources[0],
                            .version = STR("v1"),
                            .mode = mode,
                            .threads = 2,
                            .source = &source};
    *ret = (struct cluster){.arena = a};
    assert_int_equal(client_new(&options, &list.client, e), 0);
    int r = api_list_read(&list, a, ret, e);
    client_free(list.client);
    server_stop(&s);
    return r;
}

#define POD(name) "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"shop\"}}"
#define PAGE(next, items)                                                            \
    "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"" next \
    "\"},\"items\":[" items "]}"
#define GONE "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Expired\",\"code\":410}"

static void test_pages(void **state)
{
    (void)state;
    static const struct scripted script[] = {
        {"/api/v1/pods?limit=500", 200, PAGE("a/b=", POD("one") "," POD("two")), 0},
        {"/api/v1/pods?limit=500&continue=a%2Fb%3D", 200, PAGE("", POD("three")), 0},
        {NULL, 0, NULL, 0}};
    struct arena a;
    struct cluster c;
    struct err e = {0};
    arena_init(&a);
    assert_int_equal(read_pods(script, LIST_PAGED, &a, &c, &e), 0);
    assert_int_equal(c.pods.count, 3);
    assert_true(str_is(c.pods.items[0]->o.name, "one"));
    assert_true(str_is(c.pods.items[2]->o.name, "three"));
    arena_done(&a);
}

/* What came of pages that then expired is not there twice. */
static void test_expired_page(void **state)
{
    (void)state;
    static const struct scripted script[] = {
        {"?limit=500", 200, PAGE("t", POD("old")), 1},
        {"?limit=500&continue=t", 410, GONE, 1},
        {"?limit=500", 200, PAGE("t", POD("one")), 1},
        {"?limit=500&continue=t", 200, PAGE("", POD("two")), 1},
        {NULL, 0, NULL, 0}};
    struct arena a;
    struct cluster c;
    struct err e = {0};
    arena_init(&a);
    assert_int_equal(read_pods(script, LIST_PAGED, &a, &c, &e), 0);
    assert_int_equal(c.pods.count, 2);
    assert_true(str_is(c.pods.items[0]->o.name, "one"));
    arena_done(&a);
}

/* After the third time it is asked for in one piece. */
static void test_pages_that_always_expire(void **state)
{
    (void)state;
    static const struct scripted script[] = {
        {"?limit=500", 200, PAGE("t", POD("old")), 0},
        {"?limit=500&continue=t", 410, GONE, 0},
        {"?resourceVersion=0", 200, PAGE("", POD("one") "," POD("two")), 0},
        {NULL, 0, NULL, 0}};
    struct arena a;
    struct cluster c;
    struct err e = {0};
    arena_init(&a);
    assert_int_equal(read_pods(script, LIST_PAGED, &a, &c, &e), 0);
    assert_int_equal(c.pods.count, 2);
    arena_done(&a);
}

static void refused(const struct scripted *script, enum list_mode mode, int code, const char *words)
{
    struct arena a;
    struct cluster c;
    struct err e = {0};
    arena_init(&a);
    assert_int_equal(read_pods(script, mode, &a, &c, &e), code);
    assert_non_null(strstr(e.msg, words));
    assert_non_null(strstr(e.where, "/api/v1/pods"));
    assert_int_equal(c.pods.count, 0);
    arena_done(&a);
}

static void test_what_is_no_list(void **state)
{
    (void)state;
    static const struct scripted same[] = {{"", 200, PAGE("t", POD("one")), 0}, {NULL, 0, NULL, 0}};
    static const struct scripted other[] = {{"", 200, "{\"kind\":\"Status\"}", 0},
                                            {NULL, 0, NULL, 0}};
    static const struct scripted half[] = {
        {"", 200, "{\"kind\":\"PodList\",\"items\":[" POD("one") ",{\"a\"", 0}, {NULL, 0, NULL, 0}};
    static const struct scripted bad[] = {
        {"", 200, "{\"kind\":\"PodList\",\"items\":[" POD("one") ",{\"a\" 1}]}", 0},
        {NULL, 0, NULL, 0}};
    static const struct scripted forbidden[] = {
        {"", 403, "{\"kind\":\"Status\",\"message\":\"pods is forbidden\"}", 0},
        {NULL, 0, NULL, 0}};
    refused(same, LIST_PAGED, -EBADMSG, "no end");
    refused(other, LIST_PAGED, -EBADMSG, "no list");
    refused(half, LIST_CACHE, -EINVAL, "ends inside");
    refused(bad, LIST_CACHE, -EBADMSG, "no JSON");
    refused(forbidden, LIST_CACHE, -EPERM, "pods is forbidden");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_expired_page),
        cmocka_unit_test(test_pages_that_always_expire),
        cmocka_unit_test(test_what_is_no_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
