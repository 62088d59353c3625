/* SPDX-License-Identifier: Apache-2.0
 *
 * What a long computation shows while it runs, and how it is ended early. A line on stderr once it
 * takes longer than a second, where stderr is a terminal that can redraw a line. The first SIGINT
 * or SIGTERM asks it to stop and tell what is known by then; the second ends the process.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "analysis/simulate/watch.h"

/* What an interrupted verb exits with, as a shell tells it: 130 after SIGINT, 143 after SIGTERM. */
enum { EXIT_SIGNAL = 128 };

/* For whoever computes, until progress_end. At most one at a time. */
struct sim_watch *progress_begin(void);
/* Takes the line away and puts the signals back. Returns the signal that asked to stop, or 0. */
int progress_end(void);

#endif
