/* SPDX-License-Identifier: Apache-2.0
 *
 * NodeDeclaredFeatures, as upstream's plugins/nodedeclaredfeatures and component-helpers'
 * nodedeclaredfeatures/features: what a pod needs of the kubelet, and what kubelets from 1.36 declare
 * in status.declaredFeatures. Only the features that matter when a pod is placed.
 */
#include "analysis/schedule/internal.h"

enum { FEATURE_RESTART_ALL = 1, FEATURE_HOST_NETWORK_USERS = 2 };

static bool restarts_all(const struct containers *l)
{
    for (size_t i = 0; i < l->count; i++) {
        for (size_t k = 0; k < l->items[i].restart_rules.count; k++) {
            if (str_is(l->items[i].restart_rules.items[k].action, "RestartAllContainers"))
                return true;
        }
    }
    return false;
}

uint8_t features_asked(const struct pod_spec *spec)
{
    uint8_t out = 0;
    if (restarts_all(&spec->containers) || restarts_all(&spec->init_containers))
        out |= FEATURE_RESTART_ALL;
    if (spec->host_network.v && spec->host_users.set && !spec->host_users.v)
        out |= FEATURE_HOST_NETWORK_USERS;
    return out;
}

const char *feature_name(uint8_t features)
{
    return features & FEATURE_RESTART_ALL ? "RestartAllContainersOnContainerExits"
                                          : "UserNamespacesHostNetworkSupport";
}

uint8_t features_declared(const struct node *n)
{
    static const uint8_t all[] = {FEATURE_RESTART_ALL, FEATURE_HOST_NETWORK_USERS};
    uint8_t out = 0;
    for (size_t i = 0; i < n->declared_features.count; i++) {
        for (size_t k = 0; k < ARRAY_LEN(all); k++) {
            if (str_is(n->declared_features.items[i], feature_name(all[k])))
                out |= all[k];
        }
    }
    return out;
}
