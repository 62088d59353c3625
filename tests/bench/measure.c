/* SPDX-License-Identifier: Apache-2.0
 *
 * measure COMMAND...: runs it with its output thrown away and prints "STATUS WALL_US CPU_US RSS_KIB"
 * of that one process. A small program of its own because a child's peak RSS starts at that of the
 * process it was forked from.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long us(struct timeval t)
{
    return t.tv_sec * 1000000LL + t.tv_usec;
}

int main(int argc, char **argv)
{
    struct timespec from, to;
    struct rusage used;
    int status;
    if (argc < 2)
        return 2;
    clock_gettime(CLOCK_MONOTONIC, &from);
    pid_t pid = fork();
    if (pid < 0)
        return 2;
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (wait4(pid, &status, 0, &used) != pid)
        return 2;
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%d %lld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
           (to.tv_sec - from.tv_sec) * 1000000LL + (to.tv_nsec - from.tv_nsec) / 1000,
           us(used.ru_utime) + us(used.ru_stime), used.ru_maxrss);
    return 0;
}
