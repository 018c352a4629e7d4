// SPDX-License-Identifier: Apache-2.0
/* Raw I2C: plain controller writes through i2c-dev, and what a slave-mqueue target received. */
#include "labctl.h"

#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* SMBus PEC: CRC-8, polynomial 0x07 */
static uint8_t crc8(uint8_t crc, const uint8_t *octets, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		crc ^= octets[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint8_t)(crc & 0x80 ? crc << 1 ^ 0x07 : crc << 1);
	}
	return crc;
}

/* OCTETS that end in + get their PEC appended. */
int cmd_i2c_write(int argc, char **argv)
{
	static uint8_t octets[OCTETS_MAX];
	unsigned long address = number(argv[1], 127), times = argc > 3 ? number(argv[3], 1000000) : 1;
	char path[32], *plus = strchr(argv[2], '+');
	uint8_t destination = (uint8_t)(address << 1);
	size_t length;
	uint64_t start;
	int fd;

	if (plus)
		*plus = '\0';
	length = parse_hex(argv[2], octets, sizeof(octets) - 1);
	if (plus) {
		octets[length] = crc8(crc8(0, &destination, 1), octets, length);
		length++;
	}
	snprintf(path, sizeof(path), "/dev/i2c-%lu", number(argv[0], 255));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fail_errno(path);
	if (ioctl(fd, I2C_SLAVE, address))
		fail_errno("I2C_SLAVE");
	start = now_us();
	for (unsigned long i = 0; i < times; i++)
		if (write(fd, octets, length) != (ssize_t)length)
			fail_errno("write");
	printf("%llu\n", (unsigned long long)(now_us() - start));
	return 0;
}

int cmd_mqueue(int argc, char **argv)
{
	static uint8_t octets[OCTETS_MAX];
	int patience = argc > 1 ? (int)number(argv[1], 600000) : 1000;
	struct pollfd ready = { .fd = open(argv[0], O_RDONLY | O_CLOEXEC), .events = POLLPRI };
	uint64_t start = now_us();
	ssize_t got;

	if (ready.fd < 0)
		fail_errno(argv[0]);
	/* the first poll after open is ready without a message: hence read before */
	while ((got = pread(ready.fd, octets, sizeof(octets), 0)) == 0) {
		int left = patience - (int)((now_us() - start) / 1000);

		if (left <= 0 || poll(&ready, 1, left) == 0)
			fail("no message");
	}
	if (got < 0)
		fail_errno("pread");
	print_hex(octets, (size_t)got);
	printf(" pec=%s\n", crc8(0, octets, (size_t)got) ? "wrong" : "right");
	return 0;
}
