/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 against the examples of FIPS 180-4 and NIST's long message vectors.
 */
#include "base/sha256.h"
#include "base/test.h"

static void expect(const void *p, size_t n, const char *hex)
{
    struct sha256 s;
    char got[SHA256_HEX];
    sha256_init(&s);
    sha256_add(&s, p, n);
    sha256_hex(&s, got);
    assert_string_equal(got, hex);
}

static void fips_examples(void **state)
{
    (void)state;
    expect("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    expect("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
           "klmnopqrlmnopqrsmnopqrstnopqrstu",
           112, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

static void a_million_times_a_in_uneven_parts(void **state)
{
    (void)state;
    char part[997];
    memset(part, 'a', sizeof(part));
    struct sha256 s;
    sha256_init(&s);
    size_t left = 1000000;
    for (size_t n = 1; left > 0; n = n % sizeof(part) + 1) {
        size_t now = MIN(n, left);
        sha256_add(&s, part, now);
        left -= now;
    }
    char got[SHA256_HEX];
    sha256_hex(&s, got);
    assert_string_equal(got, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void lengths_around_the_block(void **state)
{
    (void)state;
    char text[64];
    memset(text, 'a', sizeof(text));
    /* 55, 56, 63 and 64 bytes: where the padding needs one block and where two. */
    expect(text, 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
    expect(text, 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
    expect(text, 63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34");
    expect(text, 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fips_examples),
        cmocka_unit_test(a_million_times_a_in_uneven_parts),
        cmocka_unit_test(lengths_around_the_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
