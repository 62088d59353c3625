/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads manifests from files, folders and standard input into a cluster. Files are read by several
 * threads, while folders are still being listed, each into its own arena and its own small cluster;
 * these are joined in the order of the files, so the result does not depend on the number of threads.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/glob.h"
#include "model/decode.h"
#include "model/defaults.h"
#include "model/fork.h"
#include "source/apiserver.h"
#include "source/bulk.h"
#include "source/join.h"
#include "source/packed.h"
#include "source/source.h"

/* A larger JSON text is read item by item and keeps no positions: a tree takes about ten times its
 * size. YAML of any size keeps them. */
#define BULK_BYTES ((size_t)(8 * MIB))
/* Of YAML, which is read whole: a hundred times the largest that we know of. */
#define LARGEST_INPUT ((size_t)1 << 30)

enum { DEEPEST_FOLDER = 64, MOST_THREADS = 8 };

/* ---- which files ---- */

struct worker {
    struct arena keep;    /* objects */
    struct arena scratch; /* document trees; reset after each */
    struct buf text;      /* the file being read */
    size_t bytes;         /* what its folder said that it has; 0: not known */
};

struct file {
    struct str path;
    off_t bytes;             /* 0: not known */
    struct cluster *cluster; /* what is in it; in the reader's arena */
};

/* One thread lists and then reads too, the others read. */
struct pool {
    const struct source_options *options;
    struct arena *a;         /* of the listing thread: the list */
    struct cluster *cluster; /* gets what cannot be listed */
    unsigned threads, started;
    pthread_t ids[MOST_THREADS];
    struct worker workers[MOST_THREADS];
    atomic_bool out_of_memory;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t more;
    struct {
        struct file **items;
        size_t count, cap;
    } files;
    size_t next;         /* the first that nobody has taken */
    bool listed;         /* there will be no more, and from now on */
    struct file **queue; /* this holds: those from next on, the largest first */
};

static void start_reader(struct pool *p);

static void add_file(struct pool *p, struct str path, off_t bytes)
{
    struct file *f = arena_new(p->a, struct file);
    f->path = path;
    f->bytes = bytes;
    /* Only this thread changes the list; allocation may not return, so it is done before the lock. */
    size_t cap = p->files.cap;
    struct file **items = p->files.items;
    if (p->files.count == cap)
        items = arena_grow(p->a, items, cap, &cap, sizeof(struct file *));
    pthread_mutex_lock(&p->lock);
    p->files.items = items;
    p->files.cap = cap;
    p->files.items[p->files.count++] = f;
    pthread_cond_signal(&p->more);
    pthread_mutex_unlock(&p->lock);
    if (p->started + 1 < MIN((size_t)p->threads, p->files.count))
        start_reader(p);
}

static bool has_suffix(const char *name)
{
    struct str s = str_of(name);
    if (str_ends(s, ".gz"))
        s.n -= 3;
    return str_ends(s, ".yaml") || str_ends(s, ".yml") || str_ends(s, ".json");
}

struct entry {
    struct str name;
    unsigned char type; /* DT_REG...; DT_UNKNOWN on some file systems */
    off_t bytes;
};

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static void path_problem(struct pool *p, struct str path, const char *why)
{
    cluster_unreadable(p->a, p->cluster, path, (struct pos){0, 0},
                       arena_printf(p->a, "cannot be read: %s", why));
}

/* Links are followed to files, not to folders, so that a loop of links ends. A link that leads nowhere
 * counts as a file: opening it says what is wrong. */
static unsigned char type_of(struct pool *p, struct str path, unsigned char type)
{
    struct stat st;
    if (type == DT_UNKNOWN) {
        if (lstat(path.p, &st) < 0) {
            path_problem(p, path, strerror(errno));
            return DT_UNKNOWN;
        }
        type = (unsigned char)IFTODT(st.st_mode);
    }
    if (type == DT_LNK && has_suffix(path.p) && (stat(path.p, &st) < 0 || S_ISREG(st.st_mode)))
        return DT_REG;
    return type;
}

static bool is_excluded(struct pool *p, struct str path)
{
    const struct str_list *patterns = p->options->exclude;
    for (size_t i = 0; patterns && i < patterns->count; i++)
        if (glob_path(patterns->items[i], path)) {
            p->cluster->excluded_paths++;
            return true;
        }
    return false;
}

static void walk_folder(struct pool *p, struct str path, int depth)
{
    DIR *dir = depth > DEEPEST_FOLDER ? NULL : opendir(path.p);
    if (!dir) {
        path_problem(p, path, depth > DEEPEST_FOLDER ? "folders nest too deeply" : strerror(errno));
        return;
    }
    LIST_OF(struct entry) entries = {0};
    for (;;) {
        errno = 0;
        struct dirent *e = readdir(dir);
        if (!e)
            break;
        bool wanted = e->d_type == DT_DIR || e->d_type == DT_UNKNOWN || has_suffix(e->d_name);
        if (e->d_name[0] == '.' || !wanted)
            continue;
        struct stat st = {0};
        if (e->d_type == DT_REG)
            (void)fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW);
        *PUSH(p->a, &entries) =
            (struct entry){arena_str(p->a, str_of(e->d_name)), e->d_type, st.st_size};
        errno = 0;
    }
    if (errno)
        path_problem(p, path, strerror(errno));
    closedir(dir);
    if (entries.count)
        qsort(entries.items, entries.count, sizeof(*entries.items), by_name);
    for (size_t i = 0; i < entries.count; i++) {
        struct str below =
            arena_printf(p->a, STR_FMT "%s" STR_FMT, STR_ARG(path), str_ends(path, "/") ? "" : "/",
                         STR_ARG(entries.items[i].name));
        unsigned char type = type_of(p, below, entries.items[i].type);
        bool wanted = type == DT_DIR || (type == DT_REG && has_suffix(below.p));
        if (!wanted || is_excluded(p, below))
            continue;
        if (type == DT_DIR)
            walk_folder(p, below, depth + 1);
        else
            add_file(p, below, entries.items[i].bytes);
    }
}

static int list_files(void *arg)
{
    struct pool *p = arg;
    for (size_t i = 0; i < p->options->path_count; i++) {
        struct str path = arena_str(p->a, p->options->paths[i]);
        struct stat st;
        if (str_is(path, "-"))
            add_file(p, path, 0);
        else if (str_empty(path))
            path_problem(p, STR("-f \"\""), "no file is named (is a variable empty?)");
        else if (is_excluded(p, path))
            continue;
        else if (stat(path.p, &st) == 0 && S_ISDIR(st.st_mode))
            walk_folder(p, path, 0);
        else
            add_file(p, path, 0); /* opening it says what is wrong */
    }
    return 0;
}

/* ---- one file ---- */

static void worker_done(struct worker *w)
{
    arena_done(&w->keep);
    arena_done(&w->scratch);
    buf_done(&w->text);
}

/* Reads fd into w->text until it ends or w->text holds `most` bytes. 1 = it ended, 0 = there is more,
 * or negative errno. */
static int read_some(struct worker *w, int fd, size_t most)
{
    struct stat st;
    size_t bytes = w->bytes, step = 64 << 10;
    if (!bytes && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        bytes = (size_t)st.st_size;
    if (bytes)
        step = MIN(bytes, most) + 1;
    while (w->text.n < most) {
        size_t room = w->text.cap > w->text.n + 1 ? w->text.cap - w->text.n - 1 : 0;
        if (room < MIN(step, (size_t)4096)) {
            size_t cap = MAX(w->text.n + step + 1, w->text.cap + w->text.cap / 2);
            w->text.p = mem_realloc(w->text.p, cap);
            w->text.cap = cap;
            room = cap - w->text.n - 1;
        }
        ssize_t n = read(fd, w->text.p + w->text.n, room);
        if (n == 0)
            return 1;
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            w->text.n += (size_t)n;
        /* One byte more was asked for, and did not come: nothing follows. */
        if (n > 0 && w->bytes && w->text.n == w->bytes && (size_t)n < room)
            return 1;
        step = 64 << 10;
    }
    return 0;
}

static bool is_object(struct str text)
{
    struct str t = str_trim(str_sub(text, 0, 256));
    return t.n && t.p[0] == '{';
}

static void read_documents(struct worker *w, const struct decode_input *in, struct str text,
                           struct cluster *c)
{
    struct doc_reader r;
    doc_reader_init(&r, in->source->name, text);
    r.unwanted = decode_is_unwanted;
    for (;;) {
        struct doc_root root = {0};
        struct err e = {0};
        int got = doc_read(&r, &w->scratch, &root, &e);
        if (got == 0)
            break;
        if (got > 0) {
            decode_document(in, &root, c);
        } else {
            c->documents++;
            cluster_unreadable(&w->keep, c, in->source->name, pos_of_err(&e),
                               arena_str(&w->keep, str_of(e.msg)));
            if (doc_reader_resync(&r) <= 0)
                break;
        }
        arena_reset(&w->scratch);
    }
    doc_reader_done(&r);
    arena_reset(&w->scratch);
}

/* Network file systems let a signal interrupt open(). */
static int open_file(const char *path)
{
    int fd;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* As read_some(), unpacked; a negative errno with *e set. */
static int unpack_some(struct worker *w, struct packed *p, size_t most, struct err *e)
{
    enum { PIECE = 64 << 10 };
    while (w->text.n < most) {
        if (w->text.cap < w->text.n + PIECE) {
            size_t cap = w->text.n + PIECE + w->text.cap / 2;
            w->text.p = mem_realloc(w->text.p, cap);
            w->text.cap = cap;
        }
        ssize_t n = packed_read(p, w->text.p + w->text.n, PIECE, e);
        if (n <= 0)
            return n < 0 ? (int)n : 1;
        w->text.n += (size_t)n;
    }
    return 0;
}

/* w->text: how the packed text begins. */
static void read_packed(struct worker *w, int fd, const struct source *source, unsigned threads,
                        struct cluster *c)
{
    struct err e = {0};
    struct str begun = arena_str(&w->scratch, buf_str(&w->text));
    struct packed *p = packed_new(fd, begun);
    buf_clear(&w->text);
    int r = unpack_some(w, p, BULK_BYTES, &e);
    if (r == 0 && is_object(buf_str(&w->text))) {
        struct bulk_file in = {fd, source, buf_str(&w->text), p, threads};
        r = bulk_read(&in, &w->keep, c);
        packed_free(p);
        if (r == -ENOMEM)
            mem_out();
        return;
    }
    if (r == 0)
        r = unpack_some(w, p, LARGEST_INPUT, &e);
    packed_free(p);
    if (r == 0)
        r = err_set(&e, EFBIG, "is too large");
    if (r < 0) {
        c->documents++;
        cluster_unreadable(&w->keep, c, source->name, (struct pos){0, 0},
                           arena_str(&w->keep, str_of(e.msg)));
        return;
    }
    struct decode_input in = {.a = &w->keep, .source = source};
    read_documents(w, &in, buf_str(&w->text), c);
}

/* 0 or negative errno. */
static int read_fd(struct worker *w, int fd, const struct source *source, unsigned threads,
                   struct cluster *c)
{
    buf_clear(&w->text);
    int r = read_some(w, fd, BULK_BYTES);
    if (r >= 0 && packed_is(buf_str(&w->text))) {
        read_packed(w, fd, source, threads, c);
        arena_reset(&w->scratch);
        return 0;
    }
    if (r == 0 && is_object(buf_str(&w->text))) {
        struct bulk_file in = {fd, source, buf_str(&w->text), NULL, threads};
        if (bulk_read(&in, &w->keep, c) == -ENOMEM)
            mem_out();
        return 0;
    }
    if (r == 0)
        r = read_some(w, fd, LARGEST_INPUT);
    if (r == 0)
        return -EFBIG;
    if (r < 0)
        return r;
    struct decode_input in = {.a = &w->keep, .source = source};
    read_documents(w, &in, buf_str(&w->text), c);
    return 0;
}

static const char *url_hint(struct str path)
{
    bool url = str_starts(path, "https://") || str_starts(path, "http://");
    return url ? ". It is a URL: curl -fsSL URL | plimsoll ... -f -" : "";
}

static void read_file(struct worker *w, struct str path, unsigned threads, struct cluster *c)
{
    bool is_stdin = str_is(path, "-");
    struct source *source = arena_new(&w->keep, struct source);
    source->name = is_stdin ? STR("<stdin>") : path;
    int fd = is_stdin ? STDIN_FILENO : open_file(path.p);
    int r = fd < 0 ? -errno : read_fd(w, fd, source, threads, c);
    if (fd > 0)
        close(fd);
    if (r < 0)
        cluster_unreadable(&w->keep, c, source->name, (struct pos){0, 0},
                           arena_printf(&w->keep, "cannot be read: %s%s", strerror(-r),
                                        r == -ENOENT ? url_hint(path) : ""));
    c->files++;
    /* One huge file must not cost its size for as long as the others are read. */
    if (w->text.cap > (size_t)(4 * MIB))
        buf_done(&w->text);
}

/* ---- all files ---- */

struct reader {
    struct pool *pool;
    struct worker *worker;
};

/* The next file to read; waits while folders are being listed. NULL: there is none. */
static struct file *take_file(struct pool *p)
{
    struct file *f = NULL;
    pthread_mutex_lock(&p->lock);
    while (p->next == p->files.count && !p->listed)
        pthread_cond_wait(&p->more, &p->lock);
    if (p->next < p->files.count && !atomic_load(&p->out_of_memory))
        f = p->listed ? p->queue[p->next++] : p->files.items[p->next++];
    pthread_mutex_unlock(&p->lock);
    return f;
}

static int read_files(void *arg)
{
    struct reader *r = arg;
    for (struct file *f; (f = take_file(r->pool));) {
        f->cluster = arena_new(&r->worker->keep, struct cluster);
        r->worker->bytes = (size_t)f->bytes;
        read_file(r->worker, f->path, r->pool->threads, f->cluster);
    }
    return 0;
}

static void read_protected(struct pool *p, struct worker *w)
{
    struct reader r = {p, w};
    if (mem_protect(read_files, &r) < 0)
        atomic_store(&p->out_of_memory, true);
}

static void *run_reader(void *arg)
{
    struct reader r = *(struct reader *)arg;
    mem_free(arg);
    read_protected(r.pool, r.worker);
    return NULL;
}

/* A thread that cannot be started leaves its work to the rest. */
static void start_reader(struct pool *p)
{
    struct reader *r = mem_alloc(sizeof(*r));
    *r = (struct reader){p, &p->workers[p->started + 1]};
    if (pthread_create(&p->ids[p->started], NULL, run_reader, r) == 0)
        p->started++;
    else
        mem_free(r);
}

static int larger_first(const void *a, const void *b)
{
    off_t x = (*(struct file *const *)a)->bytes, y = (*(struct file *const *)b)->bytes;
    return (x < y) - (x > y);
}

static int list_all(void *arg)
{
    struct pool *p = arg;
    int r = list_files(p);
    p->queue = arena_array(p->a, struct file *, p->files.count + 1);
    return r;
}

/* The largest of what is left comes first, so that no thread is alone with it in the end. */
static void run_pool(struct pool *p)
{
    if (mem_protect(list_all, p) < 0)
        atomic_store(&p->out_of_memory, true);
    pthread_mutex_lock(&p->lock);
    for (size_t i = p->next; p->queue && i < p->files.count; i++)
        p->queue[i] = p->files.items[i];
    if (p->queue && p->next < p->files.count)
        qsort(p->queue + p->next, p->files.count - p->next, sizeof(struct file *), larger_first);
    p->listed = true;
    pthread_cond_broadcast(&p->more);
    pthread_mutex_unlock(&p->lock);
    read_protected(p, &p->workers[0]);
    for (unsigned i = 0; i < p->started; i++)
        pthread_join(p->ids[i], NULL);
}

static unsigned thread_count(const struct source_options *o)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = o->threads ? o->threads : cpus > 0 ? (unsigned)cpus : 1;
    return MAX(MIN(n, (unsigned)MOST_THREADS), 1U);
}

static void imply_namespace(struct cluster *c, struct str ns)
{
#define X(type, list)                          \
    for (size_t i = 0; i < c->list.count; i++) \
        if (c->list.items[i]->o.ns_implied)    \
            c->list.items[i]->o.ns = ns;
    CLUSTER_LISTS(X)
#undef X
}

static const struct object *find_elsewhere(const struct cluster *c, struct str ns)
{
#define X(type, list)                                          \
    for (size_t i = 0; i < c->list.count; i++) {               \
        const struct object *o = &c->list.items[i]->o;         \
        if (kind_is_namespaced(o->kind) && !str_eq(o->ns, ns)) \
            return o;                                          \
    }
    CLUSTER_LISTS(X)
#undef X
    return NULL;
}

static void lay_over(const struct source_options *o, struct arena *a, struct cluster *live,
                     struct cluster *files)
{
    if (o->implied_ns.n)
        imply_namespace(files, o->implied_ns);
    cluster_overlay(a, live, files);
    live->overlaid = files->objects;
    live->elsewhere = live->live->ns.n ? find_elsewhere(files, live->live->ns) : NULL;
}

static int read_live(const struct source_options *o, struct arena *a, struct cluster *ret,
                     struct err *e)
{
    int r = apiserver_read(o->live, a, ret, e);
    if (r < 0 || !o->before)
        return r;
    cluster_fork(a, ret, o->before);
    cluster_resolve(o->before);
    cluster_default(o->before);
    return 0;
}

int source_read(const struct source_options *o, struct arena *a, struct cluster *ret, struct err *e)
{
    *ret = (struct cluster){.arena = a, .complete = o->complete};
    if (o->live) {
        int r = read_live(o, a, ret, e);
        if (r < 0)
            return r;
    }
    struct pool pool = {
        .options = o,
        .a = a,
        .cluster = ret,
        .threads = thread_count(o),
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .more = PTHREAD_COND_INITIALIZER,
    };
    for (size_t i = 0; i < MOST_THREADS; i++) {
        arena_init(&pool.workers[i].keep);
        arena_init(&pool.workers[i].scratch);
        buf_init(&pool.workers[i].text, LARGEST_INPUT);
    }
    run_pool(&pool);
    for (size_t i = 0; i < MOST_THREADS; i++) {
        arena_absorb(a, &pool.workers[i].keep);
        worker_done(&pool.workers[i]);
    }
    if (atomic_load(&pool.out_of_memory))
        return err_set(e, ENOMEM, "out of memory");
    struct cluster files = {.arena = a};
    for (size_t i = 0; i < pool.files.count; i++)
        cluster_join(a, &files, pool.files.items[i]->cluster);
    if (o->live)
        lay_over(o, a, ret, &files);
    else
        cluster_join(a, ret, &files);
    cluster_resolve(ret);
    cluster_default(ret);
    return 0;
}

int source_list(const struct source_options *o, struct arena *a, struct str_list *ret,
                struct cluster *problems)
{
    struct pool pool = {
        .options = o,
        .a = a,
        .cluster = problems,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .more = PTHREAD_COND_INITIALIZER,
    };
    int r = mem_protect(list_all, &pool);
    for (size_t i = 0; r == 0 && i < pool.files.count; i++)
        *PUSH(a, ret) = pool.files.items[i]->path;
    return r;
}

size_t source_unreadable(const struct cluster *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->problems.count; i++)
        n += c->problems.items[i].type == PROBLEM_UNREADABLE;
    return n;
}
