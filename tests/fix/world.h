/* SPDX-License-Identifier: Apache-2.0
 *
 * A text judged with edits wanted, and rewritten.
 */
#ifndef TESTS_FIX_WORLD_H
#define TESTS_FIX_WORLD_H

#include "act/rewrite.h"
#include "rules/engine.h"

struct wanted {
    enum fix_level level;
    int64_t memory_limit_bytes, memory_request_bytes;
    bool complete;
};
struct world {
    struct cluster cluster;
    struct judgement judgement;
    struct rewrite rewrite;
    struct finding **fixed; /* of each group of rewrite */
    bool unreadable;
};
/* Everything is in a. */
void world_make(struct world *w, struct str text, const struct wanted *wanted, struct arena *a);

/* What must hold of a rewritten text; NULL or what does not. Of `after`, the world made of the result:
 * only the edited values differ, lines of `before` stay in their order, what was fixed is not found
 * any more, nothing else is (but what `then_found` names), and there is nothing left to do. */
const char *world_prove(const struct world *before, const struct world *after,
                        struct str then_found, struct arena *a);

#endif
