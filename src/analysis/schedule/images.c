/* SPDX-License-Identifier: Apache-2.0
 *
 * ImageLocality, as upstream's plugins/imagelocality/image_locality.go and the image states of
 * backend/cache/cache.go: per image name the size that the first node gave, and the number of nodes
 * that have it. The score depends on how many nodes there are, so it is renewed when that changes.
 */
#include "analysis/schedule/internal.h"

#define MIN_BYTES (23 * MIB)
#define MAX_BYTES (1000 * MIB) /* per container */

/* ":latest" added where there is no tag. */
static struct str image_normal_name(struct arena *a, struct str name)
{
    if (str_rfind_char(name, ':') > str_rfind_char(name, '/'))
        return name;
    return arena_printf(a, STR_FMT ":latest", STR_ARG(name));
}

static int64_t image_score(int64_t sum_bytes, int64_t containers)
{
    int64_t max = MAX_BYTES * containers;
    int64_t sum = sum_bytes < MIN_BYTES ? MIN_BYTES : sum_bytes > max ? max : sum_bytes;
    return SCORE_MAX * (sum - MIN_BYTES) / (max - MIN_BYTES);
}

static void image_add(struct schedule *s, struct image_view *v, struct str name)
{
    v->names[v->count++] = name_of(s, image_normal_name(&s->scratch, name));
}

uint32_t image_view_of(struct schedule *s, const struct pod_spec *spec)
{
    size_t max = spec->containers.count + spec->init_containers.count + spec->volumes.count;
    struct image_view v = {.names = arena_array(&s->scratch, name_id, max), .version = NO_INDEX};
    v.containers = (uint32_t)(spec->containers.count + spec->init_containers.count);
    for (size_t i = 0; i < spec->init_containers.count; i++)
        image_add(s, &v, spec->init_containers.items[i].image.v);
    for (size_t i = 0; i < spec->containers.count; i++)
        image_add(s, &v, spec->containers.items[i].image.v);
    for (size_t i = 0; i < spec->volumes.count; i++) {
        if (spec->volumes.items[i].type == VOLUME_IMAGE)
            image_add(s, &v, spec->volumes.items[i].target);
    }
    uint64_t *w = arena_array(&s->scratch, uint64_t, v.count + 2);
    w[0] = 'I';
    w[1] = v.containers;
    for (uint32_t i = 0; i < v.count; i++)
        w[2 + i] = v.names[i];
    bool is_new;
    uint32_t id = key_index(s, w, v.count + 2, (uint32_t)s->image_views.count, &is_new);
    if (is_new) {
        struct image_view *kept = arena_new(s->a, struct image_view);
        *kept = v;
        kept->names = arena_array(s->a, name_id, v.count);
        memcpy(kept->names, v.names, v.count * sizeof(*v.names));
        *PUSH(s->a, &s->image_views) = kept;
    }
    return id;
}

void images_collect(struct schedule *s)
{
    for (uint32_t n = 0; n < s->node_count; n++) {
        for (size_t i = 0; i < s->nodes[n]->images.count; i++) {
            const struct node_image *image = &s->nodes[n]->images.items[i];
            for (size_t k = 0; k < image->names.count; k++) {
                struct image_nodes *in = map_get(&s->images, image->names.items[k]);
                if (!in) {
                    in = arena_new(s->a, struct image_nodes);
                    map_put(&s->images, image->names.items[k], in);
                }
                if (in->count == 0 || in->items[in->count - 1].node != n)
                    *PUSH(s->a, in) = (struct image_on){n, image->size_bytes};
            }
        }
    }
}

/* Adds one image of the pod to the sums of the nodes that have it. */
static void image_spread(struct schedule *s, const struct image_nodes *in, int64_t *sums)
{
    int64_t first_size = 0, nodes = 0;
    for (size_t i = 0; i < in->count; i++) {
        if (s->on[in->items[i].node] && nodes++ == 0)
            first_size = in->items[i].size;
    }
    double spread = (double)nodes / (double)s->on_count;
    for (size_t i = 0; i < in->count; i++)
        sums[in->items[i].node] += (int64_t)((double)first_size * spread);
}

void image_view_update(struct schedule *s, struct image_view *v)
{
    if (v->version == s->version)
        return;
    v->version = s->version;
    int64_t *sums = arena_array(&s->scratch, int64_t, s->node_count);
    bool any = false;
    for (uint32_t i = 0; i < v->count; i++) {
        const struct image_nodes *in = map_get(&s->images, s->texts.items[v->names[i]]);
        if (in)
            image_spread(s, in, sums);
        any |= in != NULL;
    }
    if (any && !v->score)
        v->score = arena_array(s->a, uint8_t, s->node_count);
    for (uint32_t n = 0; v->score && n < s->node_count; n++)
        v->score[n] = (uint8_t)image_score(sums[n], v->containers);
}
