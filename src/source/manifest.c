/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads manifests from files, folders and standard input into a cluster. Files are read by several
 * threads, each into its own arena and its own small cluster; these are joined in the order of the
 * files, so the result does not depend on the number of threads.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "model/decode.h"
#include "model/defaults.h"
#include "source/bulk.h"
#include "source/join.h"
#include "source/source.h"

/* A larger JSON text is read item by item and keeps no positions: a tree takes about ten times its
 * size. YAML of any size keeps them. */
#define BULK_BYTES ((size_t)(8 * MIB))
/* Of YAML, which is read whole: a hundred times the largest that we know of. */
#define LARGEST_INPUT ((size_t)1 << 30)

enum { DEEPEST_FOLDER = 64, MOST_THREADS = 8 };

/* ---- which files ---- */

struct file_list {
    struct str *items;
    size_t count, cap;
};

struct job {
    const struct source_options *options;
    struct arena *a;
    struct file_list files;
    struct cluster *cluster;
};

static bool has_suffix(struct str name)
{
    return str_ends(name, ".yaml") || str_ends(name, ".yml") || str_ends(name, ".json");
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void walk_folder(struct job *j, struct str path, int depth);

/* Links are followed to files, not to folders, so that a loop of links ends. */
static void walk_entry(struct job *j, struct str path, int depth)
{
    struct stat st;
    if (lstat(path.p, &st) < 0) {
        cluster_unreadable(j->a, j->cluster, path, (struct pos){0, 0},
                           arena_printf(j->a, "cannot be read: %s", strerror(errno)));
        return;
    }
    if (S_ISDIR(st.st_mode)) {
        walk_folder(j, path, depth + 1);
        return;
    }
    if (!has_suffix(path))
        return;
    if (S_ISLNK(st.st_mode) && (stat(path.p, &st) < 0 || S_ISDIR(st.st_mode)))
        return;
    if (S_ISREG(st.st_mode))
        *PUSH(j->a, &j->files) = path;
}

static void folder_problem(struct job *j, struct str path, const char *why)
{
    cluster_unreadable(j->a, j->cluster, path, (struct pos){0, 0},
                       arena_printf(j->a, "cannot be read: %s", why));
}

static void walk_folder(struct job *j, struct str path, int depth)
{
    DIR *dir = depth > DEEPEST_FOLDER ? NULL : opendir(path.p);
    if (!dir) {
        folder_problem(j, path,
                       depth > DEEPEST_FOLDER ? "folders nest too deeply" : strerror(errno));
        return;
    }
    struct file_list names = {0};
    bool slash = str_ends(path, "/");
    for (;;) {
        errno = 0;
        struct dirent *e = readdir(dir);
        if (!e)
            break;
        if (e->d_name[0] != '.')
            *PUSH(j->a, &names) =
                arena_printf(j->a, STR_FMT "%s%s", STR_ARG(path), slash ? "" : "/", e->d_name);
    }
    if (errno)
        folder_problem(j, path, strerror(errno));
    closedir(dir);
    if (names.count)
        qsort(names.items, names.count, sizeof(*names.items), by_name);
    for (size_t i = 0; i < names.count; i++)
        walk_entry(j, names.items[i], depth);
}

static void list_files(struct job *j)
{
    for (size_t i = 0; i < j->options->path_count; i++) {
        struct str path = arena_str(j->a, j->options->paths[i]);
        struct stat st;
        if (str_is(path, "-"))
            *PUSH(j->a, &j->files) = path;
        else if (stat(path.p, &st) == 0 && S_ISDIR(st.st_mode))
            walk_folder(j, path, 0);
        else
            *PUSH(j->a, &j->files) = path; /* opening it says what is wrong */
    }
}

/* ---- one file ---- */

struct worker {
    struct arena keep;    /* objects */
    struct arena scratch; /* document trees; reset after each */
    struct buf text;      /* the file being read */
};

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
    size_t step = 64 << 10;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        step = MIN((size_t)st.st_size, most) + 1;
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

/* 0 or negative errno. */
static int read_fd(struct worker *w, int fd, const struct source *source, unsigned threads,
                   struct cluster *c)
{
    buf_clear(&w->text);
    int r = read_some(w, fd, BULK_BYTES);
    if (r == 0 && is_object(buf_str(&w->text))) {
        struct bulk_input in = {fd, source, buf_str(&w->text), threads};
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
                           arena_printf(&w->keep, "cannot be read: %s", strerror(-r)));
    c->files++;
    /* One huge file must not cost its size for as long as the others are read. */
    if (w->text.cap > (size_t)(4 * MIB))
        buf_done(&w->text);
}

/* ---- all files ---- */

struct pool {
    const struct file_list *files;
    struct cluster *results; /* one per file */
    unsigned threads;
    atomic_size_t next;
    atomic_bool out_of_memory;
    struct worker workers[MOST_THREADS];
};
struct pool_job {
    struct pool *pool;
    struct worker *worker;
};

static int work(void *arg)
{
    struct pool_job *j = arg;
    for (;;) {
        size_t i = atomic_fetch_add(&j->pool->next, 1);
        if (i >= j->pool->files->count || atomic_load(&j->pool->out_of_memory))
            return 0;
        read_file(j->worker, j->pool->files->items[i], j->pool->threads, &j->pool->results[i]);
    }
}

static void *work_protected(void *arg)
{
    struct pool_job *j = arg;
    if (mem_protect(work, j) < 0)
        atomic_store(&j->pool->out_of_memory, true);
    return NULL;
}

static unsigned thread_count(const struct source_options *o)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = o->threads ? o->threads : cpus > 0 ? (unsigned)cpus : 1;
    return MAX(MIN(n, (unsigned)MOST_THREADS), 1U);
}

static void run_pool(struct pool *p, unsigned threads)
{
    struct pool_job jobs[MOST_THREADS];
    pthread_t ids[MOST_THREADS];
    unsigned started = 0;
    for (unsigned i = 0; i < threads; i++)
        jobs[i] = (struct pool_job){p, &p->workers[i]};
    /* The last job is this thread's; a thread that cannot be started leaves its work to the rest. */
    for (unsigned i = 0; i + 1 < threads; i++) {
        if (pthread_create(&ids[started], NULL, work_protected, &jobs[i]) != 0)
            break;
        started++;
    }
    work_protected(&jobs[threads - 1]);
    for (unsigned i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
}

int source_read(const struct source_options *o, struct arena *a, struct cluster *ret, struct err *e)
{
    *ret = (struct cluster){.arena = a, .complete = o->complete};
    struct job job = {.options = o, .a = a, .cluster = ret};
    list_files(&job);
    struct pool pool = {.files = &job.files};
    pool.results = arena_array(a, struct cluster, job.files.count);
    for (size_t i = 0; i < MOST_THREADS; i++) {
        arena_init(&pool.workers[i].keep);
        arena_init(&pool.workers[i].scratch);
        buf_init(&pool.workers[i].text, LARGEST_INPUT);
    }
    pool.threads = thread_count(o);
    run_pool(&pool, (unsigned)MAX(MIN((size_t)pool.threads, job.files.count), (size_t)1));
    for (size_t i = 0; i < MOST_THREADS; i++) {
        arena_absorb(a, &pool.workers[i].keep);
        worker_done(&pool.workers[i]);
    }
    if (atomic_load(&pool.out_of_memory))
        return err_set(e, ENOMEM, "out of memory");
    for (size_t i = 0; i < job.files.count; i++)
        cluster_join(a, ret, &pool.results[i]);
    cluster_resolve(ret);
    cluster_default(ret);
    return 0;
}

size_t source_unreadable(const struct cluster *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->problems.count; i++)
        n += c->problems.items[i].type == PROBLEM_UNREADABLE;
    return n;
}
