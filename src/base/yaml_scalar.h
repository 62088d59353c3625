/* SPDX-License-Identifier: Apache-2.0
 *
 * What a YAML scalar is worth: typed exactly as Kubernetes' decoder types it (sigs.k8s.io/yaml on
 * go.yaml.in/yaml/v2, YAML 1.1), and put as the JSON that it hands on. So 0644 is 420, `no` is
 * false, 1e3 is the integer 1000, and 12:30 is a string.
 */
#ifndef BASE_YAML_SCALAR_H
#define BASE_YAML_SCALAR_H

#include "base/doc.h"

struct yaml_scalar {
    struct str text;
    const char *tag; /* the full tag, or NULL */
    bool plain;      /* libyaml's plain_implicit: not quoted, no block scalar, or tagged "!" */
    bool is_float;   /* result: a float to the decoder, also if JSON shows a whole number */
};

/* Sets type, quoted and text of n; new text is in the arena. -EINVAL: the tag and the text do not
 * fit (the decoder refuses such a document); *problem then says so in a few words. */
int yaml_scalar_resolve(struct arena *a, struct yaml_scalar *s, struct doc *n,
                        const char **problem) MUST_USE;

/* The JSON key that the decoder makes of a resolved scalar. -EINVAL for those that it refuses: null
 * and integers that do not fit int64. */
int yaml_scalar_key(struct arena *a, const struct doc *n, bool is_float, struct str *ret) MUST_USE;

#endif
