/* SPDX-License-Identifier: Apache-2.0
 *
 * The options of every verb that talks to a cluster: kubectl's, by the same names.
 */
#include "cmd/live.h"

#include "base/text.h"
#include "source/api_list.h"

static const char *const list_words[] = {
    [LIST_AUTO] = "auto", [LIST_PAGED] = "paged", [LIST_CACHE] = "cache", NULL};

static int parse_timeout(struct str text, void *ret, struct err *e)
{
    if (client_parse_timeout(text, ret) < 0)
        return err_set(e, EINVAL, "\"%.*s\" is no time such as 30s or 5m (0: no limit)",
                       (int)MIN(text.n, 40U), text.p ? text.p : "");
    return 0;
}

#define LIVE_TEXT(option, member, words, text)                           \
    {                                                                    \
        .name = option, .type = OPTION_TEXT, .arg = words, .help = text, \
        .offset = offsetof(struct live_options, member)                  \
    }

#define LIVE_FILE(option, member, text)                                                       \
    {                                                                                         \
        .name = option, .type = OPTION_TEXT, .takes_file = true, .arg = "FILE", .help = text, \
        .offset = offsetof(struct live_options, member)                                       \
    }

const struct option_spec live_option_specs[LIVE_OPTION_COUNT] = {
    {.name = "kubeconfig",
     .type = OPTION_TEXT,
     .takes_file = true,
     .arg = "FILE",
     .help = "The kubeconfig to use.",
     .absent = "the files of $KUBECONFIG, else ~/.kube/config, else (in a pod) its service account",
     .offset = offsetof(struct live_options, kubeconfig)},
    LIVE_TEXT("context", context, "NAME", "The context of the kubeconfig, if not the current one."),
    LIVE_TEXT("cluster", cluster, "NAME", "The cluster of the kubeconfig, if not the context's."),
    LIVE_TEXT("user", user, "NAME", "The user of the kubeconfig, if not the context's."),
    {.name = "server",
     .letter = 's',
     .type = OPTION_TEXT,
     .arg = "URL",
     .help = "The address of the API server.",
     .offset = offsetof(struct live_options, server)},
    LIVE_FILE("certificate-authority", ca_file,
              "The authority that signs the server's certificate."),
    LIVE_TEXT("tls-server-name", tls_server_name, "NAME",
              "The name in the server's certificate, if it is not that of the URL."),
    LIVE_TEXT("token", token, "TOKEN",
              "A bearer token. Whoever may list processes reads it: a kubeconfig is safer."),
    LIVE_FILE("client-certificate", cert_file, "Our certificate, in PEM."),
    LIVE_FILE("client-key", key_file, "The key of --client-certificate, in PEM."),
    LIVE_TEXT("as", as, "USER", "Ask as this user (impersonation)."),
    LIVE_TEXT("as-uid", as_uid, "UID", "Ask as the user with this UID; with --as."),
    {.name = "as-group",
     .type = OPTION_TEXTS,
     .arg = "GROUP",
     .help = "Ask as a member of this group; may be given several times.",
     .offset = offsetof(struct live_options, as_groups)},
    {.name = "as-user-extra",
     .type = OPTION_TEXTS,
     .arg = "KEY=VALUE",
     .help = "Ask as a user with this extra field; may be given several times.",
     .offset = offsetof(struct live_options, as_extra)},
    {.name = "insecure-skip-tls-verify",
     .type = OPTION_FLAG,
     .help = "Do not check the server's certificate. Whoever is on the way can read and change "
             "everything, credentials too.",
     .offset = offsetof(struct live_options, insecure)},
    {.name = "request-timeout",
     .type = OPTION_PARSED,
     .parse = parse_timeout,
     .arg = "TIME",
     .absent = "5m, of a kubelet 15s",
     .help = "How long one request may take, such as 30s.",
     .offset = offsetof(struct live_options, request_ms)},
    {.name = "list",
     .type = OPTION_WORD,
     .words = list_words,
     .preset = "auto",
     .help = "How lists are asked for: in pages of 500 of the newest state, or whole from the "
             "server's cache (resourceVersion=0). auto: pages from Kubernetes 1.34 on, whose cache "
             "answers them; whole before, so that etcd is spared.",
     .offset = offsetof(struct live_options, list)},
    {.name = "verbose",
     .letter = 'v',
     .type = OPTION_FLAG,
     .help = "Print each request to stderr, without secrets.",
     .offset = offsetof(struct live_options, verbose)},
};

/* ---- the client ---- */

static void print_line(const char *before, struct str line)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 64 * KIB);
    buf_printf(&b, "plimsoll: %s", before);
    text_add_clean(&b, line);
    buf_add_char(&b, '\n');
    verb_say(&b);
}

static void trace(void *ctx, struct str line)
{
    (void)ctx;
    print_line("", line);
}

static void warn(void *ctx, struct str line)
{
    (void)ctx;
    print_line("warning: ", line);
}

bool live_is_named(const struct live_options *o)
{
    return o->kubeconfig.p || o->context.p || o->cluster.p || o->user.p || o->server.p ||
           o->token.p || o->cert_file.p || o->as.p || o->as_uid.p || o->as_groups.count ||
           o->as_extra.count;
}

int live_failed(struct err *e)
{
    if (e->code != ENOMEM && e->code != ENODATA)
        e->code = EREMOTEIO;
    return -e->code;
}

int live_open(const struct live_options *o, struct arena *a, struct live *ret, struct err *e)
{
    struct kubeconfig_choice choice = {
        .path = o->kubeconfig,
        .context = o->context,
        .cluster = o->cluster,
        .user = o->user,
        .server = o->server,
        .tls_server_name = o->tls_server_name,
        .ca_file = o->ca_file,
        .insecure = o->insecure,
        .token = o->token,
        .cert_file = o->cert_file,
        .key_file = o->key_file,
        .as = o->as,
        .as_uid = o->as_uid,
        .as_groups = {o->as_groups.items, o->as_groups.count, o->as_groups.cap},
        .as_extra = {o->as_extra.items, o->as_extra.count, o->as_extra.cap},
    };
    struct kubeconfig_env env;
    *ret = (struct live){0};
    kubeconfig_env_init(&env);
    int r = kubeconfig_read(&choice, &env, a, &ret->config, e);
    if (r < 0)
        return r;
    ret->in_cluster = str_is(ret->config.origin, "the pod's service account");
    struct client_options options = {
        .config = &ret->config,
        .request_ms = o->request_ms,
        .trace = o->verbose ? trace : NULL,
        .warn = warn,
        /* As kubectl's. The lists of a cluster are many for a moment, and then no more. */
        .per_second = 50,
        .burst = 300,
        /* Lists are four at once (source/apiserver.c), kubelets as many as this: one that waits for
         * its turn behind those that hang would be taken for silent. */
        .most_at_once = 16,
    };
    return client_new(&options, &ret->client, e);
}

void live_done(struct live *l)
{
    client_free(l->client);
    l->client = NULL;
}

void live_print_name(const struct live *l, struct str more)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 64 * KIB);
    buf_add_cstr(&b, l->config.context.n ? "plimsoll: context " : "plimsoll: ");
    text_add_clean(&b, l->config.context.n ? l->config.context : l->config.origin);
    buf_add_cstr(&b, " (");
    text_add_clean(&b, l->config.server);
    buf_add_char(&b, ')');
    text_add_clean(&b, more);
    buf_add_char(&b, '\n');
    verb_say(&b);
}
