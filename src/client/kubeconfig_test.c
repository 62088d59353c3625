/* SPDX-License-Identifier: Apache-2.0
 *
 * Kubeconfigs as kubectl reads them: merging, choosing, paths, and what is refused.
 */
#include "base/test.h"

#include <stdlib.h>
#include <unistd.h>

#include "client/kubeconfig.h"

/* A folder of files for one test. */
struct box {
    struct arena a;
    struct str folder;
    struct kubeconfig_env env;
    struct kubeconfig_choice choice;
    struct kubeconfig k;
    struct err e;
};

static void box_init(struct box *b)
{
    char text[] = "/tmp/plimsoll-test-XXXXXX";
    *b = (struct box){0};
    arena_init(&b->a);
    assert_non_null(mkdtemp(text));
    b->folder = arena_str(&b->a, str_of(text));
    b->env.service_account = b->env.home = b->folder;
}

static struct str in_box(struct box *b, const char *name)
{
    return arena_printf(&b->a, STR_FMT "/%s", STR_ARG(b->folder), name);
}

static void put(struct box *b, const char *name, const char *text)
{
    FILE *f = fopen(in_box(b, name).p, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static void box_done(struct box *b)
{
    static const char *const names[] = {"a", "b", "token", "namespace"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        (void)unlink(in_box(b, names[i]).p);
    assert_int_equal(rmdir(b->folder.p), 0);
    arena_done(&b->a);
}

static int read_box(struct box *b)
{
    b->e = (struct err){0};
    return kubeconfig_read(&b->choice, &b->env, &b->a, &b->k, &b->e);
}

#define assert_text(s, text) \
    assert_true(str_is((s), (text)) || !fprintf(stderr, STR_FMT "\n", STR_ARG(s)))
#define assert_says(b, text)                                       \
    do {                                                           \
        if (!strstr((b)->e.msg, (text)))                           \
            fprintf(stderr, "%s: %s\n", (b)->e.where, (b)->e.msg); \
        assert_non_null(strstr((b)->e.msg, (text)));               \
    } while (0)

static const char first[] =
    "apiVersion: v1\n"
    "kind: Config\n"
    "current-context: one\n"
    "clusters:\n"
    "- name: c\n"
    "  cluster: {server: \"https://one:6443\", certificate-authority: ca.pem,"
    " tls-server-name: kubernetes}\n"
    "contexts:\n"
    "- name: one\n"
    "  context: {cluster: c, user: u, namespace: shop}\n";
static const char second[] =
    "current-context: two\n"
    "clusters:\n"
    "- name: c\n"
    "  cluster: {server: \"https://not-this\"}\n"
    "- name: d\n"
    "  cluster: {server: \"d:443\", insecure-skip-tls-verify: true, proxy-url: \"http://p:1\"}\n"
    "contexts:\n"
    "- name: two\n"
    "  context: {cluster: d, user: u}\n"
    "users:\n"
    "- name: u\n"
    "  user:\n"
    "    token: secret\n"
    "    client-certificate-data: Y2VydA==\n"
    "    client-key: /etc/key.pem\n";

static void test_merging(void **state)
{
    (void)state;
    struct box b;
    box_init(&b);
    put(&b, "a", first);
    put(&b, "b", second);
    b.env.kubeconfig =
        arena_printf(&b.a, "%s:%s/missing:%s", in_box(&b, "a").p, b.folder.p, in_box(&b, "b").p);
    assert_int_equal(read_box(&b), 0);
    assert_text(b.k.context, "one");
    assert_text(b.k.server, "https://one:6443");
    assert_text(b.k.ns, "shop");
    assert_text(b.k.tls_server_name, "kubernetes");
    assert_true(str_eq(b.k.ca_file, in_box(&b, "ca.pem")));
    assert_text(b.k.token, "secret");
    assert_text(b.k.cert_pem, "cert");
    assert_text(b.k.key_file, "/etc/key.pem");
    box_done(&b);
}

static void test_choosing(void **state)
{
    (void)state;
    struct box b;
    box_init(&b);
    put(&b, "a", first);
    put(&b, "b", second);
    b.env.kubeconfig = arena_printf(&b.a, "%s:%s", in_box(&b, "a").p, in_box(&b, "b").p);
    b.choice.context = STR("two");
    b.choice.ns = STR("kube-system");
    assert_int_equal(read_box(&b), 0);
    assert_text(b.k.server, "https://d:443");
    assert_true(b.k.insecure);
    assert_text(b.k.proxy_url, "http://p:1");
    assert_text(b.k.ns, "kube-system");

    b.choice = (struct kubeconfig_choice){.server = STR("10.0.0.1:80"), .insecure = true};
    assert_int_equal(read_box(&b), 0);
    assert_text(b.k.server, "https://10.0.0.1:80");
    assert_true(str_empty(b.k.tls_server_name));
    assert_true(str_empty(b.k.ca_file));

    b.choice = (struct kubeconfig_choice){.context = STR("three")};
    assert_int_equal(read_box(&b), -ENOENT);
    assert_says(&b, "there is no context \"three\" in the 2 files of $KUBECONFIG");
    b.choice = (struct kubeconfig_choice){.user = STR("nobody")};
    assert_int_equal(read_box(&b), -ENOENT);
    assert_says(&b, "there is no user \"nobody\"");
    box_done(&b);
}

static void test_exec(void **state)
{
    (void)state;
    struct box b;
    box_init(&b);
    put(&b, "a",
        "current-context: x\n"
        "clusters: [{name: c, cluster: {server: \"https://c\", extensions: [\n"
        "  {name: client.authentication.k8s.io/exec, extension: {a: b}}]}}]\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
        "users:\n"
        "- name: u\n"
        "  user:\n"
        "    exec:\n"
        "      apiVersion: client.authentication.k8s.io/v1\n"
        "      command: ./login\n"
        "      interactiveMode: Never\n"
        "      args: [--for, me]\n"
        "      env: [{name: REGION, value: north}]\n"
        "      provideClusterInfo: true\n");
    b.choice.path = in_box(&b, "a");
    assert_int_equal(read_box(&b), 0);
    assert_non_null(b.k.exec);
    assert_text(b.k.exec->command, "./login");
    assert_true(str_eq(b.k.exec->folder, b.folder));
    assert_int_equal(b.k.exec->args.count, 2);
    assert_text(b.k.exec->env.items[0].value, "north");
    assert_true(b.k.exec->wants_cluster);
    assert_true(b.k.exec->never_asks);
    assert_text(doc_text(b.k.exec->cluster_config, "a"), "b");
    box_done(&b);
}

#define ONE(cluster, user)                                                        \
    "{current-context: x, contexts: [{name: x, context: {cluster: c, user: u}}]," \
    " clusters: [{name: c, cluster: {server: \"https://s\", " cluster "}}],"      \
    " users: [{name: u, user: {" user "}}]}"

static void test_user(void **state)
{
    (void)state;
    struct box b;
    box_init(&b);
    b.choice.path = in_box(&b, "a");
    /* {"exp":9e11,...}: its base64 has the letters that a URL takes. */
    put(&b, "a",
        ONE("disable-compression: true", "auth-provider: {name: oidc, config: {"
                                         "id-token: e30.eyJleHAiOjllMTAsIm4iOiLDv8O_PyJ9.c2ln}}"));
    assert_int_equal(read_box(&b), 0);
    assert_text(b.k.token, "e30.eyJleHAiOjllMTAsIm4iOiLDv8O_PyJ9.c2ln");
    assert_true(b.k.no_gzip);
    put(&b, "a", ONE("", "as: jane, as-user-extra: {a: [\"1\"], b: [\"2\", \"3\"]}"));
    *PUSH(&b.a, &b.choice.as_extra) = STR("a=4");
    *PUSH(&b.a, &b.choice.as_extra) = STR("a=x=y");
    assert_int_equal(read_box(&b), 0);
    assert_int_equal(b.k.as_extra.count, 2);
    assert_int_equal(b.k.as_extra.items[0].values.count, 2);
    assert_text(b.k.as_extra.items[0].values.items[1], "x=y");
    assert_text(b.k.as_extra.items[1].values.items[1], "3");
    *PUSH(&b.a, &b.choice.as_extra) = STR("a");
    assert_int_equal(read_box(&b), -EINVAL);
    assert_says(&b, "--as-user-extra is written KEY=VALUE, not a");
    box_done(&b);
}

static const struct {
    const char *text, *says;
} refused[] = {
    {"[1, 2]", "is no kubeconfig: array"},
    {"a: [", "YAML"},
    {"{clusters: []}", "has no current context"},
    {"{current-context: x, contexts: [{name: x, context: {cluster: c}}]}",
     "there is no cluster \"c\""},
    {"{current-context: x, contexts: [{name: x, context: {cluster: c}}],"
     " clusters: [{name: c, cluster: {}}]}",
     "has no server"},
    {"{current-context: x, contexts: [{name: x, context: {cluster: c}}],"
     " clusters: [{name: c, cluster: {server: \"https://s\", certificate-authority: f,"
     " insecure-skip-tls-verify: true}}]}",
     "only one of them can hold"},
    {"{current-context: x, contexts: [{name: x, context: {cluster: c, user: u}}],"
     " clusters: [{name: c, cluster: {server: \"https://s\"}}],"
     " users: [{name: u, user: {client-key-data: \"%%%\"}}]}",
     "client-key-data is no base64"},
    {"{current-context: x, contexts: [{name: x, context: {cluster: c, user: u}}],"
     " clusters: [{name: c, cluster: {server: \"https://s\"}}],"
     " users: [{name: u, user: {auth-provider: {name: gcp}}}]}",
     "auth-provider gcp was removed from kubectl in 1.26; use an exec plug-in"},
    {"{kind: Pod}", "is no kubeconfig: its kind is Pod of v1, not Config of v1"},
    {"{apiVersion: v2}", "its kind is Config of v2"},
    {"{clusters: {}}", "clusters is of type object where a list is expected"},
    {"{users: [{name: u}, {name: w}, {name: u}]}",
     "the user \"u\" is there twice, first in line 1"},
    {ONE("insecure-skip-tls-verify: \"true\"", ""),
     "insecure-skip-tls-verify is of type string where true or false is expected"},
    {ONE("certificate-authority: a, certificate-authority-data: Yg==", ""),
     "certificate-authority and certificate-authority-data are both given"},
    {ONE("proxy-url: \"p:1\"", ""), "must begin with http://, https:// or socks5://"},
    {ONE("", "token: [a]"), "token is of type array where a text is expected"},
    {ONE("", "token: t, username: u"), "a token and a user name with password"},
    {ONE("", "client-certificate: a"), "has a client-certificate, but no client-key"},
    {ONE("", "as-uid: 1"), "as-groups, as-uid and as-user-extra need an as"},
    {ONE("", "auth-provider: {name: acme}"), "there is no auth-provider \"acme\""},
    {ONE("", "auth-provider: {name: oidc}"), "has no id-token yet"},
    {ONE("", "auth-provider: {name: oidc, config: {id-token: a.b}}"), "is no JSON Web Token"},
    {ONE("", "auth-provider: {name: oidc, config: {id-token: a.eyJleHAiOjB9.c}}"),
     "expired on 1970-01-01T00:00:00Z, and there is no refresh-token: log in again"},
    {ONE("", "auth-provider: {name: oidc, config: {id-token: a.eyJleHAiOjB9.c,"
             " refresh-token: r}}"),
     "any request of kubectl renews it"},
    {ONE("", "exec: {command: x, args: --z}"), "args is of type string where a list is expected"},
    {ONE("", "exec: {command: x, env: [{value: y}]}"), "exec has an env without a name"},
    {"{current-context: x, contexts: [{name: x, context: {cluster: c, user: u}}],"
     " clusters: [{name: c, cluster: {server: \"https://s\"}}],"
     " users: [{name: u, user: {exec: {command: x, apiVersion: v1}}}]}",
     "is none of client.authentication.k8s.io/v1"},
};

static void test_refused(void **state)
{
    (void)state;
    struct box b;
    box_init(&b);
    b.choice.path = in_box(&b, "a");
    assert_int_equal(read_box(&b), -ENOENT);
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        put(&b, "a", refused[i].text);
        if (read_box(&b) == 0)
            fail_msg("taken: %s", refused[i].text);
        assert_says(&b, refused[i].says);
    }
    box_done(&b);
}

static void test_in_a_pod(void **state)
{
    (void)state;
    struct box b;
    box_init(&b);
    assert_int_equal(read_box(&b), -ENOENT);
    assert_says(&b, "no cluster is configured");
    b.env.host = STR("fd00::1");
    b.env.port = STR("443");
    assert_int_equal(read_box(&b), -ENOENT);
    assert_says(&b, "this pod has no token of a service account");
    put(&b, "token", "abc");
    put(&b, "namespace", "shop\n");
    assert_int_equal(read_box(&b), 0);
    assert_text(b.k.server, "https://[fd00::1]:443");
    assert_text(b.k.ns, "shop");
    assert_true(str_eq(b.k.token_file, in_box(&b, "token")));
    b.env.pod_namespace = STR("downward");
    b.choice.as = STR("jane");
    *PUSH(&b.a, &b.choice.as_groups) = STR("dev");
    assert_int_equal(read_box(&b), 0);
    assert_text(b.k.ns, "downward");
    assert_int_equal(b.k.as_groups.count, 1);
    b.choice.server = STR("https://other:6443");
    assert_int_equal(read_box(&b), 0);
    assert_text(b.k.server, "https://other:6443");
    assert_true(str_empty(b.k.token_file));
    box_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merging), cmocka_unit_test(test_choosing),
        cmocka_unit_test(test_exec),    cmocka_unit_test(test_user),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_in_a_pod),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
