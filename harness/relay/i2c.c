/* SPDX-License-Identifier: Apache-2.0
 * i2c: SMBus block writes as one I2C write message each, through i2c-dev; what the device sends comes through
 * target.c. A frame is as on the wires, from the address octet to the PEC.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/i2c-dev.h>
#include <linux/i2c.h>

#include "target.h"

/* Address octet, command code, count, 255 octets, PEC; and room for what a test appends. i2c-dev takes 8192. */
#define UNIT 1024

static int adapter = -1;
static unsigned bus, free_address = ~0u;
static bool forced;

static bool parse_target(char *target, unsigned long *number, unsigned long *address)
{
	char *at = strchr(target, '@');

	if (!at)
		return false;
	*at++ = 0;
	if (!strncmp(target, "/dev/", 5))
		target += 5;
	if (!strncmp(target, "i2c-", 4))
		target += 4;
	return parse_number(target, 0, 65535, number) && parse_number(at, 0x08, 0x77, address);
}

/* I2C_RDWR does not look whether a driver holds the address; I2C_SLAVE does (i2cdev_check_addr). */
static bool is_free(unsigned address, char *text, size_t size)
{
	char holder[96] = "a driver";

	if (forced || address == free_address)
		return true;
	if (ioctl(adapter, I2C_SLAVE, (unsigned long)address) == 0) {
		free_address = address;
		return true;
	}
	if (errno != EBUSY)
		return true;
	i2c_holder(bus, address, holder, sizeof(holder));
	snprintf(text, size, "address 0x%02x on I2C bus %u is held by %s: unbind it, or say force=1", address, bus, holder);
	return false;
}

static bool open_adapter(void)
{
	unsigned long functions = 0;
	char path[32];

	snprintf(path, sizeof(path), "/dev/i2c-%u", bus);
	adapter = open(path, O_RDWR | O_CLOEXEC);
	if (adapter < 0 && errno == ENOENT)
		return fail(errno, "there is no %s: no such bus, or modprobe i2c-dev", path);
	if (adapter < 0)
		return fail(errno, "%s: %s%s", path, strerror(errno),
			    errno == EACCES ? ": be root, or join the group that owns it (usually i2c)" : "");
	if (ioctl(adapter, I2C_FUNCS, &functions) || !(functions & I2C_FUNC_I2C))
		return fail(EOPNOTSUPP, "the adapter of %s does SMBus only, and cannot send plain I2C writes", path);
	return true;
}

static bool i2c_open(struct device *into, char *target, const struct parameters *given)
{
	const char *own_text = parameter(given, "own"), *target_text = parameter(given, "target");
	const char *force = parameter(given, "force");
	unsigned long number, address, own = 0x10, receiver;
	char text[256];

	if (!parse_target(target, &number, &address))
		return fail(EINVAL, "write i2c BUS@ADDRESS, such as i2c 3@0x1d");
	receiver = number;
	if (own_text && !parse_number(own_text, 0x08, 0x77, &own))
		return fail(EINVAL, "the own address \"%s\" is not between 0x08 and 0x77", own_text);
	if (target_text && !parse_number(target_text, 0, 65535, &receiver))
		return fail(EINVAL, "the target bus \"%s\" is not a number", target_text);
	bus = (unsigned)number;
	forced = force && !strcmp(force, "1");
	if (!open_adapter())
		return false;
	if (!is_free((unsigned)address, text, sizeof(text)))
		return fail(EBUSY, "%s", text);
	if (!target_open((unsigned)receiver, (unsigned)own))
		return false;
	into->binding = BINDING_SMBUS;
	into->planes = 1u << PLANE_FRAMES;
	into->capabilities = ACKNOWLEDGES | HOLDS_SENDING;
	into->unit = UNIT;
	into->receive_limit = MQUEUE_DEFAULT;
	into->own_address[0] = (uint8_t)own;
	into->address[0] = (uint8_t)address;
	into->own_address_size = into->address_size = 1;
	attribute(into, "bus", "%u", bus);
	say_mux(into, bus);
	attribute(into, "target", "%lu-%04lx%s", receiver, 0x1000 | own, target_created() ? ", created" : "");
	snprintf(into->description, sizeof(into->description), "I2C bus %u, device 0x%02lx, own target 0x%02lx on bus %lu",
		 bus, address, own, receiver);
	return true;
}

static void i2c_close(void)
{
	target_close();
	if (adapter >= 0)
		close(adapter);
	adapter = -1;
}

static bool i2c_ready(const struct pollfd *fds, unsigned count)
{
	(void)fds;
	(void)count;
	return target_ready();
}

/* Documentation/i2c/fault-codes.rst; drivers differ between ENXIO and EREMOTEIO for a missing acknowledge. */
static enum tx_status explain(int error, const char **text)
{
	switch (error) {
	case ENXIO:
	case EREMOTEIO:
		*text = "not acknowledged";
		return TX_NAK;
	case EAGAIN:
		*text = "another controller won the bus";
		return TX_ARBITRATION_LOST;
	case ETIMEDOUT:
		*text = "stuck bus: the transfer did not end in the adapter's time (a line held low, or endless stretching)";
		return TX_REFUSED;
	case EIO:
		*text = "the adapter's driver says EIO, which may be a data octet not acknowledged or a fault on the bus";
		return TX_REFUSED;
	case EBUSY:
		*text = "the bus is busy: a line is held low, or another controller keeps it";
		return TX_REFUSED;
	case EOPNOTSUPP:
		*text = "the adapter cannot send this (a write of no octets, or longer than it takes)";
		return TX_REFUSED;
	default:
		*text = strerror(error);
		return TX_REFUSED;
	}
}

static void i2c_send(const struct tx *tx)
{
	struct tx_done done = { .id = tx->id, .status = TX_REFUSED, .tag = NO_TAG, .error = EINVAL };
	static uint8_t octets[UNIT]; /* i2c-dev wants them writable */
	struct i2c_msg message = { .addr = tx->octets[0] >> 1, .len = (uint16_t)(tx->size - 1), .buf = octets };
	struct i2c_rdwr_ioctl_data transfer = { &message, 1 };
	char text[256];

	memcpy(octets, tx->octets + 1, tx->size - 1);
	done.began = now();
	if (tx->octets[0] & 1) {
		done.text = "i2c-dev cannot write after an address octet that says read";
	} else if (!is_free(message.addr, text, sizeof(text))) {
		done.text = text;
		done.error = EBUSY;
	} else {
		done.began = now();
		done.error = ioctl(adapter, I2C_RDWR, &transfer) < 0 ? errno : 0;
	}
	done.ended = now();
	if (!done.text)
		done.status = done.error ? explain(done.error, &done.text) : TX_SENT;
	send_tx_done(&done);
}

const struct backend i2c_backend = {
	.name = "i2c",
	.open = i2c_open,
	.close = i2c_close,
	.fds = target_fds,
	.ready = i2c_ready,
	.send = i2c_send,
};
