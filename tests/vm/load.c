/* SPDX-License-Identifier: Apache-2.0
 *
 * What the test machines run: a static program that uses memory in one way and holds it. It is also
 * the pause container, and it ends the machine.
 *
 *     load hog   -m MIB [-r MIB/S] [-g CGROUP] [-a ADJ] [-n NAME]   anonymous memory
 *     load file  -m MIB -f FILE ...         writes FILE, holds it (memory, where FILE is on tmpfs)
 *     load cache -m MIB -f FILE ...         writes FILE, then reads it for ever
 *     load family -n NAME -m MIB ...        two children of 4 MiB, then -m MiB itself
 *     load pause                            ends at SIGTERM
 *     load exit STATUS                      QEMU ends with 2 * STATUS + 1 (isa-debug-exit)
 *
 * -g: enters that cgroup first; -a: its oom_score_adj; -n: its name in the kernel's log; -s: waits
 * before it uses memory: each SIGUSR2 makes it take so many MiB, SIGUSR1 all that is left.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, CHUNK = 64 * 1024, EXIT_PORT = 0xf4 };
#define MIB (1024UL * 1024UL)

static struct {
    double mib, mib_per_s;
    double step_mib;
    const char *file, *cgroup, *adj, *name;
} options;

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void sleep_s(double s)
{
    if (s <= 0)
        return;
    struct timespec t = {(time_t)s, (long)((s - (double)(time_t)s) * 1e9)};
    nanosleep(&t, NULL);
}

/* Waits until `done` bytes are due. */
static void keep_rate(double began_s, size_t done)
{
    if (options.mib_per_s > 0)
        sleep_s(began_s + (double)done / (double)MIB / options.mib_per_s - now_s());
}

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        fail(path);
    close(fd);
}

static void enter(void)
{
    char path[4096];
    if (options.adj)
        write_text("/proc/self/oom_score_adj", options.adj);
    if (options.name)
        prctl(PR_SET_NAME, options.name);
    if (!options.cgroup)
        return;
    snprintf(path, sizeof path, "%s/cgroup.procs", options.cgroup);
    write_text(path, "0");
}

static void hold(void)
{
    printf("holding\n");
    fflush(stdout);
    for (;;)
        pause();
}

/* Touches n bytes of small pages with what no kernel can merge or compress. */
static void use_memory(size_t n)
{
    uint8_t *p =
        mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        fail("mmap");
    madvise(p, n, MADV_NOHUGEPAGE);
    double began_s = now_s();
    uint64_t x = 88172645463325252U;
    for (size_t at = 0; at < n; at += PAGE) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        memcpy(p + at, &x, sizeof x);
        if (at % CHUNK == 0)
            keep_rate(began_s, at);
    }
}

static void write_file(size_t n)
{
    static char chunk[CHUNK];
    memset(chunk, 'x', sizeof chunk);
    int fd = open(options.file, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        fail(options.file);
    double began_s = now_s();
    for (size_t at = 0; at < n; at += CHUNK) {
        if (write(fd, chunk, CHUNK) != CHUNK)
            fail("write");
        keep_rate(began_s, at);
    }
    fsync(fd);
    close(fd);
}

static void read_for_ever(void)
{
    static char chunk[CHUNK];
    for (int pass = 0;; pass++) {
        int fd = open(options.file, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            fail(options.file);
        while (read(fd, chunk, sizeof chunk) > 0)
            ;
        close(fd);
        if (pass == 0)
            printf("holding\n");
        fflush(stdout);
        sleep_s(0.5);
    }
}

static void have_children(void)
{
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            prctl(PR_SET_NAME, "child");
            use_memory(4 * MIB);
            hold();
        }
    sleep_s(1);
}

static void use_in_steps(size_t n)
{
    size_t step = (size_t)(options.step_mib * (double)MIB);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (size_t part; n > 0; n -= part) {
        int number;
        sigwait(&set, &number);
        part = number == SIGUSR2 && step < n ? step : n;
        use_memory(part);
    }
}

static void leave(int signal)
{
    (void)signal;
    _exit(0);
}

static void end_machine(int status)
{
    if (ioperm(EXIT_PORT, 4, 1))
        fail("ioperm");
    outl((unsigned)status, EXIT_PORT);
}

static void read_options(int argc, char **argv)
{
    for (int c; (c = getopt(argc, argv, "m:r:f:g:a:n:s:")) != -1;)
        switch (c) {
        case 'm':
            options.mib = strtod(optarg, NULL);
            break;
        case 'r':
            options.mib_per_s = strtod(optarg, NULL);
            break;
        case 'f':
            options.file = optarg;
            break;
        case 'g':
            options.cgroup = optarg;
            break;
        case 'a':
            options.adj = optarg;
            break;
        case 'n':
            options.name = optarg;
            break;
        case 's':
            options.step_mib = strtod(optarg, NULL);
            break;
        default:
            exit(2);
        }
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    signal(SIGTERM, leave);
    signal(SIGINT, leave);
    if (!strcmp(verb, "exit") && argc > 2)
        end_machine((int)strtol(argv[2], NULL, 10));
    if (!strcmp(verb, "pause"))
        for (;;)
            pause();
    read_options(argc - 1, argv + 1);
    enter();
    size_t n = (size_t)(options.mib * (double)MIB);
    if (!strcmp(verb, "family"))
        have_children();
    if (!strcmp(verb, "hog") && options.step_mib > 0)
        use_in_steps(n);
    else if (!strcmp(verb, "hog") || !strcmp(verb, "family"))
        use_memory(n);
    else if ((!strcmp(verb, "file") || !strcmp(verb, "cache")) && options.file)
        write_file(n);
    else
        return 2;
    if (!strcmp(verb, "cache"))
        read_for_ever();
    hold();
}
