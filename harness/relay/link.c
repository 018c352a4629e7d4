/* SPDX-License-Identifier: Apache-2.0
 * Standard input and output: u32 length, type octet, body. Output never blocks; when the host does not read, the back
 * end is left alone and the kernel's queues hold what the device sends.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "relay.h"

#define WHOLE (LENGTH_SIZE + MAX_FRAME)

static uint8_t input[WHOLE];
static size_t input_start, input_end;

/* Four of the largest: one reply, one reception, and two for the errors that go with them. */
static uint8_t output[4 * WHOLE];
static size_t output_start, output_end;
static uint64_t waiting_since;
static struct writer current;
static bool dead;

/* While enough is held to go on with, what the device says is gathered for a moment: reading costs the host more than the
 * relay, and it has nothing to decide. Far less than what an answer may take before all that is held is discarded.
 */
#define ENOUGH_HELD 16u
#define GATHERING_NS 15000000u
static int old_flags = -1;

void link_start(void)
{
	old_flags = fcntl(STDOUT_FILENO, F_GETFL);
	if (old_flags >= 0)
		fcntl(STDOUT_FILENO, F_SETFL, old_flags | O_NONBLOCK);
}

void link_stop(void)
{
	/* The flag belongs to the open file, which the starter's shell may go on using. */
	if (old_flags >= 0)
		fcntl(STDOUT_FILENO, F_SETFL, old_flags);
}

bool link_dead(void)
{
	return dead;
}

static bool gathers(void)
{
	return holds_count() >= ENOUGH_HELD && output_end - output_start < WHOLE && recent() - waiting_since < GATHERING_NS;
}

int link_tick(void)
{
	if (output_end == output_start || !gathers())
		return -1;
	return (int)((GATHERING_NS - (recent() - waiting_since)) / 1000000u) + 1;
}

bool link_writes(void)
{
	return link_waiting() && !gathers();
}

bool link_waiting(void)
{
	return !dead && output_end > output_start;
}

bool link_room(void)
{
	/* Two: what is received may need an error beside it. */
	return dead || sizeof(output) - (output_end - output_start) >= 2 * WHOLE;
}

void link_write(void)
{
	if (gathers())
		return;
	while (link_waiting()) {
		ssize_t done = write(STDOUT_FILENO, output + output_start, output_end - output_start);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (done <= 0) {
			dead = true;
			return;
		}
		output_start += (size_t)done;
	}
	output_start = output_end = 0;
}

bool link_may_read(void)
{
	return input_end - input_start < sizeof(input);
}

bool link_read(void)
{
	ssize_t got;

	if (input_start) {
		memmove(input, input + input_start, input_end - input_start);
		input_end -= input_start;
		input_start = 0;
	}
	got = read(STDIN_FILENO, input + input_end, sizeof(input) - input_end);
	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	input_end += (size_t)got;
	return got > 0;
}

int link_next(struct reader *message)
{
	struct reader in = { input + input_start, input_end - input_start, false };
	uint32_t size;

	if (in.left < LENGTH_SIZE)
		return 0;
	size = read_u32(&in);
	if (size == 0 || size > MAX_FRAME)
		return -1;
	if (in.left < size)
		return 0;
	input_start += LENGTH_SIZE + size;
	*message = (struct reader){ in.at, size, false };
	return 1;
}

struct writer *message_begin(enum message_type type)
{
	if (sizeof(output) - output_end < WHOLE && output_start) {
		memmove(output, output + output_start, output_end - output_start);
		output_end -= output_start;
		output_start = 0;
	}
	current.to = output + output_end;
	current.used = 0;
	current.room = sizeof(output) - output_end;
	if (current.room > WHOLE)
		current.room = WHOLE;
	current.bad = dead;
	put_u32(&current, 0);
	put_u8(&current, (uint8_t)type);
	return &current;
}

void message_end(void)
{
	size_t size = current.used - LENGTH_SIZE;
	struct writer length = { current.to, 0, LENGTH_SIZE, false };

	if (current.bad)
		return;
	put_u32(&length, (uint32_t)size);
	if (output_end == output_start)
		waiting_since = recent();
	output_end += current.used;
}
