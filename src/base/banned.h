/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that must not be used: they overflow, truncate, need a NUL, depend on the locale, or
 * allocate behind the one allocation layer. Use str, buf, text and alloc instead.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define BANNED(fn) sorry_##fn##_is_a_banned_function

#undef strcpy
#define strcpy(a, b) BANNED(strcpy)
#undef strcat
#define strcat(a, b) BANNED(strcat)
#undef strncpy
#define strncpy(a, b, n) BANNED(strncpy)
#undef strncat
#define strncat(a, b, n) BANNED(strncat)
#undef strtok
#define strtok(a, b) BANNED(strtok)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef atoi
#define atoi(a) BANNED(atoi)
#undef atol
#define atol(a) BANNED(atol)
#undef atof
#define atof(a) BANNED(atof)
#undef strtod
#define strtod(a, b) BANNED(strtod)
#undef localtime
#define localtime(a) BANNED(localtime)
#undef gmtime
#define gmtime(a) BANNED(gmtime)
#undef ctime
#define ctime(a) BANNED(ctime)
#undef system
#define system(a) BANNED(system)
#undef strdup
#define strdup(a) BANNED(strdup)

#endif
