/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a credential plug-in as kubectl does (client-go, plugin/pkg/client/auth/exec): the user's
 * kubeconfig names a program, which prints an ExecCredential.
 */
#ifndef CLIENT_EXEC_PLUGIN_H
#define CLIENT_EXEC_PLUGIN_H

#include "base/wait.h"
#include "client/kubeconfig.h"

enum {
    EXEC_PLUGIN_MS = 60000,
    EXEC_PLUGIN_ASKING_MS = 300000, /* it may ask somebody at the terminal */
    EXEC_PLUGIN_MOST_BYTES = 1 << 20,
};

struct exec_credential {
    struct str token, cert_pem, key_pem;
    int64_t expires_ms; /* Unix; INT64_MAX: never */
};
/* The texts live in a. The server's CA must have been read already (it is told to the plug-in).
 * -ENOENT: there is no such program; -ETIMEDOUT; -EACCES: it ended with an error; -EBADMSG. */
int exec_plugin_run(const struct kubeconfig *k, struct str ca_pem, const struct wait *w,
                    struct arena *a, struct exec_credential *ret, struct err *e) MUST_USE;

#endif
