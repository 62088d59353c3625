/* SPDX-License-Identifier: Apache-2.0
 *
 * fidelity --oracle: worlds with recorded answers of the real kube-scheduler, against ours.
 */
#ifndef FIDELITY_ORACLE_H
#define FIDELITY_ORACLE_H

/* Compares every world in the folder (*.json or *.json.gz with an *.answer.json(.gz) beside it),
 * or the one world that the path names. Prints each deviation and, last, "N passed, N failed".
 * Returns the exit status: 0, 1 (a failure), 2 (nothing could be read). */
int oracle_run(const char *path);

#endif
