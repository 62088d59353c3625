/* SPDX-License-Identifier: Apache-2.0
 *
 * Orders victims as upstream's sort.Slice does. Victims of equal importance are left in an order
 * that only the algorithm explains, and which of them go first decides how many must go: so this is
 * the pattern-defeating quicksort of Go's sort package, step by step (insertion sort up to 12
 * elements, median of three or ninther as pivot, heap sort after too many bad pivots).
 */
#include "analysis/schedule/victim_sort.h"

enum { MAX_INSERTION = 12, SHORTEST_NINTHER = 50, MAX_STEPS = 5, SHORTEST_SHIFTING = 50 };

static bool less(const struct victim *v, int i, int j)
{
    if (v[i].priority != v[j].priority)
        return v[i].priority > v[j].priority;
    return v[i].start_ms < v[j].start_ms;
}

static void swap(struct victim *v, int i, int j)
{
    struct victim t = v[i];
    v[i] = v[j];
    v[j] = t;
}

static void insertion_sort(struct victim *v, int a, int b)
{
    for (int i = a + 1; i < b; i++) {
        for (int j = i; j > a && less(v, j, j - 1); j--)
            swap(v, j, j - 1);
    }
}

static void sift_down(struct victim *v, int low, int high, int first)
{
    for (int root = low;;) {
        int child = 2 * root + 1;
        if (child >= high)
            return;
        child += child + 1 < high && less(v, first + child, first + child + 1);
        if (!less(v, first + root, first + child))
            return;
        swap(v, first + root, first + child);
        root = child;
    }
}

static void heap_sort(struct victim *v, int a, int b)
{
    for (int i = (b - a - 1) / 2; i >= 0; i--)
        sift_down(v, i, b - a, a);
    for (int i = b - a - 1; i >= 0; i--) {
        swap(v, a, a + i);
        sift_down(v, 0, i, a);
    }
}

static unsigned bits(unsigned n)
{
    unsigned count = 0;
    for (; n; n >>= 1)
        count++;
    return count;
}

static void break_patterns(struct victim *v, int a, int b)
{
    int length = b - a;
    uint64_t random = (uint64_t)length;
    uint64_t mask = (UINT64_C(1) << bits((unsigned)length)) - 1;
    for (int i = a + length / 4 * 2 - 1; i <= a + length / 4 * 2 + 1; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        int other = (int)(random & mask);
        swap(v, i, a + (other >= length ? other - length : other));
    }
}

static int median(const struct victim *v, int a, int b, int c, int *swaps)
{
    int t;
    if (less(v, b, a)) {
        t = a, a = b, b = t;
        ++*swaps;
    }
    if (less(v, c, b)) {
        b = c;
        ++*swaps;
    }
    if (less(v, b, a)) {
        b = a;
        ++*swaps;
    }
    return b;
}

enum hint { HINT_UNKNOWN, HINT_INCREASING, HINT_DECREASING };

/* Only for more than MAX_INSERTION elements. */
static int choose_pivot(const struct victim *v, int a, int b, enum hint *ret_hint)
{
    int quarter = (b - a) / 4, swaps = 0;
    int i = a + quarter, j = a + quarter * 2, k = a + quarter * 3;
    if (b - a >= SHORTEST_NINTHER) {
        i = median(v, i - 1, i, i + 1, &swaps);
        j = median(v, j - 1, j, j + 1, &swaps);
        k = median(v, k - 1, k, k + 1, &swaps);
    }
    j = median(v, i, j, k, &swaps);
    *ret_hint = swaps == 0 ? HINT_INCREASING : swaps == 12 ? HINT_DECREASING : HINT_UNKNOWN;
    return j;
}

/* Returns whether the range is sorted in the end. */
static bool partial_insertion_sort(struct victim *v, int a, int b)
{
    int i = a + 1;
    for (int step = 0; step < MAX_STEPS; step++) {
        while (i < b && !less(v, i, i - 1))
            i++;
        if (i == b)
            return true;
        if (b - a < SHORTEST_SHIFTING)
            return false;
        swap(v, i, i - 1);
        for (int j = i - 1; i - a >= 2 && j >= 1 && less(v, j, j - 1); j--)
            swap(v, j, j - 1);
        for (int j = i + 1; b - i >= 2 && j < b && less(v, j, j - 1); j++)
            swap(v, j, j - 1);
    }
    return false;
}

/* Those equal to the pivot first, then the greater ones. Returns where these begin. */
static int partition_equal(struct victim *v, int a, int b, int pivot)
{
    swap(v, a, pivot);
    int i = a + 1, j = b - 1;
    for (;;) {
        while (i <= j && !less(v, a, i))
            i++;
        while (i <= j && less(v, a, j))
            j--;
        if (i > j)
            return i;
        swap(v, i++, j--);
    }
}

/* Returns the pivot's new place; *ret_was: nothing had to move. */
static int partition(struct victim *v, int a, int b, int pivot, bool *ret_was)
{
    swap(v, a, pivot);
    int i = a + 1, j = b - 1;
    for (*ret_was = true;; *ret_was = false) {
        while (i <= j && less(v, i, a))
            i++;
        while (i <= j && !less(v, j, a))
            j--;
        if (i > j)
            break;
        swap(v, i++, j--);
    }
    swap(v, j, a);
    return j;
}

static void quick_sort(struct victim *v, int a, int b, unsigned limit)
{
    bool balanced = true, partitioned = true;
    while (b - a > MAX_INSERTION) {
        enum hint hint;
        int length = b - a;
        if (limit == 0) {
            heap_sort(v, a, b);
            return;
        }
        if (!balanced) {
            break_patterns(v, a, b);
            limit--;
        }
        int pivot = choose_pivot(v, a, b, &hint);
        if (hint == HINT_DECREASING) {
            for (int i = a, j = b - 1; i < j; i++, j--)
                swap(v, i, j);
            pivot = b - 1 - (pivot - a);
            hint = HINT_INCREASING;
        }
        if (balanced && partitioned && hint == HINT_INCREASING && partial_insertion_sort(v, a, b))
            return;
        if (a > 0 && !less(v, a - 1, pivot)) {
            a = partition_equal(v, a, b, pivot);
            continue;
        }
        int middle = partition(v, a, b, pivot, &partitioned);
        int left = middle - a, right = b - middle;
        balanced = MIN(left, right) >= length / 8;
        if (left < right) {
            quick_sort(v, a, middle, limit);
            a = middle + 1;
        } else {
            quick_sort(v, middle + 1, b, limit);
            b = middle;
        }
    }
    insertion_sort(v, a, b);
}

void victims_sort(struct victim *v, uint32_t count)
{
    quick_sort(v, 0, (int)count, bits(count));
}
