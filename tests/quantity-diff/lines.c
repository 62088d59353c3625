/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads texts from standard input, a line each, and answers for each line what plimsoll makes of
 * it: "-" if it is no quantity, else format, value, milli value, canonical text, and (with the last
 * quantity before it) how the two compare and the value of their sum. For main.go, which asks the
 * real ParseQuantity the same.
 */
#include <stdio.h>

#include "model/quantity.h"

static const char *const formats[] = {"DecimalSI", "BinarySI", "DecimalExponent"};

static void answer(struct str line, struct quantity *last)
{
    struct quantity q;
    char text[QUANTITY_TEXT];
    if (quantity_parse(line, &q)) {
        puts("-");
        return;
    }
    struct str canonical = quantity_text_of(q, line, text);
    printf("%s %lld %lld %d %lld " STR_FMT "\n", formats[q.format], (long long)quantity_value(q),
           (long long)quantity_milli(q), quantity_cmp(*last, q),
           (long long)quantity_value(quantity_add(*last, q)), STR_ARG(canonical));
    *last = q;
}

int main(void)
{
    char line[4096];
    struct quantity last = {0};
    while (fgets(line, sizeof(line), stdin)) {
        size_t n = strlen(line);
        if (n && line[n - 1] == '\n')
            n--;
        answer((struct str){line, n}, &last);
    }
    return 0;
}
