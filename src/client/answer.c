/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers in words: what a status means, and the Status object that Kubernetes puts into the body of
 * an error.
 */
#include "base/text.h"
#include "client/inside.h"

static const struct {
    int status, error;
    const char *words;
} statuses[] = {
    {101, 0, "Switching Protocols"},
    {200, 0, "OK"},
    {201, 0, "Created"},
    {202, 0, "Accepted"},
    {204, 0, "No Content"},
    {301, EREMOTE, "Moved Permanently"},
    {302, EREMOTE, "Found"},
    {303, EREMOTE, "See Other"},
    {304, EREMOTE, "Not Modified"},
    {307, EREMOTE, "Temporary Redirect"},
    {308, EREMOTE, "Permanent Redirect"},
    {400, EINVAL, "Bad Request"},
    {401, EACCES, "Unauthorized"},
    {403, EPERM, "Forbidden"},
    {404, ENOENT, "Not Found"},
    {405, EOPNOTSUPP, "Method Not Allowed"},
    {406, EOPNOTSUPP, "Not Acceptable"},
    {409, EEXIST, "Conflict"},
    {410, ESTALE, "Gone"},
    {413, EFBIG, "Request Entity Too Large"},
    {415, EOPNOTSUPP, "Unsupported Media Type"},
    {422, EINVAL, "Unprocessable Entity"},
    {429, EAGAIN, "Too Many Requests"},
    {500, EIO, "Internal Server Error"},
    {502, EIO, "Bad Gateway"},
    {503, EIO, "Service Unavailable"},
    {504, EIO, "Gateway Timeout"},
};

const char *answer_status_words(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].words;
    return "";
}

static int error_of(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].error ? statuses[i].error : EIO;
    return status >= 300 && status < 400 ? EREMOTE : EIO;
}

void answer_add_ms(struct buf *b, int64_t ms)
{
    if (ms < 1000)
        buf_printf(b, "%lld ms", (long long)ms);
    else if (ms % 1000)
        buf_printf(b, "%lld.%lld s", (long long)(ms / 1000), (long long)(ms % 1000 / 100));
    else
        buf_printf(b, "%lld s", (long long)(ms / 1000));
}

static void read_status_object(struct client_answer *answer, struct str body, struct arena *a)
{
    struct doc_root root = {0};
    if (json_parse(STR("the answer"), arena_str(a, body), a, &root, NULL) < 0 || !root.root ||
        !str_is(doc_text(root.root, "kind"), "Status"))
        return;
    answer->status_body = root.root;
    answer->reason = doc_text(root.root, "reason");
    answer->message = doc_text(root.root, "message");
    int64_t seconds = doc_int(doc_get(root.root, "details"), "retryAfterSeconds", -1);
    if (answer->retry_after_ms < 0 && seconds >= 0 && seconds < 86400)
        answer->retry_after_ms = seconds * 1000;
}

/* A text that is no Status: its first line, unless it is a page for a browser. */
static void add_other_body(struct buf *b, const struct client_answer *answer, struct str body)
{
    struct str line = str_trim(str_cut(str_trim(body), '\n', &(struct str){0}));
    if (str_starts(line, "<"))
        buf_add_cstr(b, ": an HTML page, so this is no API server or a proxy stands in between");
    else if (line.n && !str_starts(line, "{")) {
        buf_add_cstr(b, ": ");
        buf_add_str(b, str_sub(line, 0, 140));
    }
    (void)answer;
}

int answer_refused(struct client *c, const struct client_request *r, struct client_answer *answer,
                   struct str body, struct arena *a, struct err *e)
{
    struct buf more CLEANUP(buf_done);
    buf_init(&more, 4 * KIB);
    read_status_object(answer, body, a);
    if (answer->message.n) {
        buf_add_cstr(&more, ": ");
        buf_add_str(&more, answer->message);
    } else {
        add_other_body(&more, answer, body);
    }
    if (answer->status == 401)
        credential_add_doubt(c->credential, &more);
    if (error_of(answer->status) == EREMOTE)
        buf_add_cstr(&more, ": a redirect, which is not followed; is the server's URL right?");
    (void)r;
    return err_set(e, error_of(answer->status), "the server answered %d %s" STR_FMT, answer->status,
                   answer_status_words(answer->status), STR_ARG(buf_str(&more)));
}

static bool wants_json(const struct client_request *r)
{
    return str_empty(r->accept) || str_find(r->accept, "json") >= 0;
}

int answer_check(const struct client_request *r, const struct http_response *response,
                 struct err *e)
{
    struct str type = response->content_type, encoding = response->content_encoding;
    if (encoding.n && !str_is_nocase(encoding, "gzip") && !str_is_nocase(encoding, "identity"))
        return err_set(e, EBADMSG,
                       "the answer is packed as \"" STR_FMT "\", which was not asked for",
                       STR_ARG(encoding));
    if (response->status == 204 || response->body_bytes == 0 || !type.n || !wants_json(r) ||
        str_find(type, "json") >= 0)
        return 0;
    return err_set(e, EBADMSG,
                   "the answer is " STR_FMT ", not JSON: this is no API server, or a proxy "
                   "stands in between",
                   STR_ARG(type));
}
