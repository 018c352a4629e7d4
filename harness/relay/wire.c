/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <string.h>

const uint8_t *read_octets(struct reader *in, size_t count)
{
	const uint8_t *octets = in->at;

	if (count > in->left) {
		in->bad = true;
		in->left = 0;
		return NULL;
	}
	in->at += count;
	in->left -= count;
	return octets;
}

static uint64_t read_number(struct reader *in, size_t size)
{
	const uint8_t *octets = read_octets(in, size);
	uint64_t value = 0;

	for (size_t i = 0; octets && i < size; i++)
		value = value << 8 | octets[i];
	return value;
}

uint8_t read_u8(struct reader *in)
{
	return (uint8_t)read_number(in, 1);
}

uint16_t read_u16(struct reader *in)
{
	return (uint16_t)read_number(in, 2);
}

uint32_t read_u32(struct reader *in)
{
	return (uint32_t)read_number(in, 4);
}

uint64_t read_u64(struct reader *in)
{
	return read_number(in, 8);
}

void put_octets(struct writer *out, const void *octets, size_t count)
{
	if (count > out->room - out->used) {
		out->bad = true;
		return;
	}
	if (count)
		memcpy(out->to + out->used, octets, count);
	out->used += count;
}

static void put_number(struct writer *out, uint64_t value, size_t size)
{
	uint8_t octets[8];

	for (size_t i = 0; i < size; i++)
		octets[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
	put_octets(out, octets, size);
}

void put_u8(struct writer *out, uint8_t value)
{
	put_number(out, value, 1);
}

void put_u16(struct writer *out, uint16_t value)
{
	put_number(out, value, 2);
}

void put_u32(struct writer *out, uint32_t value)
{
	put_number(out, value, 4);
}

void put_u64(struct writer *out, uint64_t value)
{
	put_number(out, value, 8);
}

void put_name(struct writer *out, const char *text)
{
	size_t count = strnlen(text, 255);

	put_u8(out, (uint8_t)count);
	put_octets(out, text, count);
}

void put_text(struct writer *out, const char *text)
{
	size_t count = strnlen(text, MAX_TEXT);

	put_u16(out, (uint16_t)count);
	put_octets(out, text, count);
}
