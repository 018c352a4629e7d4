/* SPDX-License-Identifier: Apache-2.0
 * What the host says. Its octets are hostile too: each message is taken apart whole before anything is done.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "relay.h"

#define KEEPALIVE_LEAST 100u
#define KEEPALIVE_MOST 3600000u

static bool met;
static uint32_t keepalive;

bool greeted(void)
{
	return met;
}

uint32_t keepalive_ms(void)
{
	return keepalive;
}

static enum session_end take_hello(struct reader in)
{
	uint32_t magic = read_u32(&in);
	uint8_t version = read_u8(&in);
	uint32_t wanted = read_u32(&in);

	if (in.bad || magic != PROTOCOL_MAGIC || met) {
		send_error(ERR_PROTOCOL, true, 0, 0, met ? "a second hello" : "this is no hello of the relay protocol");
		return SESSION_BROKEN;
	}
	if (version != PROTOCOL_VERSION) {
		send_error(ERR_VERSION, true, 0, 0,
			   "the host chose version %u of the relay protocol; this relay speaks %u", version,
			   PROTOCOL_VERSION);
		return SESSION_BROKEN;
	}
	if (wanted && (wanted < KEEPALIVE_LEAST || wanted > KEEPALIVE_MOST)) {
		send_error(ERR_MESSAGE, true, 0, 0, "a keepalive of %u ms is not between %u and %u", wanted,
			   KEEPALIVE_LEAST, KEEPALIVE_MOST);
		return SESSION_BROKEN;
	}
	keepalive = wanted;
	met = true;
	return SESSION_GOES_ON;
}

bool parse_tx(struct reader *in, struct tx *tx)
{
	tx->id = read_u32(in);
	return parse_tx_body(in, tx);
}

bool parse_tx_body(struct reader *in, struct tx *tx)
{
	const uint8_t *address;

	tx->plane = read_u8(in);
	tx->eid = read_u8(in);
	tx->tag = read_u8(in);
	tx->address_size = read_u8(in);
	if (tx->address_size > MAX_ADDRESS)
		in->bad = true;
	address = in->bad ? NULL : read_octets(in, tx->address_size);
	if (address)
		memcpy(tx->address, address, tx->address_size);
	tx->octets = in->at;
	tx->size = in->left;
	return !in->bad;
}

static bool tag_is_sound(uint8_t tag)
{
	uint8_t reserved = tag & (TAG_HELD | TAG_LENT);

	if (tag & ~(TAG_VALUE | TAG_OWNER | TAG_HELD | TAG_LENT) || reserved == (TAG_HELD | TAG_LENT))
		return false;
	return !reserved || tag & TAG_OWNER;
}

const char *unsendable(const struct tx *tx)
{
	if (tx->plane > PLANE_FRAMES || !(device.planes & 1u << tx->plane))
		return "this back end does not send on that plane";
	if (tx->size == 0)
		return "there is nothing to send";
	if (tx->plane == PLANE_MESSAGES && tx->size > device.message_limit)
		return "the message is longer than this back end takes";
	if (tx->plane != PLANE_MESSAGES && tx->size > device.unit)
		return "this is longer than this back end takes in one piece";
	if (tx->plane == PLANE_MESSAGES && !tag_is_sound(tx->tag))
		return "the tag octet has bits that mean nothing";
	if (tx->plane == PLANE_MESSAGES && tx->tag & TAG_LENT && !(device.capabilities & LENDS_TAGS))
		return "this back end lends no tags";
	return NULL;
}

static void take_tx(struct reader in)
{
	struct tx_done done = { .status = TX_REFUSED, .tag = NO_TAG, .error = EINVAL };
	struct tx tx = { 0 };

	if (!parse_tx(&in, &tx))
		done.text = "the tx message does not fit its table";
	else
		done.text = unsendable(&tx);
	/* The host does something else than it expected to. */
	holds_discard("another transmission came");
	holds_begin();
	if (!done.text) {
		backend->send(&tx);
		return;
	}
	done.id = tx.id;
	done.began = done.ended = now();
	send_tx_done(&done);
}

static void take_hold(struct reader in)
{
	uint32_t id = read_u32(&in);

	if (in.bad)
		send_error(ERR_MESSAGE, false, 0, 0, "a hold without an id");
	else if (!(device.capabilities & HOLDS_SENDING))
		send_error(ERR_MESSAGE, false, id, 0, "the back end %s holds nothing", backend->name);
	else
		holds_take(id, in);
}

static void take_counters(struct reader in)
{
	static struct counters counters;
	uint32_t id = read_u32(&in);

	if (in.bad) {
		send_error(ERR_MESSAGE, false, 0, 0, "a request for counters without an id");
		return;
	}
	counters.count = 0;
	if (backend->count)
		backend->count(&counters);
	send_counters(id, &counters);
}

static void act(uint32_t id, enum action action, struct reader *in, struct outcome *outcome)
{
	unsigned restored, failed;
	uint32_t which;

	switch (action) {
	case ACT_RESTORE_ADD:
		restore_add(id, in, outcome);
		return;
	case ACT_RESTORE_REMOVE:
		which = read_u32(in);
		outcome->status = !in->bad && restore_remove(which) ? CONTROL_OK : CONTROL_REFUSED;
		if (outcome->status != CONTROL_OK)
			snprintf(outcome->text, sizeof(outcome->text), "nothing to restore has that id");
		return;
	case ACT_RESTORE_CLEAR:
		restore_clear();
		return;
	case ACT_RESTORE_NOW:
		restore_now(&restored, &failed);
		outcome->status = failed ? CONTROL_REFUSED : CONTROL_OK;
		outcome->value = (uint8_t)(restored > 255 ? 255 : restored);
		if (failed)
			snprintf(outcome->text, sizeof(outcome->text), "%u could not be restored", failed);
		return;
	default:
		if (backend->control) {
			backend->control(action, in, outcome);
			return;
		}
		outcome->status = CONTROL_UNSUPPORTED;
		snprintf(outcome->text, sizeof(outcome->text), "the back end %s has no control action 0x%02x",
			 backend->name, action);
	}
}

static void take_control(struct reader in)
{
	struct outcome outcome = { .status = CONTROL_OK };
	uint32_t id = read_u32(&in);
	enum action action = (enum action)read_u8(&in);

	if (in.bad) {
		send_error(ERR_MESSAGE, false, id, 0, "the control message does not fit its table");
		return;
	}
	act(id, action, &in, &outcome);
	send_control_done(id, &outcome);
}

static void take_ping(struct reader in)
{
	uint64_t received = now();
	uint32_t id = read_u32(&in);
	uint64_t theirs = read_u64(&in);

	if (in.bad)
		send_error(ERR_MESSAGE, false, id, 0, "the ping does not fit its table");
	else
		send_pong(id, theirs, received);
}

enum session_end take_message(struct reader in)
{
	uint8_t type = read_u8(&in);

	if (type == MSG_HELLO)
		return take_hello(in);
	if (!met && !(type & OPTIONAL_BIT) && type != MSG_GOODBYE) {
		send_error(ERR_PROTOCOL, true, 0, 0, "message type 0x%02x came before the host's hello", type);
		return SESSION_BROKEN;
	}
	switch (type) {
	case MSG_TX:
		take_tx(in);
		break;
	case MSG_HOLD:
		take_hold(in);
		break;
	case MSG_READ_COUNTERS:
		take_counters(in);
		break;
	case MSG_CONTROL:
		take_control(in);
		break;
	case MSG_PING:
		take_ping(in);
		break;
	case MSG_GOODBYE:
		return SESSION_ASKED;
	default:
		/* A newer host marks what an older relay may overlook. */
		if (!(type & OPTIONAL_BIT))
			send_error(ERR_MESSAGE, false, 0, 0, "message type 0x%02x is unknown", type);
	}
	return SESSION_GOES_ON;
}
