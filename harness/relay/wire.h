/* SPDX-License-Identifier: Apache-2.0
 * Octets of the relay protocol (docs/relay-protocol.md): a reader that cannot leave its input, a writer that cannot
 * leave its frame. Neither allocates.
 */
#ifndef RELAY_WIRE_H
#define RELAY_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROTOCOL_VERSION 1
#define PROTOCOL_MAGIC 0x4d43524cu /* "MCRL" */

/* Type octet and body. A 64 KiB message and the longest header before it fit. */
#define MAX_FRAME (65536u + 64u)
#define LENGTH_SIZE 4u
/* A name or text longer than this is cut by the writer and refused by the reader. */
#define MAX_TEXT 1024u
#define MAX_ADDRESS 32u /* MAX_ADDR_LEN of linux/netdevice.h */

/* A type that the receiver does not know is ignored when this bit is set. */
#define OPTIONAL_BIT 0x80u

enum message_type {
	MSG_HELLO = 0x01,
	MSG_TX = 0x02,
	MSG_TX_DONE = 0x03,
	MSG_RX = 0x04,
	MSG_READ_COUNTERS = 0x05,
	MSG_COUNTERS = 0x06,
	MSG_CONTROL = 0x07,
	MSG_CONTROL_DONE = 0x08,
	MSG_PING = 0x09,
	MSG_PONG = 0x0a,
	MSG_ERROR = 0x0b,
	MSG_GOODBYE = 0x0c,
	MSG_HOLD = 0x0d,
};

/* Reading past the end yields zeros and sets `bad`, so that a message is taken apart first and judged once. */
struct reader {
	const uint8_t *at;
	size_t left;
	bool bad;
};

uint8_t read_u8(struct reader *in);
uint16_t read_u16(struct reader *in);
uint32_t read_u32(struct reader *in);
uint64_t read_u64(struct reader *in);
/* The next octets in place, or NULL (and `bad`) when there are fewer. */
const uint8_t *read_octets(struct reader *in, size_t count);

/* One frame under construction. What does not fit sets `bad`; the frame is then not sent. */
struct writer {
	uint8_t *to;
	size_t used, room;
	bool bad;
};

void put_u8(struct writer *out, uint8_t value);
void put_u16(struct writer *out, uint16_t value);
void put_u32(struct writer *out, uint32_t value);
void put_u64(struct writer *out, uint64_t value);
void put_octets(struct writer *out, const void *octets, size_t count);
/* u8 length and at most 255 octets of text. */
void put_name(struct writer *out, const char *text);
/* u16 length and at most MAX_TEXT octets of text. */
void put_text(struct writer *out, const char *text);

#endif
