/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEVICES "/sys/bus/i2c/devices"
#define OWN_TARGET 0x1000u /* I2C_ADDR_OFFSET_SLAVE: "we are that target" in new_device */
#define BUFFER 4096

static int queue = -1, log_fd = -1;
static bool created;
static unsigned of_bus, node;

bool i2c_holder(unsigned bus, unsigned of_node, char *name, size_t size)
{
	char path[96], text[64] = "", *slash;
	ssize_t got = -1;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%u-%04x/driver", bus, of_node);
	got = readlink(path, text, sizeof(text) - 1);
	if (got > 0) {
		text[got] = 0;
		slash = strrchr(text, '/');
		snprintf(name, size, "%s", slash ? slash + 1 : text);
		return true;
	}
	snprintf(path, sizeof(path), DEVICES "/%u-%04x/name", bus, of_node);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = 0;
	text[strcspn(text, "\n")] = 0;
	snprintf(name, size, "%s (no driver bound)", text);
	return true;
}

static int write_file(const char *which, const char *text)
{
	char path[96];
	int fd, error = 0;

	snprintf(path, sizeof(path), DEVICES "/i2c-%u/%s", of_bus, which);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	return error;
}

static void delete_node(void)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%04x", node);
	write_file("delete_device", text);
	created = false;
}

static bool create_node(void)
{
	char text[40], holder[96];
	int error;

	snprintf(text, sizeof(text), "slave-mqueue 0x%04x", node);
	error = write_file("new_device", text);
	if (error == 0) {
		created = true;
		return true;
	}
	if (i2c_holder(of_bus, node, holder, sizeof(holder)))
		return fail(EBUSY, "our own address 0x%02x on I2C bus %u is held by %s: unbind it, or say another with own=",
			    node & 0x7f, of_bus, holder);
	if (error == ENOENT)
		return fail(error, "there is no I2C bus %u", of_bus);
	return fail(error, "cannot receive on I2C bus %u (%s): as root, echo %s > " DEVICES "/i2c-%u/new_device", of_bus,
		    strerror(error), text, of_bus);
}

/* The driver may be a module that is still being loaded. */
static bool open_queue(void)
{
	char path[96];

	snprintf(path, sizeof(path), DEVICES "/%u-%04x/slave-mqueue", of_bus, node);
	for (int tries = 0; tries < 50; tries++) {
		queue = open(path, O_RDONLY | O_CLOEXEC);
		if (queue >= 0 || errno != ENOENT || !created)
			return queue >= 0;
		poll(NULL, 0, 20);
	}
	return false;
}

bool target_open(unsigned bus, unsigned address)
{
	static uint8_t stale[BUFFER];
	int error;

	of_bus = bus;
	node = OWN_TARGET | address;
	if (!open_queue()) {
		if (errno != ENOENT)
			return fail(errno, "cannot read " DEVICES "/%u-%04x/slave-mqueue: %s", bus, node, strerror(errno));
		if (!create_node())
			return false;
		if (!open_queue()) {
			error = errno;
			delete_node();
			return fail(error, "I2C bus %u made no slave-mqueue: the kernel has no such backend (OpenBMC's "
				    "CONFIG_I2C_SLAVE_MQUEUE), its module is not loaded, or the adapter has no target mode",
				    bus);
		}
	}
	/* The driver tells the kernel's log only when it drops what is longer than its buffer. */
	log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log_fd >= 0)
		lseek(log_fd, 0, SEEK_END);
	for (int i = 0; i < 256 && pread(queue, stale, sizeof(stale), 0) > 0; i++)
		continue;
	return true;
}

void target_close(void)
{
	if (queue >= 0)
		close(queue);
	if (log_fd >= 0)
		close(log_fd);
	queue = log_fd = -1;
	if (created)
		delete_node();
}

bool target_created(void)
{
	return created;
}

unsigned target_fds(struct pollfd *fds)
{
	/* sysfs files always claim POLLIN; POLLPRI comes with kernfs_notify. */
	fds[0] = (struct pollfd){ .fd = queue, .events = POLLPRI };
	fds[1] = (struct pollfd){ .fd = log_fd, .events = POLLIN };
	return 2;
}

static void read_log(void)
{
	char line[1024], ours[16];
	ssize_t got;

	snprintf(ours, sizeof(ours), "%u-%04x", of_bus, node);
	for (int i = 0; log_fd >= 0 && i < 64; i++) {
		got = read(log_fd, line, sizeof(line) - 1);
		if (got < 0 && errno == EPIPE)
			continue; /* overwritten before it was read */
		if (got <= 0)
			return;
		line[got] = 0;
		if (link_room() && strstr(line, ours) && strstr(line, "truncated"))
			send_error(ERR_LOST, false, 0, EOVERFLOW,
				   "the device sent a message longer than the slave-mqueue's buffer (by default %u octets); "
				   "the kernel dropped it", MQUEUE_DEFAULT);
	}
}

bool target_ready(void)
{
	static uint8_t octets[BUFFER];
	struct rx rx = { .plane = PLANE_FRAMES, .tag = NO_TAG, .octets = octets };

	while (link_room()) {
		/* Offset 0 each time: one read is one message. */
		ssize_t got = pread(queue, octets, sizeof(octets), 0);

		rx.at = now();
		if (got == 0 || (got < 0 && errno == EAGAIN))
			break;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EOVERFLOW) {
			send_error(ERR_LOST, false, 0, errno, "the slave-mqueue dropped a message longer than %d octets", BUFFER);
			continue;
		}
		if (got < 0)
			return fail(errno, "the slave-mqueue of I2C bus %u is gone: %s", of_bus, strerror(errno));
		rx.size = (size_t)got;
		send_rx(&rx);
	}
	read_log();
	return true;
}
