/* SPDX-License-Identifier: Apache-2.0
 *
 * Each object becomes one line of its List. Nothing is kept but one line and which kinds there were.
 */
#include "act/snapshot.h"

#include <sys/stat.h>
#include <unistd.h>

#include "act/output.h"
#include "base/alloc.h"
#include "base/json_write.h"
#include "model/kind.h"

enum { MOST_UNKNOWN = 1000 };
#define LARGEST_LINE ((size_t)1 << 30)

struct list {
    struct act_output *out;
    size_t items;
};

struct snapshot {
    struct snapshot_options options;
    bool is_folder;
    /* One, or in a folder one for each kind; [KIND_UNKNOWN]: the rest, and the only one. */
    struct list lists[KIND_COUNT];
    bool seen[KIND_COUNT];
    struct map unknown; /* kinds of which one has been written */
    struct arena a;
    struct buf line;
    struct snapshot_counts counts;
};

/* ---- lists ---- */

static int make_folder(struct str to, struct err *e)
{
    char name[4096];
    if ((size_t)snprintf(name, sizeof(name), STR_FMT, STR_ARG(to)) >= sizeof(name))
        return err_set(e, ENAMETOOLONG, "the name of the folder is too long");
    if (mkdir(name, 0700) < 0 && errno != EEXIST)
        return err_set(e, errno, "cannot make the folder %.200s: %s", name, strerror(errno));
    return 0;
}

static struct str file_name(struct snapshot *s, enum kind k)
{
    if (!s->is_folder)
        return s->options.to;
    struct str to = s->options.to, name = str_of(k ? kind_name(k) : "");
    if (!name.n)
        name = STR("other");
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 8 * KIB);
    buf_add_str(&b, to);
    if (!str_ends(to, "/"))
        buf_add_char(&b, '/');
    for (size_t i = 0; i < name.n; i++)
        buf_add_char(&b, (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] + 32 : name.p[i]));
    buf_add_cstr(&b, ".json");
    return arena_str(&s->a, buf_str(&b));
}

static int list_add(struct snapshot *s, enum kind k, struct str line, struct err *e)
{
    static const struct str head = {"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n", 43};
    struct list *l = &s->lists[s->is_folder ? k : KIND_UNKNOWN];
    int r = 0;
    if (s->options.dry_run)
        return 0;
    if (!l->out) {
        r = act_output_open(file_name(s, k), &l->out, e);
        if (r == 0)
            r = act_output_write(l->out, head, e);
    }
    if (r == 0 && l->items)
        r = act_output_write(l->out, STR(",\n"), e);
    if (r == 0 && line.n) {
        r = act_output_write(l->out, line, e);
        l->items++;
    }
    return r;
}

/* ---- the whole ---- */

int snapshot_new(const struct snapshot_options *o, struct snapshot **ret, struct err *e)
{
    struct stat st;
    struct snapshot *s = mem_calloc(1, sizeof(*s));
    s->options = *o;
    arena_init(&s->a);
    map_init(&s->unknown);
    buf_init(&s->line, LARGEST_LINE);
    s->options.to = o->to.p ? arena_str(&s->a, o->to) : o->to;
    s->is_folder = o->to.p && (str_ends(o->to, "/") ||
                               (stat(s->options.to.p, &st) == 0 && S_ISDIR(st.st_mode)));
    int r = s->is_folder && !o->dry_run ? make_folder(s->options.to, e) : 0;
    /* What cannot be written is known before anything is asked for. */
    if (r == 0 && !s->is_folder)
        r = list_add(s, KIND_UNKNOWN, STR(""), e);
    if (r < 0)
        snapshot_abandon(s);
    else
        *ret = s;
    return r;
}

static bool is_new_kind(struct snapshot *s, struct str line)
{
    static char present;
    if (s->unknown.count >= MOST_UNKNOWN || map_get(&s->unknown, line))
        return false;
    map_put(&s->unknown, arena_str(&s->a, line), &present);
    return true;
}

int snapshot_add(struct snapshot *s, const struct doc *object, struct str api_version,
                 struct str kind, struct err *e)
{
    buf_clear(&s->line);
    enum kind k = kind_find(api_version, kind);
    enum record_result result = record_add(&s->line, object, api_version, kind, &s->options.names);
    if (result == RECORD_NOTHING) {
        s->counts.left_out++;
        return 0;
    }
    if (s->line.overflow)
        return err_set(e, EFBIG, "one object is too large");
    if (result == RECORD_UNKNOWN) {
        s->counts.unknown++;
        return is_new_kind(s, buf_str(&s->line)) ? list_add(s, KIND_UNKNOWN, buf_str(&s->line), e)
                                                 : 0;
    }
    s->counts.objects++;
    s->counts.kinds += !s->seen[k];
    s->seen[k] = true;
    return list_add(s, k, buf_str(&s->line), e);
}

static void add_gap(struct snapshot *s, struct json_writer *w, const struct unlisted_kind *u)
{
    json_map(w);
    json_add_cstr(w, "kind", kind_name(u->kind));
    if (u->resource.n) {
        json_add_str(w, "resource", u->resource);
        json_add_bool(w, "forbidden", u->forbidden);
        /* The server's words name users. */
        json_add_str(w, "reason", s->options.names.all ? STR("") : u->reason);
    }
    json_map_end(w);
}

int snapshot_add_gaps(struct snapshot *s, const struct cluster *c, struct err *e)
{
    struct json_writer w;
    struct buf ns CLEANUP(buf_done) = {0};
    bool by_name = !s->seen[KIND_PROMETHEUS_RULE];
    if (!c->live->ns.n && !c->unlisted.count && !by_name)
        return 0;
    buf_init(&ns, 4 * KIB);
    if (s->options.names.all)
        redact_add(s->options.names.all, &ns, c->live->ns);
    else
        buf_add_str(&ns, c->live->ns);
    buf_clear(&s->line);
    json_writer_init(&w, &s->line, JSON_COMPACT);
    json_map(&w);
    json_add_cstr(&w, "apiVersion", "plimsoll.dev/v1");
    json_add_cstr(&w, "kind", "Recording");
    json_key(&w, "metadata");
    json_map(&w);
    json_add_cstr(&w, "name", "recording");
    json_map_end(&w);
    json_key(&w, "spec");
    json_map(&w);
    if (ns.n)
        json_add_str(&w, "namespace", buf_str(&ns));
    json_key(&w, "unlisted");
    json_seq(&w);
    for (size_t i = 0; i < c->unlisted.count; i++)
        add_gap(s, &w, &c->unlisted.items[i]);
    /* ConfigMaps are fetched by name (source/apiserver.c): alerts may be in others. */
    if (by_name)
        add_gap(s, &w, &(struct unlisted_kind){.kind = KIND_CONFIG_MAP});
    json_seq_end(&w);
    json_map_end(&w);
    json_map_end(&w);
    return list_add(s, KIND_RECORDING, str_trim(buf_str(&s->line)), e);
}

static void snapshot_free(struct snapshot *s)
{
    buf_done(&s->line);
    map_done(&s->unknown);
    arena_done(&s->a);
    mem_free(s);
}

int snapshot_commit(struct snapshot *s, struct snapshot_counts *ret, struct err *e)
{
    int r = 0;
    *ret = s->counts;
    for (size_t k = 0; k < KIND_COUNT && r == 0; k++) {
        struct act_output *out = s->lists[k].out;
        if (!out)
            continue;
        r = act_output_write(out, STR("\n]}\n"), e);
        if (r < 0)
            break;
        s->lists[k].out = NULL;
        r = act_output_commit(out, e);
    }
    if (r < 0)
        snapshot_abandon(s);
    else
        snapshot_free(s);
    return r;
}

void snapshot_abandon(struct snapshot *s)
{
    for (size_t k = 0; k < KIND_COUNT; k++)
        act_output_abandon(s->lists[k].out);
    snapshot_free(s);
}
