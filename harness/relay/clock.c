/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "relay.h"

static uint64_t last;

uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	last = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
	return last;
}

uint64_t recent(void)
{
	return last;
}
