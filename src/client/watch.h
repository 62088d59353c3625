/* SPDX-License-Identifier: Apache-2.0
 *
 * A list that is kept up to date: LIST once, then WATCH with bookmarks from where the list was; after
 * any break the watch goes on from the last resource version, and only when the server no longer knows
 * it (410) everything is listed anew. As client-go's Reflector.
 */
#ifndef CLIENT_WATCH_H
#define CLIENT_WATCH_H

#include "base/random.h"
#include "client/client.h"

enum watch_event {
    WATCH_BEGIN,  /* a list begins: what is not in it does not exist any more */
    WATCH_LISTED, /* an object of the list */
    WATCH_SYNCED, /* the list is complete; from now on changes */
    WATCH_ADDED,
    WATCH_MODIFIED,
    WATCH_DELETED,
};
/* object: NULL for WATCH_BEGIN and WATCH_SYNCED; gone after the call. 0: go on; else it ends and is
 * returned (a negative errno with *e set, or what the caller likes). */
typedef int watch_fn(void *ctx, enum watch_event event, const struct doc *object, struct err *e);

enum {
    WATCH_PAGE = 500,
    WATCH_LEAST_S = 300, /* timeoutSeconds: a random time from this to twice it, as client-go */
    WATCH_GRACE_MS = 30000,
    WATCH_BACKOFF_MS = 800, /* doubled up to the most, and up to as much again at random */
    WATCH_BACKOFF_MOST_MS = 30000,
    WATCH_LARGEST_EVENT = 32 << 20,
};
struct watch_options {
    struct client *client;
    struct str path;    /* of the collection: "/api/v1/pods" */
    struct str query;   /* more of it: "labelSelector=..."; absent: none */
    uint64_t seed;      /* of the random times */
    int64_t most_ms;    /* the whole; 0: no end. Its end is -ETIMEDOUT */
    int64_t least_s;    /* 0: WATCH_LEAST_S */
    int64_t backoff_ms; /* 0: WATCH_BACKOFF_MS */
    const atomic_bool *stop;
    /* What went wrong and is tried again, one line; may be NULL. */
    void (*note)(void *ctx, struct str line);
};

/* Ends when fn says so, at most_ms, when stopped (-EINTR), and at what trying again does not mend:
 * no such resource (-ENOENT), a path or query that is refused (-EINVAL), no right (-EPERM, -EACCES)
 * before a first watch was open. What is no watch or no list (-EBADMSG) is tried again, as a server that
 * is away. How long it was away does not count once it answers. */
int watch_run(const struct watch_options *o, watch_fn *fn, void *ctx, struct err *e) MUST_USE;
/* How long to wait after so many failures in a row: least_ms doubled for each but the first, at most
 * WATCH_BACKOFF_MOST_MS, and up to as much again by chance. */
int64_t watch_backoff_ms(int64_t least_ms, int failures, const struct random_run *chance,
                         uint32_t index);

#endif
