/* SPDX-License-Identifier: Apache-2.0
 *
 * The one representation of a fix: a field of an object is set or removed, or an object is added
 * beside it. Renderers turn it into a change of the bytes of a file (here), a change of the tree (to
 * compare with), and later into server-side apply, JSON patch or a change of the model.
 */
#ifndef MODEL_EDIT_H
#define MODEL_EDIT_H

#include "base/buf.h"
#include "model/object.h"

enum edit_op {
    EDIT_SET,
    EDIT_REMOVE,
    EDIT_ADD, /* an object comes to stand beside `object`: in the same file, or in the same List */
};

struct edit {
    const struct object *object;
    enum edit_op op;
    /* "spec.template.spec.containers[0].resources.limits.memory"; a key that holds a dot or a
     * bracket is quoted: evictionHard["memory.available"]. EDIT_ADD: absent. */
    struct str path;
    /* EDIT_SET: a value in JSON syntax: "512Mi" with its quotes, 3, true, {"a": 1}. EDIT_ADD: the
     * object, in JSON. */
    struct str value;
};

/* ---- paths ---- */

/* Appends one key to a path, quoted where it must be. */
void edit_path_add(struct buf *path, struct str key);
/* Takes the first step off *path: a key, or an index (*ret_key absent then). 0 or -EINVAL. */
int edit_path_next(struct str *path, struct str *ret_key, int64_t *ret_index) MUST_USE;
/* The node at a path below n, or NULL; *ret_last is the deepest node that is there and *ret_rest
 * what of the path is missing below it (either may be NULL). -EINVAL: not a path. */
int edit_walk(const struct doc *n, struct str path, const struct doc **ret_found,
              const struct doc **ret_last, struct str *ret_rest) MUST_USE;

/* ---- bytes ---- */

/* A change of bytes: [start, end) becomes text. */
struct splice {
    size_t start, end;
    struct str text;
};
/* How to make the edit, EDIT_SET or EDIT_REMOVE, in the text that object's tree was read from: only
 * bytes that it needs change, comments and layout stay. Missing maps on the way are made in the
 * style around them (block, flow, JSON), with the line breaks of the text. Returns 1 (a splice), 0
 * (nothing to do: the value is there already, or nothing to remove), -EINVAL (the path meets
 * something that is no map, or a list element that is not there, or text that came in by an alias
 * or a merge key). It does not see who else uses the bytes (an anchor): compare the trees. */
int edit_splice(const struct edit *edit, const struct doc *object, struct str text, struct arena *a,
                struct splice *ret, struct err *e) MUST_USE;

/* Where an EDIT_ADD goes. */
struct edit_site {
    struct str text;
    const struct doc_root *document; /* that holds the object */
    const struct doc *item;          /* the object, when it is an item of a List; else NULL */
    bool dashes;                     /* there are "---" lines between documents, so it is YAML */
};
/* As edit_splice, for an EDIT_ADD: a document after that of the object, or an item after the last
 * of its List, or, of JSON that is no List, a value after the object's. */
int edit_add_splice(const struct edit *edit, const struct edit_site *site, struct arena *a,
                    struct splice *ret, struct err *e) MUST_USE;
/* Whether the document is one object in JSON syntax. A second one behind it is read by kubectl, but
 * not by kustomize nor by whatever reads .json files: where it is alone in its text, an object is
 * added in a List of the two, which edit_list_splices() begins and ends around it. */
bool edit_is_json(const struct doc_root *document, struct str text);
void edit_list_splices(const struct doc *object, struct str text, struct splice ret[2]);
/* The same of a tree: a List that holds it. Takes the node. */
struct doc *edit_list_tree(struct doc *object, struct arena *a);
/* Appends a JSON object as a YAML document: block style, quotes only where needed. */
int edit_add_yaml(struct buf *b, struct str json, struct arena *a, struct err *e) MUST_USE;
/* Appends text with the splices made; they must not overlap. Sorts them; of those with one place
 * the order is kept. */
void splices_apply(struct str text, struct splice *splices, size_t count, struct buf *out);

/* ---- trees ---- */

/* Makes the edit in the object's tree (not EDIT_ADD). New nodes are in a and carry no positions. 0 or
 * -EINVAL. */
int edit_tree(const struct edit *edit, struct doc *object, struct arena *a, struct err *e) MUST_USE;
/* Whether two trees are worth the same: types, keys in any order, values. When not, the path of the
 * first difference is appended to *path. */
bool edit_same(const struct doc *x, const struct doc *y, struct buf *path);

#endif
