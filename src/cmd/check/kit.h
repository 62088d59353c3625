/* SPDX-License-Identifier: Apache-2.0
 *
 * check --namespace-kit: a file for each namespace, or all of them on standard output.
 */
#ifndef CMD_CHECK_KIT_H
#define CMD_CHECK_KIT_H

#include "base/arena.h"
#include "base/err.h"
#include "model/cluster.h"

/* Writes FOLDER/NAMESPACE-kit.yaml (target is a folder; it is made if it is not there), or to standard
 * output (target "-"). A file that is there already stays as it is, and that is said. With dry_run the
 * diff goes to standard output. Says on stderr what was written, and what was not and why. The number
 * of files that could not be written, or a negative errno. */
int kit_write(struct str target, const struct cluster *c, bool dry_run, struct arena *a,
              struct err *e) MUST_USE;

#endif
