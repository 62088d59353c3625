/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts text into words and replaces those that may tell who or where. Addresses, UUIDs and digests are
 * whole words of their own, and stay what they are in form.
 */
#include "model/redact.h"

#include <stdlib.h>

enum {
    LONGEST_WORD = 64,
    UUID_LENGTH = 36,
    DIGEST_LEAST = 32,
    LONGEST_FLAG = 3,
    MOST_DIGITS = 5, /* of a number that is no name */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
}
/* What is no ASCII may be a letter of somebody's. */
static bool is_word_char(char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || (unsigned char)c >= 0x80;
}

static void add_words(struct redact *r, struct str text)
{
    static char present;
    while (text.n) {
        struct str word = str_cut(text, ' ', &text);
        if (word.n)
            map_put(&r->words, word, &present);
    }
}

void redact_init(struct redact *r, struct str key, const char *const *more)
{
    *r = (struct redact){0};
    map_init(&r->words);
    map_init(&r->nodes);
    arena_init(&r->a);
    /* A key of any length counts whole: its own hash begins the hash of every word. */
    char digest[SHA256_HEX];
    struct sha256 s;
    sha256_init(&s);
    sha256_add(&s, key.p, key.n);
    sha256_hex(&s, digest);
    sha256_init(&r->keyed);
    sha256_add(&r->keyed, digest, 64);
    add_words(r, str_of(redact_words));
    for (; more && *more; more++) {
        struct buf words CLEANUP(buf_done);
        buf_init(&words, KIB);
        for (const char *p = *more; *p; p++)
            buf_add_char(&words, is_word_char(*p) ? lower(*p) : ' ');
        add_words(r, arena_str(&r->a, buf_str(&words)));
    }
}

void redact_done(struct redact *r)
{
    map_done(&r->words);
    map_done(&r->nodes);
    arena_done(&r->a);
}

/* ---- hashes ---- */

/* SHA-256 over key, kind of word and word, twice over, as HMAC does: nobody can extend it. */
static void hash_word(const struct redact *r, const char *kind, struct str word,
                      char ret[SHA256_HEX])
{
    struct sha256 inner = r->keyed, outer = r->keyed;
    sha256_add(&inner, kind, strlen(kind));
    sha256_add(&inner, word.p, word.n);
    sha256_hex(&inner, ret);
    sha256_add(&outer, "outer", 5);
    sha256_add(&outer, ret, 64);
    sha256_hex(&outer, ret);
}

static unsigned hex_pair(const char *p)
{
    unsigned high = (unsigned)(is_digit(p[0]) ? p[0] - '0' : p[0] - 'a' + 10);
    unsigned low = (unsigned)(is_digit(p[1]) ? p[1] - '0' : p[1] - 'a' + 10);
    return high * 16 + low;
}

/* A letter and seven of 32 letters and digits: 40 bits, and a name of Kubernetes wherever one may
 * stand. */
static void make_letters(const struct redact *r, const char *kind, struct str word,
                         char ret[REDACT_LETTERS])
{
    static const char symbols[] = "abcdefghijklmnopqrstuvwxyz234567";
    char hash[SHA256_HEX];
    hash_word(r, kind, word, hash);
    ret[0] = symbols[(hex_pair(hash) * 256 + hex_pair(hash + 2)) % 26];
    for (size_t i = 1; i < REDACT_LETTERS; i++)
        ret[i] = symbols[hex_pair(hash + 2 + 2 * i) % 32];
}

static const char *part_in(struct str word)
{
    for (size_t i = 0; redact_parts[i]; i++)
        if (str_find(word, redact_parts[i]) >= 0)
            return redact_parts[i];
    return NULL;
}

/* Eight letters that say nothing to a rule: "db" in them would be a database. */
static void make_alias(const struct redact *r, struct str word, char ret[REDACT_LETTERS])
{
    char kind[16] = "word:";
    make_letters(r, kind, word, ret);
    for (int again = 1; part_in((struct str){ret, REDACT_LETTERS}) && again < 10; again++) {
        snprintf(kind, sizeof(kind), "word%d:", again);
        make_letters(r, kind, word, ret);
    }
}

static void add_alias(struct redact *r, struct buf *out, struct str word)
{
    char alias[REDACT_LETTERS];
    size_t slot = str_hash(word) % REDACT_SLOTS;
    bool short_enough = word.n <= REDACT_LONGEST_CACHED;
    if (short_enough && str_eq(word, (struct str){r->slots[slot].word, r->slots[slot].n})) {
        buf_add(out, r->slots[slot].alias, REDACT_LETTERS);
        return;
    }
    make_alias(r, word, alias);
    buf_add(out, alias, REDACT_LETTERS);
    if (!short_enough)
        return;
    r->slots[slot].n = (uint8_t)word.n;
    memcpy(r->slots[slot].word, word.p, word.n);
    memcpy(r->slots[slot].alias, alias, REDACT_LETTERS);
}

/* As many hexadecimal digits as text has, other characters as they are. */
static void add_hex_like(struct redact *r, struct buf *out, struct str text)
{
    char hash[SHA256_HEX];
    hash_word(r, "hex:", text, hash);
    for (size_t i = 0, n = 0; i < text.n; i++) {
        buf_add_char(out, is_hex(text.p[i]) ? hash[n % 64] : text.p[i]);
        n += is_hex(text.p[i]);
    }
}

void redact_add_number(struct redact *r, struct buf *out, struct str text)
{
    char hash[SHA256_HEX];
    size_t digits = 0;
    for (size_t i = 0; i < text.n; i++)
        digits += is_digit(text.p[i]);
    if (digits <= MOST_DIGITS) {
        buf_add_str(out, text);
        return;
    }
    hash_word(r, "number:", text, hash);
    for (size_t i = 0, n = 0; i < text.n; i++) {
        char c = text.p[i];
        /* No zero may come to lead, and one that leads stands before a point. */
        unsigned value = hex_pair(hash + 2 * (n % 32));
        if (is_digit(c) && (n > 0 || c != '0'))
            c = (char)(n > 0 ? '0' + value % 10 : '1' + value % 9);
        buf_add_char(out, c);
        n += is_digit(c);
    }
}

/* ---- words that are no names ---- */

/* The units of amounts and durations. */
static size_t unit_length(struct str s)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "Ki", "Mi", "Gi", "Ti",
                                        "Pi",  "ms",  "us",  "ns",  "k",  "M",  "G",  "T",
                                        "K",   "m",   "g",   "s",   "h",  "u",  "d"};
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (str_starts(s, units[i]))
            return strlen(units[i]);
    return 0;
}

/* "8080", "512Mi", "1h30m": numbers of at most five digits, with units. */
static bool is_amount(struct str s)
{
    size_t parts = 0;
    while (s.n) {
        size_t digits = 0;
        while (digits < s.n && is_digit(s.p[digits]))
            digits++;
        if (digits == 0 || digits > MOST_DIGITS)
            return false;
        s = str_sub(s, digits, s.n);
        size_t unit = unit_length(s);
        if (s.n && !unit)
            return false;
        s = str_sub(s, unit, s.n);
        parts++;
    }
    return parts > 0;
}

/* "v1", "v1beta2". */
static bool is_version(struct str s)
{
    size_t at = 1;
    if (s.n < 2 || s.p[0] != 'v' || !is_digit(s.p[1]))
        return false;
    while (at < s.n && is_digit(s.p[at]))
        at++;
    if (at > 1 + MOST_DIGITS)
        return false;
    s = str_sub(s, at, s.n);
    if (str_starts(s, "beta"))
        s = str_sub(s, 4, s.n);
    else if (str_starts(s, "alpha"))
        s = str_sub(s, 5, s.n);
    return s.n <= 2 && (s.n < 1 || is_digit(s.p[0])) && (s.n < 2 || is_digit(s.p[1]));
}

static bool is_known(const struct redact *r, struct str word)
{
    char small[LONGEST_WORD];
    if (word.n > LONGEST_WORD)
        return false;
    for (size_t i = 0; i < word.n; i++)
        small[i] = lower(word.p[i]);
    if (map_get(&r->words, (struct str){small, word.n}))
        return true;
    /* "Xmx2g", "http2": a known word and an amount. */
    size_t end = 0;
    while (end < word.n && !is_digit(word.p[end]))
        end++;
    return end > 0 && end < word.n && is_amount(str_sub(word, end, word.n)) &&
           map_get(&r->words, (struct str){small, end});
}

static void add_word(struct redact *r, struct buf *out, struct str word)
{
    if (word.n == 1 || is_amount(word) || is_version(word) || is_known(r, word)) {
        buf_add_str(out, word);
        return;
    }
    size_t hex = 0;
    while (hex < word.n && is_hex(word.p[hex]))
        hex++;
    if (hex == word.n && hex >= DIGEST_LEAST) {
        add_hex_like(r, out, word);
        return;
    }
    add_alias(r, out, word);
    const char *part = part_in(word);
    if (part)
        buf_add_cstr(out, part);
}

/* ---- addresses ---- */

/* "10.0.3.17" and "10-0-3-17": its length, 0 if s does not begin with one. */
static size_t ipv4_length(struct str s, unsigned ret[4])
{
    size_t at = 0;
    char between = 0;
    for (int part = 0; part < 4; part++) {
        size_t digits = 0;
        ret[part] = 0;
        while (at + digits < s.n && digits < 4 && is_digit(s.p[at + digits]))
            ret[part] = ret[part] * 10 + (unsigned)(s.p[at + digits++] - '0');
        if (digits == 0 || digits > 3 || ret[part] > 255)
            return 0;
        at += digits;
        if (part == 3)
            break;
        if (at == s.n || (s.p[at] != '.' && s.p[at] != '-') || (between && s.p[at] != between))
            return 0;
        between = s.p[at++];
    }
    return at < s.n && is_word_char(s.p[at]) ? 0 : at;
}

static void add_ipv4(struct redact *r, struct buf *out, struct str text, const unsigned part[4])
{
    if (part[0] == 127 || (!part[0] && !part[1] && !part[2] && !part[3])) {
        buf_add_str(out, text);
        return;
    }
    char hash[SHA256_HEX], plain[16];
    int n = snprintf(plain, sizeof(plain), "%u.%u.%u.%u", part[0], part[1], part[2], part[3]);
    hash_word(r, "ipv4:", (struct str){plain, (size_t)n}, hash);
    char between = str_find_char(text, '.') >= 0 ? '.' : '-';
    buf_printf(out, "10%c%u%c%u%c%u", between, hex_pair(hash), between, hex_pair(hash + 2), between,
               hex_pair(hash + 4));
}

/* "host10.0.3.17": whether an address follows behind the letters. */
static bool begins_ipv4(struct str s, size_t at)
{
    unsigned part[4];
    return at > 0 && is_digit(s.p[at]) && !is_digit(s.p[at - 1]) &&
           ipv4_length(str_sub(s, at, s.n), part) > 0;
}

/* Two colons or more among hexadecimal digits; "::1" and "::" are no names. The last part may be an IPv4
 * address: "::ffff:10.0.3.17". */
static size_t ipv6_length(struct str s)
{
    size_t at = 0, colons = 0, digits = 0, last = 0;
    unsigned part[4];
    while (at < s.n && (is_hex(s.p[at]) || s.p[at] == ':')) {
        colons += s.p[at] == ':';
        digits += s.p[at] != ':';
        last = s.p[at++] == ':' ? at : last;
    }
    size_t v4 =
        colons >= 2 && at < s.n && s.p[at] == '.' ? ipv4_length(str_sub(s, last, s.n), part) : 0;
    if (v4)
        return last + v4;
    bool ends = at == s.n || !is_word_char(s.p[at]);
    return ends && colons >= 2 && digits > 1 ? at : 0;
}

static size_t uuid_length(struct str s)
{
    if (s.n < UUID_LENGTH || (s.n > UUID_LENGTH && is_word_char(s.p[UUID_LENGTH])))
        return 0;
    for (size_t i = 0; i < UUID_LENGTH; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.p[i] != '-' : !is_hex(s.p[i]))
            return 0;
    }
    return UUID_LENGTH;
}

static void add_ipv6(struct redact *r, struct buf *out, struct str text)
{
    char hash[SHA256_HEX];
    hash_word(r, "ipv6:", text, hash);
    buf_printf(out, "fd00::%.4s:%.4s:%.4s", hash, hash + 4, hash + 8);
}

/* The letters after the dash of "-ec". */
static bool is_flag(struct str text, size_t at)
{
    return at > 0 && text.p[at - 1] == '-' && (at == 1 || text.p[at - 2] == ' ');
}

static void add_text(struct redact *r, struct buf *out, struct str text)
{
    for (size_t at = 0; at < text.n;) {
        struct str rest = str_sub(text, at, text.n);
        unsigned part[4];
        size_t n = is_digit(rest.p[0]) ? ipv4_length(rest, part) : 0;
        if (n) {
            add_ipv4(r, out, str_sub(rest, 0, n), part);
        } else if ((n = is_hex(rest.p[0]) ? uuid_length(rest) : 0)) {
            add_hex_like(r, out, str_sub(rest, 0, n));
        } else if ((n = is_hex(rest.p[0]) || rest.p[0] == ':' ? ipv6_length(rest) : 0)) {
            add_ipv6(r, out, str_sub(rest, 0, n));
        } else if (is_word_char(rest.p[0])) {
            while (n < rest.n && is_word_char(rest.p[n]) && !begins_ipv4(rest, n))
                n++;
            if (n <= LONGEST_FLAG && is_flag(text, at))
                buf_add(out, rest.p, n);
            else
                add_word(r, out, str_sub(rest, 0, n));
        } else {
            buf_add_char(out, rest.p[0]);
            n = 1;
        }
        at += n;
    }
}

/* ---- names of nodes ---- */

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* "node" or "default" may be somebody's node, but is a word of many other things, too. */
static bool is_plain_word(struct redact *r, struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!is_word_char(name.p[i]))
            return false;
    return is_known(r, name);
}

void redact_nodes(struct redact *r, const struct str *names, size_t count)
{
    struct str *sorted = arena_array(&r->a, struct str, count + 1);
    int digits = 1;
    for (size_t n = count; n >= 10; n /= 10)
        digits++;
    for (size_t i = 0; i < count; i++)
        sorted[i] = arena_str(&r->a, names[i]);
    qsort(sorted, count, sizeof(*sorted), by_name);
    for (size_t i = 0; i < count; i++) {
        char alias[REDACT_LETTERS];
        make_alias(r, sorted[i], alias);
        if (is_plain_word(r, sorted[i]) || map_get(&r->nodes, sorted[i]))
            continue;
        struct str *made = arena_new(&r->a, struct str);
        *made = arena_printf(&r->a, "node-%0*zu-%.*s", digits, i, REDACT_LETTERS, alias);
        map_put(&r->nodes, sorted[i], made);
    }
}

void redact_add(struct redact *r, struct buf *out, struct str text)
{
    /* Scenarios say "node/NAME". */
    if (str_starts(text, "node/")) {
        buf_add_cstr(out, "node/");
        text = str_sub(text, 5, text.n);
    }
    const struct str *node = r->nodes.count ? map_get(&r->nodes, text) : NULL;
    if (node)
        buf_add_str(out, *node);
    else
        add_text(r, out, text);
}
