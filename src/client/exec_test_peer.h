/* SPDX-License-Identifier: Apache-2.0
 *
 * For exec_test.c: the server of one command, in a process of its own. It takes frames apart by itself,
 * not with the code under test.
 */
#ifndef CLIENT_EXEC_TEST_PEER_H
#define CLIENT_EXEC_TEST_PEER_H

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/test.h"
#include "base/websocket_frame.h"

enum { PEER_PATIENCE_S = 30 };

struct peer;
struct scene {
    const char *upgrade, *accept, *protocol, *more; /* NULL: as it should be */
    const char *answer;                             /* instead of switching */
    void (*play)(struct peer *p, const struct scene *s);
    struct str bytes; /* for play */
    bool cuts;        /* ends the connection at once, whatever the client still sends */
};

struct peer {
    int fd;
    char request[8192];
    unsigned char data[1 << 16]; /* of the last frame */
    size_t n;
};

static inline void peer_require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "the server: %s\n", what);
    _exit(1);
}

static inline void peer_write(struct peer *p, const void *from, size_t n)
{
    for (const char *at = from; n;) {
        ssize_t put = send(p->fd, at, n, MSG_NOSIGNAL);
        if (put <= 0)
            _exit(2); /* the client has gone, which its own test judges */
        at += put;
        n -= (size_t)put;
    }
}

static inline void peer_read(struct peer *p, void *to, size_t n)
{
    for (char *at = to; n;) {
        ssize_t got = recv(p->fd, at, n, 0);
        if (got <= 0)
            _exit(2);
        at += got;
        n -= (size_t)got;
    }
}

static inline void peer_frame(struct peer *p, unsigned first, struct str channel, struct str data)
{
    size_t n = channel.n + data.n;
    unsigned char head[4] = {(unsigned char)first, (unsigned char)(n < 126 ? n : 126),
                             (unsigned char)(n >> 8), (unsigned char)n};
    peer_write(p, head, n < 126 ? 2 : 4);
    peer_write(p, channel.p, channel.n);
    peer_write(p, data.p, data.n);
}

static inline void peer_says(struct peer *p, const char *channel, const char *data)
{
    peer_frame(p, 0x82, (struct str){channel, 1}, str_of(data));
}

/* The next frame of the client into p->data; its opcode. */
static inline unsigned peer_hears(struct peer *p)
{
    unsigned char head[2], length[8] = {0}, mask[4];
    peer_read(p, head, 2);
    peer_require((head[0] & 0xf0) == 0x80, "a frame is no whole message");
    peer_require(head[1] & 0x80, "a frame is not masked");
    size_t n = head[1] & 0x7f;
    if (n >= 126) {
        peer_read(p, length, n == 126 ? 2 : 8);
        size_t bytes = n == 126 ? 2 : 8;
        n = 0;
        for (size_t i = 0; i < bytes; i++)
            n = n << 8 | length[i];
    }
    peer_require(n <= sizeof(p->data), "a frame is too long");
    peer_read(p, mask, 4);
    peer_read(p, p->data, n);
    for (size_t i = 0; i < n; i++)
        p->data[i] ^= mask[i % 4];
    p->n = n;
    return head[0] & 15;
}

static inline void peer_hears_exactly(struct peer *p, unsigned opcode, const char *data, size_t n)
{
    peer_require(peer_hears(p) == opcode, "a frame of another kind was expected");
    peer_require(p->n == n && memcmp(p->data, data, n) == 0,
                 "a frame with other data was expected");
}

static inline void peer_ends(struct peer *p, const char *status)
{
    peer_says(p, "\3", status);
    peer_frame(p, 0x88, STR("\x03\xe8"), STR(""));
    while (peer_hears(p) != 8)
        continue;
    peer_require(p->n == 2 && p->data[0] == 3 && p->data[1] == 0xe8, "the client does not close");
}

static inline void peer_take_request(struct peer *p)
{
    size_t n = 0;
    while (n < 4 || memcmp(p->request + n - 4, "\r\n\r\n", 4) != 0) {
        peer_require(n + 1 < sizeof(p->request), "a long request");
        peer_read(p, p->request + n++, 1);
    }
    p->request[n] = 0;
    peer_require(strstr(p->request, "\r\nConnection: Upgrade\r\n") &&
                     strstr(p->request, "\r\nUpgrade: websocket\r\n") &&
                     strstr(p->request, "\r\nSec-WebSocket-Version: 13\r\n") &&
                     strstr(p->request, "\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n"),
                 "the request is no handshake");
}

static inline void peer_line(struct peer *p, const char *line)
{
    if (!line[0])
        return;
    peer_write(p, line, strlen(line));
    peer_write(p, "\r\n", 2);
}

static inline void peer_answer(struct peer *p, const struct scene *s)
{
    char accept[WEBSOCKET_ACCEPT], text[64];
    const char *key = strstr(p->request, "\r\nSec-WebSocket-Key: ");
    peer_require(key, "there is no key");
    key += strlen("\r\nSec-WebSocket-Key: ");
    struct str line = {key, (size_t)(strchr(key, '\r') - key)};
    peer_require(line.n == 24 && websocket_accept(line, accept, NULL) == 0, "a bad key");
    snprintf(text, sizeof(text), "Sec-WebSocket-Accept: %s", accept);
    peer_line(p, "HTTP/1.1 101 Switching Protocols");
    peer_line(p, s->upgrade ? s->upgrade : "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade");
    peer_line(p, s->accept ? s->accept : text);
    peer_line(p, s->protocol ? s->protocol : "Sec-WebSocket-Protocol: v5.channel.k8s.io");
    peer_line(p, s->more ? s->more : "");
    peer_write(p, "\r\n", 2);
}

static inline void peer_serve(int listener, const struct scene *s)
{
    static struct peer p;
    alarm(PEER_PATIENCE_S);
    p.fd = accept(listener, NULL, NULL);
    peer_require(p.fd >= 0, "nobody comes");
    peer_take_request(&p);
    if (s->answer)
        peer_write(&p, s->answer, strlen(s->answer));
    else
        peer_answer(&p, s);
    if (s->play)
        s->play(&p, s);
    /* What closes with unread bytes resets the connection. */
    while (!s->cuts && recv(p.fd, p.data, sizeof(p.data), 0) > 0)
        continue;
    close(p.fd);
    _exit(0);
}

#endif
