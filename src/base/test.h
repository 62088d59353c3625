/* SPDX-License-Identifier: Apache-2.0
 *
 * What every unit test includes first: cmocka with the headers that it wants before it.
 */
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include "base/defs.h"
/* cmocka.h needs these first */
#include <setjmp.h>

#include <cmocka.h>

#endif
