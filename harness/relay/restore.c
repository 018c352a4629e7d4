/* SPDX-License-Identifier: Apache-2.0
 * What the host wants done when it is lost (design law 7): its actions in the order in which they were added, then
 * the back end's own undoing. The host is not needed for any of it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "relay.h"

#define ENTRIES 32
#define ENTRY_SIZE 1024
#define SEND_PATIENCE_MS 6500 /* mctp-i2c holds the adapter up to 6 s for an unanswered request (lab) */
/* Closing the socket invalidates the flow, and mctp-i2c drops what is queued for it: give the answer time to come. */
#define ANSWER_PATIENCE_MS 300
#define RETRY_MS 50

static struct entry {
	uint32_t id;
	uint16_t size; /* action octet and its body */
	uint8_t octets[ENTRY_SIZE];
} entries[ENTRIES];
static unsigned used;
static bool running, sending, answered;
static struct tx_done result;
static char result_text[MAX_TEXT];

static bool carries_out(const uint8_t *octets, size_t size)
{
	struct reader in = { octets, size, false };
	enum action action = (enum action)read_u8(&in);
	struct tx tx;

	if (action == ACT_TRANSMIT)
		return parse_tx(&in, &tx) && tx.size && tx.plane <= PLANE_FRAMES && device.planes & 1u << tx.plane;
	return backend->check && backend->check(action, in);
}

void restore_add(uint32_t id, struct reader *body, struct outcome *outcome)
{
	outcome->status = CONTROL_REFUSED;
	if (used == ENTRIES || body->left == 0 || body->left > ENTRY_SIZE) {
		outcome->error = ENOSPC;
		snprintf(outcome->text, sizeof(outcome->text), "the restore list takes %d actions of 1 to %d octets",
			 ENTRIES, ENTRY_SIZE);
		return;
	}
	if (!carries_out(body->at, body->left)) {
		outcome->error = EINVAL;
		snprintf(outcome->text, sizeof(outcome->text), "the back end %s could not carry out that action",
			 backend->name);
		return;
	}
	entries[used].id = id;
	entries[used].size = (uint16_t)body->left;
	memcpy(entries[used].octets, body->at, body->left);
	used++;
	outcome->status = CONTROL_OK;
}

bool restore_remove(uint32_t id)
{
	for (unsigned i = 0; i < used; i++) {
		if (entries[i].id != id)
			continue;
		memmove(&entries[i], &entries[i + 1], (used - i - 1) * sizeof(entries[0]));
		used--;
		return true;
	}
	return false;
}

void restore_clear(void)
{
	used = 0;
}

bool restore_takes(const struct tx_done *done)
{
	if (!sending)
		return false;
	result = *done;
	snprintf(result_text, sizeof(result_text), "%s", done->text ? done->text : "");
	sending = false;
	return true;
}

void restore_saw_answer(const struct rx *rx)
{
	if (!(rx->flags & RX_OWN))
		answered = true;
}

static int left_ms(uint64_t until)
{
	uint64_t at = now();

	return at >= until ? 0 : (int)((until - at) / 1000000u) + 1;
}

/* Turns until a transmission has its result, or the time is over. */
static bool send_once(const struct tx *tx, uint64_t until)
{
	while (backend->busy && backend->busy() && left_ms(until) > 0)
		turn(false, left_ms(until));
	if (backend->busy && backend->busy())
		return false;
	sending = true;
	answered = false;
	backend->send(tx);
	while (sending && left_ms(until) > 0)
		turn(false, left_ms(until));
	if (!sending)
		return true;
	sending = false;
	return false;
}

/* Tags that unanswered requests of the lost host hold are free again within 6 s. */
static bool may_go_later(void)
{
	return result.status == TX_ARBITRATION_LOST ||
	       (result.status == TX_REFUSED &&
		(result.error == EBUSY || result.error == EAGAIN || result.error == ENOBUFS));
}

static bool transmit(struct reader in, char *text, size_t size)
{
	uint64_t until = now() + SEND_PATIENCE_MS * 1000000ull;
	struct tx tx;

	if (!parse_tx(&in, &tx))
		return false;
	for (;;) {
		if (!send_once(&tx, until)) {
			snprintf(text, size, "it did not go out in time");
			return false;
		}
		if (!may_go_later() || left_ms(until) == 0)
			break;
		turn(false, RETRY_MS);
	}
	if (result.status != TX_SENT) {
		snprintf(text, size, "%s", result_text);
		return false;
	}
	until = now() + ANSWER_PATIENCE_MS * 1000000ull;
	while (!answered && left_ms(until) > 0)
		turn(false, left_ms(until));
	return true;
}

static bool carry_out(const struct entry *entry, char *text, size_t size)
{
	struct reader in = { entry->octets, entry->size, false };
	struct outcome outcome = { .status = CONTROL_OK };
	enum action action = (enum action)read_u8(&in);

	if (action == ACT_TRANSMIT)
		return transmit(in, text, size);
	backend->control(action, &in, &outcome);
	snprintf(text, size, "%s", outcome.text);
	return outcome.status == CONTROL_OK;
}

void restore_now(unsigned *restored, unsigned *failed)
{
	char text[MAX_TEXT] = "";
	unsigned undone;

	*restored = *failed = 0;
	if (running)
		return;
	running = true;
	for (unsigned i = 0; i < used; i++) {
		if (carry_out(&entries[i], text, sizeof(text))) {
			++*restored;
			continue;
		}
		++*failed;
		send_error(ERR_RESTORE, false, entries[i].id, 0, "not restored: %s", text);
	}
	used = 0;
	if (backend->restore) {
		text[0] = 0;
		undone = backend->restore(text, sizeof(text));
		*failed += undone;
		if (undone)
			send_error(ERR_RESTORE, false, 0, 0, "not restored: %s", text);
	}
	running = false;
}
