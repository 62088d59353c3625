/* SPDX-License-Identifier: Apache-2.0
 *
 * exec against a server in a process of its own, over real sockets: what a server may do and what it
 * may not.
 */
#include "client/exec.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/wait.h"
#include "client/exec_test_peer.h"

enum { INPUT_BYTES = 3 << 20 };

#define SUCCESS "{\"metadata\":{},\"status\":\"Success\"}"
#define EXIT_WITH(code)                                                                       \
    "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"command terminated with non-zero " \
    "exit code\",\"reason\":\"NonZeroExitCode\",\"details\":{\"causes\":[{\"reason\":"        \
    "\"ExitCode\",\"message\":\"" code "\"}]}}"

/* ---- the client ---- */

struct result {
    int code, exit_code, server; /* exit status of the server's process */
    char out[256], err[256];
    size_t out_bytes;
    struct err e;
};

struct call {
    struct exec_options o;
    struct result *r;
    int fail_with;  /* what the callback returns */
    uint64_t alloc; /* that fails; 0: none */
    const atomic_bool *stop;
};

static int add_text(char to[256], struct str piece)
{
    size_t have = strlen(to);
    snprintf(to + have, 256 - have, STR_FMT, STR_ARG(piece));
    return 0;
}

static int take_out(void *ctx, struct str piece, struct err *e)
{
    struct call *c = ctx;
    c->r->out_bytes += piece.n;
    add_text(c->r->out, piece);
    return c->fail_with ? err_set(e, -c->fail_with, "enough") : 0;
}

static int take_err(void *ctx, struct str piece, struct err *e)
{
    struct call *c = ctx;
    (void)e;
    return add_text(c->r->err, piece);
}

/* What is run is nobody else's business. */
static void hear_trace(void *ctx, struct str line)
{
    (void)ctx;
    assert_true(str_find(line, "/pods/cart-0/exec") >= 0);
    assert_int_equal(str_find(line, "command"), -1);
}

static int run_client(struct call *c, uint16_t port)
{
    char url[64];
    struct client *client;
    static struct str argv[] = {{"sh", 2}, {"-c", 2}, {"cat && echo 100%", 16}};
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
    struct kubeconfig config = {
        .server = str_of(url), .cluster = STR("test"), .ns = STR("default")};
    struct client_options options = {.config = &config, .stop = c->stop, .trace = hear_trace};
    assert_int_equal(client_new(&options, &client, NULL), 0);
    c->o.client = client;
    c->o.ns = STR("shop");
    c->o.pod = STR("cart-0");
    c->o.container = STR("main");
    c->o.argv.items = argv;
    c->o.argv.count = ARRAY_LEN(argv);
    c->o.out = take_out;
    c->o.err = take_err;
    c->o.ctx = c;
    mem_fail_at(c->alloc, false);
    int r = exec_run(&c->o, &c->r->exit_code, &c->r->e);
    mem_fail_at(0, false);
    client_free(client);
    return r;
}

/* Plays the scene in another process and runs the command. */
static struct result play(const struct scene *s, struct call c)
{
    struct result result = {.exit_code = -1};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    int status, listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(listener >= 0 && bind(listener, (struct sockaddr *)&at, n) == 0);
    assert_true(listen(listener, 4) == 0 && getsockname(listener, (struct sockaddr *)&at, &n) == 0);
    pid_t server = fork();
    assert_true(server >= 0);
    if (server == 0)
        peer_serve(listener, s);
    close(listener);
    c.r = &result;
    result.code = run_client(&c, ntohs(at.sin_port));
    if (c.alloc)
        kill(server, SIGKILL); /* it may never have been asked */
    assert_int_equal(waitpid(server, &status, 0), server);
    result.server = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return result;
}

static void expect_error(const struct scene *s, struct call c, int code, const char *says)
{
    struct result r = play(s, c);
    if (r.code != -code || str_find(str_of(r.e.msg), says) < 0 || r.server == 1)
        fail_msg("%d, \"%s\" instead of %d, \"%s\"; the server: %d", r.code, r.e.msg, -code, says,
                 r.server);
    if (!str_ends(str_of(r.e.where), "/api/v1/namespaces/shop/pods/cart-0/exec") ||
        !str_starts(str_of(r.e.where), "GET http://127.0.0.1:"))
        fail_msg("where: \"%s\"", r.e.where);
    assert_int_equal(r.exit_code, -1);
}

/* ---- what goes well ---- */

static void assert_ended(const struct result *r, int exit_code)
{
    assert_string_equal(r->e.msg, "");
    assert_int_equal(r->code, 0);
    assert_int_equal(r->server, 0);
    assert_int_equal(r->exit_code, exit_code);
}

static void play_all_kinds(struct peer *p, const struct scene *s)
{
    (void)s;
    static const char wanted[] =
        "GET /api/v1/namespaces/shop/pods/cart-0/exec?stdout=true&stderr=true&container=main"
        "&command=sh&command=-c&command=cat%20%26%26%20echo%20100%25 HTTP/1.1\r\n";
    peer_require(strncmp(p->request, wanted, strlen(wanted)) == 0, "another request was expected");
    peer_says(p, "\1", ""); /* how a server says that it is ready */
    peer_says(p, "\1", "one ");
    peer_says(p, "\2", "warning");
    peer_frame(p, 0x02, STR("\1"), STR("tw"));
    peer_frame(p, 0x89, STR(""), STR("are you there"));
    peer_hears_exactly(p, 10, "are you there", 13);
    peer_frame(p, 0x00, STR(""), STR("o"));
    peer_frame(p, 0x8a, STR(""), STR("unasked"));
    peer_frame(p, 0x80, STR(""), STR(" "));
    peer_frame(p, 0x82, STR("\xff"), STR("\1"));
    peer_ends(p, SUCCESS);
}

static void test_output(void **state)
{
    (void)state;
    struct result r = play(&(struct scene){.play = play_all_kinds}, (struct call){0});
    assert_ended(&r, 0);
    assert_string_equal(r.out, "one two ");
    assert_string_equal(r.err, "warning");
}

static void play_status(struct peer *p, const struct scene *s)
{
    peer_says(p, "\1", "x");
    peer_ends(p, s->bytes.p);
}

static void test_exit_codes(void **state)
{
    (void)state;
    static const struct {
        struct str status;
        int code;
    } cases[] = {{STR(SUCCESS), 0}, {STR(EXIT_WITH("3")), 3}, {STR(EXIT_WITH("137")), 137}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct result r =
            play(&(struct scene){.play = play_status, .bytes = cases[i].status}, (struct call){0});
        assert_ended(&r, cases[i].code);
    }
}

/* Each piece comes back at once: the server does not read on while the client does not. */
static void play_echo(struct peer *p, const struct scene *s)
{
    size_t total = 0;
    unsigned marks = 0;
    char byte;
    (void)s;
    peer_require(strstr(p->request, "&stdin=true&"), "stdin was expected");
    for (unsigned pieces = 0;; pieces++) {
        peer_require(peer_hears(p) == 2 && p->n > 1, "stdin was expected");
        if (p->data[0] == 255)
            break;
        peer_require(total == 0 || marks == pieces, "the piece before has not been marked");
        peer_require(p->data[0] == 0, "channel 0 was expected");
        for (size_t i = 1; i < p->n; i++, total++)
            peer_require(p->data[i] == (unsigned char)(total % 251), "other input was expected");
        for (int i = 0; i < 2; i++)
            peer_frame(p, 0x82, STR("\1"), (struct str){(char *)p->data + 1, p->n - 1});
        if (total == INPUT_BYTES)
            continue;
        peer_require(peer_hears(p) == 9 && p->n == 4, "a mark was expected");
        peer_require(recv(p->fd, &byte, 1, MSG_DONTWAIT) < 0, "it does not wait for the mark");
        peer_frame(p, 0x8a, STR(""), STR("\xff\xff\xff\xff"));
        peer_frame(p, 0x8a, STR(""), (struct str){(char *)p->data, p->n});
        marks++;
    }
    peer_require(p->n == 2 && p->data[1] == 0, "the end of stdin was expected");
    peer_require(total == INPUT_BYTES, "input is missing");
    peer_ends(p, EXIT_WITH("1"));
}

static struct str make_input(void)
{
    static char input[INPUT_BYTES];
    for (size_t i = 0; i < INPUT_BYTES; i++)
        input[i] = (char)(i % 251);
    return (struct str){input, INPUT_BYTES};
}

static void test_input(void **state)
{
    (void)state;
    struct result r =
        play(&(struct scene){.play = play_echo}, (struct call){.o.input = make_input()});
    assert_ended(&r, 1);
    assert_int_equal(r.out_bytes, 2 * INPUT_BYTES);
}

static void play_no_interest(struct peer *p, const struct scene *s)
{
    (void)s;
    peer_says(p, "\3", EXIT_WITH("2"));
    usleep(50000);
}

/* The command ends without having read its input; the server resets the connection. */
static void test_input_not_wanted(void **state)
{
    (void)state;
    struct result r = play(&(struct scene){.play = play_no_interest, .cuts = true},
                           (struct call){.o.input = make_input()});
    assert_ended(&r, 2);
}

static void play_slowly(struct peer *p, const struct scene *s)
{
    (void)s;
    for (int i = 0; i < 5; i++) {
        peer_hears_exactly(p, 9, "", 0);
        peer_frame(p, 0x8a, STR(""), STR(""));
    }
    peer_ends(p, SUCCESS);
}

/* A command may be silent for longer than a server may. */
static void test_pings(void **state)
{
    (void)state;
    int64_t began_ms = clock_ms();
    struct result r =
        play(&(struct scene){.play = play_slowly}, (struct call){.o.silence_ms = 2000});
    assert_ended(&r, 0);
    assert_true(clock_ms() - began_ms >= 5 * 500);
}

/* ---- faults ---- */

#define WRONG_ACCEPT "AAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define NO_RIGHT     "{\"kind\":\"Status\",\"message\":\"no right\"}"
#define ANSWER(status, bytes) \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nContent-Length: " bytes "\r\n\r\n"

static void test_handshakes(void **state)
{
    (void)state;
    static const struct {
        struct scene scene;
        int code;
        const char *says;
    } cases[] = {
        {{.accept = "Sec-WebSocket-Accept: " WRONG_ACCEPT},
         EBADMSG,
         "does not answer the handshake"},
        {{.accept = ""}, EBADMSG, "does not answer the handshake"},
        {{.upgrade = "Upgrade: h2c\r\nConnection: Upgrade"}, EBADMSG, "does not switch"},
        {{.upgrade = "Upgrade: websocket\r\nConnection: close"}, EBADMSG, "does not switch"},
        {{.protocol = ""}, EBADMSG, "does not agree to v5.channel.k8s.io"},
        {{.protocol = "Sec-WebSocket-Protocol: v4.channel.k8s.io"}, EBADMSG, "io with v4.channel"},
        {{.more = "Sec-WebSocket-Extensions: permessage-deflate"}, EBADMSG, "extensions"},
        {{.answer = ANSWER("200 OK", "2") "{}"}, EBADMSG, "answered 200 where it should switch"},
        {{.answer = ANSWER("403 Forbidden", "0")}, EOPNOTSUPP, "before Kubernetes 1.30"},
        {{.answer = ANSWER("403 Forbidden", "38") NO_RIGHT}, EPERM, "no right"},
        {{.answer = ANSWER("404 Not Found", "0")}, ENOENT, "404"},
        {{.answer = "SSH-2.0-OpenSSH_9\r\n\r\n"}, EBADMSG, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_error(&cases[i].scene, (struct call){0}, cases[i].code, cases[i].says);
}

static void play_bytes(struct peer *p, const struct scene *s)
{
    peer_says(p, "\1", "before");
    peer_write(p, s->bytes.p, s->bytes.n);
}

static void test_frames(void **state)
{
    (void)state;
    static const struct {
        struct str bytes;
        bool cuts;
        int code;
        const char *says;
    } cases[] = {
        {STR("\x82\x81\1\2\3\4\5"), false, EBADMSG, "one is masked"},
        {STR("\xc2\1\1"), false, EBADMSG, "reserved bits"},
        {STR("\x82\x7f\0\0\0\0\0\x10\0\1"), false, EFBIG, "of more than 1048576 bytes"},
        {STR("\x81\2\1x"), false, EBADMSG, "a message of no channel"},
        {STR("\x82\0"), false, EBADMSG, "a message of no channel"},
        {STR("\x82\2\7x"), false, EBADMSG, "on channel 7"},
        {STR("\x82\1\4"), false, EBADMSG, "on channel 4"},
        {STR("\x82\6\1ab"), true, ECONNRESET, "the connection ended within a message after"},
        {STR("\x02\3\1ab"), true, ECONNRESET, "the connection ended within a message after"},
        {STR(""), true, ECONNRESET, "the connection ended after"},
        {STR("\x88\2\x03\xe8"), false, EIO, "closed without saying how the command ended"},
        {STR("\x88\0"), true, EIO, "closed without saying how the command ended"},
        {STR("\x88\6\x03\xf3oops"), false, EIO, "ended: code 1011, oops"},
        {STR("\x88\2\x03\xee"), false, EBADMSG, "an unknown reason to close"},
        {STR("\x82\3\3{}\x88\0"), false, EBADMSG, "not say properly how the command ended"},
        /* After a status, too: half a message is one that was lost. */
        {STR("\x82\x15\3{\"status\":\"Success\"}\x82\5\1a"), true, ECONNRESET, "within a message"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_error(
            &(struct scene){.play = play_bytes, .bytes = cases[i].bytes, .cuts = cases[i].cuts},
            (struct call){0}, cases[i].code, cases[i].says);
    /* ... but between messages nothing was. */
    struct result r = play(&(struct scene){.play = play_bytes,
                                           .bytes = STR("\x82\x15\3{\"status\":\"Success\"}"),
                                           .cuts = true},
                           (struct call){0});
    assert_ended(&r, 0);
    assert_string_equal(r.out, "before");
}

static void test_statuses(void **state)
{
    (void)state;
    static const struct {
        struct str status;
        int code;
        const char *says;
    } cases[] = {
        {STR("{\"status\":\"Failure\",\"reason\":\"InternalError\",\"message\":\"no such file: sh\"}"),
         EIO, "the command did not run to its end: no such file: sh"},
        {STR("{\"status\":\"Failure\"}"), EIO, "does not say why"},
        {STR("{\"status\":\"Maybe\"}"), EBADMSG, "not say properly"},
        {STR("{\"status\":\"Success\""), EBADMSG, "not say properly"},
        {STR("[]"), EBADMSG, "not say properly"},
        {STR(EXIT_WITH("")), EBADMSG, "not say properly"},
        {STR(EXIT_WITH("0")), EBADMSG, "not say properly"},
        {STR(EXIT_WITH("256")), EBADMSG, "not say properly"},
        {STR(EXIT_WITH("three")), EBADMSG, "not say properly"},
        {STR("{\"status\":\"Failure\",\"reason\":\"NonZeroExitCode\"}"), EBADMSG, "not say"},
        {STR("{\"status\":\"Failure\",\"reason\":\"NonZeroExitCode\",\"details\":{\"causes\":[{"
             "\"reason\":\"Other\",\"message\":\"3\"}]}}"),
         EBADMSG, "not say"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_error(&(struct scene){.play = play_status, .bytes = cases[i].status},
                     (struct call){0}, cases[i].code, cases[i].says);
}

static void test_ends_of_waiting(void **state)
{
    (void)state;
    static const atomic_bool stop = true;
    const struct scene silent = {.play = play_bytes, .bytes = STR("")};
    int64_t began_ms = clock_ms();
    expect_error(&silent, (struct call){.o.most_ms = 300}, ETIMEDOUT,
                 "the command did not end within 300 ms; it may go on in the container");
    expect_error(&silent, (struct call){.o.silence_ms = 300}, ECONNRESET,
                 "the server was silent for 300 ms and answers no pings");
    expect_error(&silent, (struct call){.stop = &stop}, EINTR, "stopped");
    expect_error(&silent, (struct call){.fail_with = -ECANCELED}, ECANCELED, "enough");
    assert_true(clock_ms() - began_ms < 10000);
}

static void test_options(void **state)
{
    (void)state;
    struct str word = STR("id");
    int code = -1;
    struct exec_options o = {.ns = STR("a"), .pod = STR("b")};
    assert_int_equal(exec_run(&o, &code, NULL), -EINVAL);
    o.argv.items = &word;
    o.argv.count = 1;
    o.pod = STR("");
    assert_int_equal(exec_run(&o, &code, NULL), -EINVAL);
    o.pod = STR("b");
    o.input = (struct str){"", EXEC_MOST_STDIN + 1};
    assert_int_equal(exec_run(&o, &code, NULL), -EFBIG);
    assert_int_equal(code, -1);
}

/* In a process of its own: what was being built when memory is out goes with the process, and is a leak
 * to whoever looks for them. */
static void test_out_of_memory(void **state)
{
    (void)state;
    const struct scene scene = {.play = play_status, .bytes = STR(EXIT_WITH("3"))};
    struct result r = {.code = -ENOMEM};
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (uint64_t n = 1; r.code == -ENOMEM && n < 1000; n++) {
            r = play(&scene, (struct call){.alloc = n, .o.input = STR("input")});
            if (r.code == -ENOMEM && !str_is(str_of(r.e.msg), "out of memory"))
                _exit(1);
        }
        _exit(r.code == 0 && r.exit_code == 3 ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output),          cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_input),           cmocka_unit_test(test_input_not_wanted),
        cmocka_unit_test(test_pings),           cmocka_unit_test(test_handshakes),
        cmocka_unit_test(test_frames),          cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_ends_of_waiting), cmocka_unit_test(test_options),
        cmocka_unit_test(test_out_of_memory),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
