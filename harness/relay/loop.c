/* SPDX-License-Identifier: Apache-2.0
 * loop: a device of its own that gives back what it is sent, so that both ends of the protocol are tested without a
 * kernel that knows MCTP. SMBus frames to addresses that no device may have end in the other three results, or come back late.
 */
#include <errno.h>
#include <string.h>

#include "relay.h"

enum { NAKS = 0x7f, LOSES_ARBITRATION = 0x7e, REFUSES = 0x7d, LATE = 0x7c };

#define LATE_NS 20000000u

static uint64_t sent;
/* One echo that waits. */
static struct { uint8_t octets[4096]; size_t size; uint64_t until; } late;

static bool loop_open(struct device *into, char *target, const struct parameters *given)
{
	const char *binding = parameter(given, "binding");

	into->binding = BINDING_SMBUS;
	if (binding && !strcmp(binding, "serial"))
		into->binding = BINDING_SERIAL;
	else if (binding && strcmp(binding, "smbus"))
		return fail(EINVAL, "loop has the bindings smbus and serial");
	into->planes = 1u << PLANE_FRAMES;
	into->unit = 4096;
	if (!strcmp(target, "messages")) {
		into->planes = 1u << PLANE_MESSAGES;
		into->message_limit = 65536;
		into->unit = 0;
	} else if (*target && strcmp(target, "frames")) {
		return fail(EINVAL, "loop echoes frames or messages, not \"%s\"", target);
	}
	into->capabilities = HAS_COUNTERS | HOLDS_SENDING | (into->binding == BINDING_SMBUS && into->unit ? ACKNOWLEDGES : 0);
	strcpy(into->description, "loop: what is sent comes back");
	return true;
}

static void loop_close(void)
{
}

static unsigned loop_fds(struct pollfd *fds)
{
	(void)fds;
	return 0;
}

static bool loop_ready(const struct pollfd *fds, unsigned count)
{
	(void)fds;
	(void)count;
	return true;
}

static enum tx_status judge(const struct tx *tx, const char **text)
{
	if (device.binding != BINDING_SMBUS || tx->plane != PLANE_FRAMES)
		return TX_SENT;
	switch (tx->octets[0] >> 1) {
	case NAKS:
		*text = "loop does not acknowledge 0x7f";
		return TX_NAK;
	case LOSES_ARBITRATION:
		*text = "loop loses arbitration at 0x7e";
		return TX_ARBITRATION_LOST;
	case REFUSES:
		*text = "loop refuses 0x7d";
		return TX_REFUSED;
	default:
		return TX_SENT;
	}
}

static void loop_send(const struct tx *tx)
{
	struct tx_done done = { .id = tx->id, .tag = NO_TAG, .began = now() };
	struct rx rx = { .plane = tx->plane, .tag = NO_TAG, .octets = tx->octets, .size = tx->size,
			 .address = tx->address, .address_size = tx->address_size };

	done.status = judge(tx, &done.text);
	if (tx->plane == PLANE_MESSAGES) {
		rx.eid = tx->eid;
		/* An answer has the request's tag with TO inverted. */
		done.tag = tx->tag & (TAG_VALUE | TAG_OWNER);
		rx.tag = done.tag ^ TAG_OWNER;
	}
	rx.at = done.ended = now();
	send_tx_done(&done);
	if (done.status != TX_SENT)
		return;
	sent++;
	if (device.binding == BINDING_SMBUS && tx->plane == PLANE_FRAMES && tx->octets[0] >> 1 == LATE) {
		memcpy(late.octets, tx->octets, tx->size);
		late.size = tx->size;
		late.until = now() + LATE_NS;
		return;
	}
	send_rx(&rx);
}

static int loop_tick(void)
{
	struct rx rx = { .plane = PLANE_FRAMES, .tag = NO_TAG, .octets = late.octets, .size = late.size };

	if (!late.size)
		return -1;
	if (recent() < late.until)
		return (int)((late.until - recent()) / 1000000u) + 1;
	late.size = 0;
	rx.at = now();
	send_rx(&rx);
	return 0;
}

static void loop_count(struct counters *into)
{
	into->at[into->count].name = "loop_echoes";
	into->at[into->count++].value = sent;
}

const struct backend loop_backend = {
	.name = "loop",
	.open = loop_open,
	.close = loop_close,
	.fds = loop_fds,
	.ready = loop_ready,
	.send = loop_send,
	.tick = loop_tick,
	.count = loop_count,
};
