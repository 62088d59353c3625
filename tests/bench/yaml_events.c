/* SPDX-License-Identifier: Apache-2.0
 *
 * The yardstick of the benchmark: libyaml's event parser over every file below a folder, in one
 * thread, doing nothing with the events. Prints files, bytes, events and files that do not parse.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

static unsigned long files, events, refused;
static unsigned long long bytes;

static void parse(const unsigned char *text, size_t n)
{
    yaml_parser_t parser;
    yaml_event_t event;
    if (!yaml_parser_initialize(&parser))
        exit(EXIT_FAILURE);
    yaml_parser_set_input_string(&parser, text, n);
    for (bool more = true; more;) {
        if (!yaml_parser_parse(&parser, &event)) {
            refused++;
            break;
        }
        more = event.type != YAML_STREAM_END_EVENT;
        events++;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)ftw;
    if (type != FTW_F)
        return 0;
    size_t n = (size_t)st->st_size;
    unsigned char *text = malloc(n + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (!text || fd < 0 || read(fd, text, n) != (ssize_t)n) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    close(fd);
    parse(text, n);
    free(text);
    files++;
    bytes += n;
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2 || nftw(argv[1], visit, 16, FTW_PHYS) != 0) {
        fputs("usage: yaml_events FOLDER\n", stderr);
        return 2;
    }
    printf("%lu files, %llu bytes, %lu events, %lu refused\n", files, bytes, events, refused);
    return 0;
}
