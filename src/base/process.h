/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs another program and keeps what it prints.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/wait.h"

struct process_call {
    const char *const *args; /* the program first, looked for in $PATH; NULL ends them */
    const char *const *env;  /* "NAME=value"; NULL ends them */
    bool shares_input;       /* standard input is ours; else it is empty */
};
/* Standard error stays ours. Runs until the program ends and has closed its output, or w ends: then it and
 * what it has started is killed (only itself where it shares our input). A signal that ends us meanwhile
 * (SIGHUP, SIGINT, SIGQUIT, SIGTERM) reaches it, too. *ret_status as of waitpid().
 * -ENOENT, -EACCES: it cannot be started; -ETIMEDOUT, -EINTR; -EFBIG: it prints more than out takes.
 */
int process_run(const struct process_call *call, const struct wait *w, struct buf *out,
                int *ret_status, struct err *e) MUST_USE;

#endif
