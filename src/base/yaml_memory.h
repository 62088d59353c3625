/* SPDX-License-Identifier: Apache-2.0
 *
 * libyaml's allocations, from free lists of the calling thread.
 */
#ifndef BASE_YAML_MEMORY_H
#define BASE_YAML_MEMORY_H

/* Before the first call of libyaml in a thread; again is fine. What the thread keeps is freed when
 * it ends. A parser stays in the thread that made it. */
void yaml_memory_begin(void);

#endif
