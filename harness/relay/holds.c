/* SPDX-License-Identifier: Apache-2.0
 * What the host hands over before its time: each transmission goes out as soon as the one before it is answered in the way
 * that the host expects, so that the wires do not wait for the link and the host. Anything else discards all that is held.
 */
#include <string.h>

#include "relay.h"

#define MAX_HOLDS 32
#define MAX_MARKS 4
#define MARK_SIZE 32
#define HELD_SIZE 320 /* the longest SMBus frame, and room for what a test appends */
#define SMBUS_COUNT_AT 2
#define BEYOND_COUNT 4 /* destination, command code, the count itself, PEC */

struct mark {
	uint8_t size, mask[MARK_SIZE], value[MARK_SIZE];
};

static struct hold {
	uint32_t id;
	uint64_t within;
	/* The first is the answer's; whatever fits one of the others looks like it, and is none. */
	struct mark marks[MAX_MARKS];
	unsigned mark_count;
	struct tx tx;
	uint8_t octets[HELD_SIZE];
} holds[MAX_HOLDS];
static unsigned first, held;

/* What was sent last, and the first that has come since: an answer may be faster than what is to follow it. */
static struct {
	uint32_t id;
	uint64_t ended;
	bool sent;
	unsigned came;
	struct rx first;
	uint8_t octets[MARK_SIZE];
} last;
static bool due;

static struct hold *at(unsigned index)
{
	return &holds[(first + index) % MAX_HOLDS];
}

unsigned holds_count(void)
{
	return held;
}

const struct tx *holds_next(void)
{
	return held ? &at(0)->tx : NULL;
}

static void refuse(uint32_t id, const char *why)
{
	struct tx_done done = { .id = id, .status = TX_DISCARDED, .tag = NO_TAG, .text = why };

	done.began = done.ended = now();
	send_tx_done(&done);
}

void holds_discard(const char *why)
{
	unsigned count = held;

	held = 0;
	due = false;
	for (unsigned i = 0; i < count; i++)
		refuse(at(i)->id, why);
}

static bool fits(const struct mark *mark, const struct rx *rx)
{
	if (rx->size < mark->size)
		return false;
	for (unsigned i = 0; i < mark->size; i++)
		if ((rx->octets[i] & mark->mask[i]) != mark->value[i])
			return false;
	return true;
}

static bool is_whole(const struct rx *rx)
{
	if (rx->flags & RX_TRUNCATED)
		return false;
	if (rx->plane != PLANE_FRAMES || device.binding != BINDING_SMBUS)
		return true;
	return rx->size > SMBUS_COUNT_AT && rx->octets[SMBUS_COUNT_AT] + BEYOND_COUNT == (int)rx->size;
}

static bool is_answer(const struct hold *hold, const struct rx *rx)
{
	if (!is_whole(rx) || rx->at > last.ended + hold->within || !fits(&hold->marks[0], rx))
		return false;
	for (unsigned i = 1; i < hold->mark_count; i++)
		if (fits(&hold->marks[i], rx))
			return false;
	return true;
}

/* What is held first waits for the answer to what was sent last. */
static void decide(void)
{
	if (!held || due || !last.sent || !last.came)
		return;
	if (last.came == 1 && is_answer(at(0), &last.first))
		due = true;
	else
		holds_discard("something else came than the answer that was expected");
}

static bool read_marks(struct reader *in, struct hold *hold)
{
	hold->mark_count = read_u8(in);
	if (hold->mark_count == 0 || hold->mark_count > MAX_MARKS)
		return false;
	for (unsigned i = 0; i < hold->mark_count && !in->bad; i++) {
		struct mark *mark = &hold->marks[i];
		const uint8_t *octets;

		mark->size = read_u8(in);
		if (mark->size > MARK_SIZE)
			return false;
		octets = read_octets(in, 2u * mark->size);
		if (!octets)
			return false;
		memcpy(mark->mask, octets, mark->size);
		memcpy(mark->value, octets + mark->size, mark->size);
	}
	return !in->bad;
}

/* The reader stands behind the id. */
void holds_take(uint32_t id, struct reader in)
{
	uint32_t after = read_u32(&in);
	struct hold *hold = at(held);
	const char *problem = NULL;

	if (held == MAX_HOLDS) {
		refuse(id, "there is no room to hold more");
		return;
	}
	hold->id = id;
	hold->within = read_u32(&in) * 1000ull;
	hold->tx.id = id;
	if (!read_marks(&in, hold) || !parse_tx_body(&in, &hold->tx))
		problem = "the hold message does not fit its table";
	else if (hold->tx.size > HELD_SIZE)
		problem = "this is longer than what the relay holds";
	else
		problem = unsendable(&hold->tx);
	if (!problem && (held ? at(held - 1)->id != after : last.id != after || !last.sent))
		problem = "what goes before it is over, or is not the last";
	if (problem) {
		refuse(id, problem);
		return;
	}
	memcpy(hold->octets, hold->tx.octets, hold->tx.size);
	hold->tx.octets = hold->octets;
	hold->tx.held = true;
	held++;
	decide();
}

static bool is_from_device(const struct rx *rx)
{
	return !(rx->flags & RX_OWN) &&
	       (!rx->address_size || !device.address_size ||
		(rx->address_size == device.address_size && !memcmp(rx->address, device.address, rx->address_size)));
}

void holds_saw(const struct rx *rx)
{
	uint8_t watched = device.capabilities & CAPTURES ? PLANE_PACKETS : held ? at(0)->tx.plane : rx->plane;

	if (rx->plane != watched || !is_from_device(rx))
		return;
	/* What comes between an answer and what it sets free comes too late to stop that. */
	if (!last.came++) {
		last.first = *rx;
		last.first.octets = last.octets;
		memcpy(last.octets, rx->octets, rx->size < MARK_SIZE ? rx->size : MARK_SIZE);
	}
	decide();
}

void holds_begin(void)
{
	last.sent = false;
	last.came = 0;
}

void holds_sent(const struct tx_done *done)
{
	if (done->status == TX_DISCARDED)
		return;
	last.id = done->id;
	last.ended = done->ended;
	last.sent = done->status == TX_SENT;
	if (last.sent)
		decide();
	else
		holds_discard("what goes before it was not sent");
}

void holds_fire(void)
{
	struct hold *hold = at(0);

	if (!due || (backend->busy && backend->busy()) || !link_room())
		return;
	due = false;
	first = (first + 1) % MAX_HOLDS;
	held--;
	holds_begin();
	backend->send(&hold->tx);
}

int holds_tick(void)
{
	uint64_t end;

	if (!held || due)
		return due ? 0 : -1;
	end = last.ended + at(0)->within;
	if (recent() > end) {
		holds_discard("no answer came in time");
		return 0;
	}
	return (int)((end - recent()) / 1000000u) + 1;
}
