/* SPDX-License-Identifier: Apache-2.0
 *
 * What kubeconfig.c and kubeconfig_user.c share and nobody else sees: the files of a kubeconfig and the
 * entries in them.
 */
#ifndef CLIENT_KUBECONFIG_PARTS_H
#define CLIENT_KUBECONFIG_PARTS_H

#include "base/doc.h"
#include "client/kubeconfig.h"

enum { KUBECONFIG_MOST_FILES = 64 };

/* One file of the list. */
struct kubeconfig_part {
    struct str path, folder;
    const struct doc *root; /* NULL: it is empty */
};

struct loading {
    const struct kubeconfig_choice *choice;
    const struct kubeconfig_env *env;
    struct arena *a;
    struct kubeconfig_part parts[KUBECONFIG_MOST_FILES];
    size_t count;
    struct kubeconfig *ret;
    struct err *e;
};

/* An entry of clusters, users or contexts and the file that it stands in. */
struct kubeconfig_stanza {
    const struct doc *n;
    const struct kubeconfig_part *part;
};

/* What a field must be, if it is there; the last of a list has no name. */
struct kubeconfig_field {
    const char *name;
    enum doc_type type;
};

/* PEM, or the file of it. */
struct kubeconfig_pem {
    struct str pem, file;
};

/* ---- kubeconfig.c ---- */

/* The field (user, cluster, context) of the first entry of this name, or {NULL}. */
struct kubeconfig_stanza kubeconfig_find(const struct loading *l, const char *list, struct str name,
                                         const char *field);
int kubeconfig_no_stanza(const struct loading *l, const char *what, struct str name);
int kubeconfig_check_fields(struct loading *l, const struct kubeconfig_part *part,
                            const struct doc *n, const struct kubeconfig_field *fields) MUST_USE;
/* A path in a kubeconfig starts at the kubeconfig's folder. */
struct str kubeconfig_file_of(const struct loading *l, const struct kubeconfig_stanza *s,
                              const char *key);
/* A file, or base64 in the field file_key + "-data"; not both. */
int kubeconfig_read_data(struct loading *l, const struct kubeconfig_stanza *s, const char *file_key,
                         struct kubeconfig_pem *ret) MUST_USE;

/* ---- kubeconfig_user.c ---- */

/* The user that ret->user names, if any. */
int kubeconfig_read_user(struct loading *l) MUST_USE;
/* What the command line puts over it; then whether all of it can hold. */
int kubeconfig_choose_user(struct loading *l) MUST_USE;

#endif
