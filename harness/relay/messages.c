/* SPDX-License-Identifier: Apache-2.0
 * What the relay says to the host, field by field as docs/relay-protocol.md has it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "relay.h"

#define CLOCK_ID_MONOTONIC 1

void send_hello(const struct device *of)
{
	struct writer *out = message_begin(MSG_HELLO);
	struct timespec resolution = { 0, 0 };
	struct utsname host;
	char ncsi[128];

	list_ncsi(ncsi, sizeof(ncsi));
	clock_getres(CLOCK_MONOTONIC, &resolution);
	if (uname(&host))
		memset(&host, 0, sizeof(host));
	put_u32(out, PROTOCOL_MAGIC);
	put_u8(out, PROTOCOL_VERSION);
	put_u8(out, PROTOCOL_VERSION);
	put_u8(out, of->binding);
	put_u8(out, of->planes);
	put_u32(out, of->capabilities);
	put_u32(out, of->unit);
	put_u32(out, of->message_limit);
	put_u32(out, of->receive_limit);
	put_u32(out, of->mtu);
	put_u64(out, now());
	put_u32(out, (uint32_t)resolution.tv_nsec);
	put_u8(out, CLOCK_ID_MONOTONIC);
	put_u8(out, of->eid);
	put_u8(out, of->own_address_size);
	put_octets(out, of->own_address, of->own_address_size);
	put_u8(out, of->address_size);
	put_octets(out, of->address, of->address_size);
	put_u8(out, of->own_eid_count);
	put_octets(out, of->own_eids, of->own_eid_count);
	put_name(out, host.nodename);
	put_name(out, "mctp-relay " RELAY_VERSION);
	put_text(out, of->description);
	put_u8(out, (uint8_t)(of->attribute_count + 2 + (*ncsi != 0)));
	for (unsigned i = 0; i < of->attribute_count; i++) {
		put_name(out, of->attributes[i].name);
		put_text(out, of->attributes[i].value);
	}
	put_name(out, "kernel");
	put_text(out, host.release);
	put_name(out, "machine");
	put_text(out, host.machine);
	if (*ncsi) {
		put_name(out, "ncsi");
		put_text(out, ncsi);
	}
	message_end();
}

void send_tx_done(const struct tx_done *done)
{
	struct writer *out;

	if (restore_takes(done))
		return;
	out = message_begin(MSG_TX_DONE);
	put_u32(out, done->id);
	put_u8(out, (uint8_t)done->status);
	put_u8(out, done->tag);
	put_u16(out, (uint16_t)done->error);
	put_u64(out, done->began);
	put_u64(out, done->ended);
	put_text(out, done->text ? done->text : "");
	message_end();
	holds_sent(done);
}

void send_rx(const struct rx *rx)
{
	struct writer *out = message_begin(MSG_RX);

	restore_saw_answer(rx);
	put_u8(out, rx->plane);
	put_u8(out, rx->flags);
	put_u8(out, rx->eid);
	put_u8(out, rx->tag);
	put_u64(out, rx->at);
	put_u8(out, rx->address_size);
	put_octets(out, rx->address, rx->address_size);
	put_octets(out, rx->octets, rx->size);
	message_end();
	holds_saw(rx);
}

void send_counters(uint32_t id, const struct counters *counters)
{
	struct writer *out = message_begin(MSG_COUNTERS);

	put_u32(out, id);
	put_u64(out, now());
	put_u16(out, (uint16_t)counters->count);
	for (unsigned i = 0; i < counters->count; i++) {
		put_name(out, counters->at[i].name);
		put_u64(out, counters->at[i].value);
	}
	message_end();
}

void send_control_done(uint32_t id, const struct outcome *outcome)
{
	struct writer *out = message_begin(MSG_CONTROL_DONE);

	put_u32(out, id);
	put_u8(out, (uint8_t)outcome->status);
	put_u8(out, outcome->value);
	put_u16(out, (uint16_t)outcome->error);
	put_u64(out, now());
	put_text(out, outcome->text);
	message_end();
}

void send_pong(uint32_t id, uint64_t theirs, uint64_t received)
{
	struct writer *out = message_begin(MSG_PONG);

	put_u32(out, id);
	put_u64(out, theirs);
	put_u64(out, received);
	put_u64(out, now());
	message_end();
}

void send_error(enum error_code code, bool fatal, uint32_t about, int error, const char *format, ...)
{
	struct writer *out = message_begin(MSG_ERROR);
	char text[MAX_TEXT];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	put_u16(out, (uint16_t)code);
	put_u8(out, fatal);
	put_u32(out, about);
	put_u16(out, (uint16_t)error);
	put_text(out, text);
	message_end();
}

void send_goodbye(enum goodbye_reason reason, unsigned restored, unsigned failed, const char *text)
{
	struct writer *out = message_begin(MSG_GOODBYE);

	put_u8(out, (uint8_t)reason);
	put_u16(out, (uint16_t)restored);
	put_u16(out, (uint16_t)failed);
	put_text(out, text);
	message_end();
}
