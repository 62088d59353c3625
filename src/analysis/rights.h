/* SPDX-License-Identifier: Apache-2.0
 *
 * Which verbs a user can use on a live cluster, by what may be listed.
 */
#ifndef ANALYSIS_RIGHTS_H
#define ANALYSIS_RIGHTS_H

#include "model/api_resource.h"

enum rights_answer {
    RIGHTS_YES,
    RIGHTS_PARTLY, /* something is not judged or assumed */
    RIGHTS_NO,
};
/* use: one bit of enum api_use. */
enum rights_answer rights_answer(const struct rights *r, unsigned use);
/* Of the uses (bits), something misses this right. */
bool rights_misses(const struct right *r, unsigned uses);

#endif
