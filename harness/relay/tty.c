/* SPDX-License-Identifier: Apache-2.0
 * serial and pty: chunks of a byte stream (DSP0253), framed by the host. Nothing is taken apart here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "relay.h"

#define UNIT 4096
#define N_MCTP_LDISC 28 /* linux/tty.h */
/* A line that takes nothing for this long (flow control, a peer that does not read) will not. */
#define WRITE_PATIENCE 5000000000ull

static int line = -1, peer = -1;
static struct termios saved;
static bool is_saved;
static char link_path[256];
static struct {
	uint8_t octets[UNIT];
	size_t size, written;
	struct tx_done done;
	bool under_way;
} out;

static const struct { unsigned long baud; speed_t speed; } speeds[] = {
	{ 9600, B9600 }, { 19200, B19200 }, { 38400, B38400 }, { 57600, B57600 }, { 115200, B115200 },
	{ 230400, B230400 }, { 460800, B460800 }, { 921600, B921600 }, { 1000000, B1000000 },
	{ 1500000, B1500000 }, { 2000000, B2000000 }, { 3000000, B3000000 }, { 4000000, B4000000 },
};

static void describe(struct device *into)
{
	into->binding = BINDING_SERIAL;
	into->planes = 1u << PLANE_FRAMES;
	into->unit = UNIT;
}

static bool make_raw(int fd, speed_t speed)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return false;
	if (!is_saved && fd == line) {
		saved = t;
		is_saved = true;
	}
	cfmakeraw(&t);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cflag &= ~(tcflag_t)(CRTSCTS | CSTOPB);
	if (speed != B0)
		cfsetspeed(&t, speed);
	return tcsetattr(fd, TCSANOW, &t) == 0;
}

static bool serial_open(struct device *into, char *target, const struct parameters *given)
{
	const char *text = parameter(given, "baud");
	unsigned long baud = 115200;
	speed_t speed = B0;
	int discipline = 0;

	if (!*target)
		return fail(EINVAL, "serial names no line: serial /dev/ttyS1?baud=115200");
	if (text && !parse_number(text, 1, 100000000, &baud))
		return fail(EINVAL, "the baud rate \"%s\" is none", text);
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
		if (speeds[i].baud == baud)
			speed = speeds[i].speed;
	if (speed == B0)
		return fail(EINVAL, "%lu is not one of the standard baud rates from 9600 to 4000000", baud);
	line = open(target, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (line < 0 && errno == EBUSY)
		return fail(errno, "%s is held by another program", target);
	if (line < 0)
		return fail(errno, "%s: %s", target, strerror(errno));
	/* Asked first: under that discipline the line no longer looks like a terminal (TCGETS is ENOTTY). */
	if (!ioctl(line, TIOCGETD, &discipline) && discipline == N_MCTP_LDISC)
		return fail(EBUSY, "%s is held by the kernel's mctp-serial driver: end what attached it "
			    "(mctp link serial), or use the interface with mctp:", target);
	if (!isatty(line))
		return fail(ENOTTY, "%s is not a terminal line", target);
	if (ioctl(line, TIOCEXCL))
		return fail(errno, "%s cannot be held for us alone: %s", target, strerror(errno));
	if (!make_raw(line, speed))
		return fail(errno, "%s cannot be set to %lu baud: %s", target, baud, strerror(errno));
	tcflush(line, TCIOFLUSH);
	describe(into);
	snprintf(into->description, sizeof(into->description), "serial line %s at %lu baud", target, baud);
	return true;
}

static bool pty_open(struct device *into, char *target, const struct parameters *given)
{
	char name[64];

	(void)given;
	line = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (line < 0 || grantpt(line) || unlockpt(line) || ptsname_r(line, name, sizeof(name)))
		return fail(errno, "no pseudo-terminal: %s", strerror(errno));
	/* Held open, or the master reads EIO from when the first program closes it until the next opens it. */
	peer = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (peer < 0 || !make_raw(peer, B0))
		return fail(errno, "%s: %s", name, strerror(errno));
	if (*target) {
		if (symlink(name, target))
			return fail(errno, "cannot make the link %s: %s", target, strerror(errno));
		snprintf(link_path, sizeof(link_path), "%s", target);
	}
	describe(into);
	attribute(into, "pty", "%s", name);
	snprintf(into->description, sizeof(into->description), "pseudo-terminal %s", name);
	return true;
}

static void tty_close(void)
{
	if (*link_path)
		unlink(link_path);
	if (line >= 0 && is_saved) {
		/* What still waits would go out at the old speed, or block the close. */
		tcflush(line, TCOFLUSH);
		tcsetattr(line, TCSANOW, &saved);
		ioctl(line, TIOCNXCL);
	}
	if (peer >= 0)
		close(peer);
	if (line >= 0)
		close(line);
	line = peer = -1;
	*link_path = 0;
}

static bool tty_busy(void)
{
	return out.under_way;
}

static void finish(enum tx_status status, int error, const char *text)
{
	out.under_way = false;
	out.done.status = status;
	out.done.error = error;
	out.done.text = text;
	out.done.ended = now();
	send_tx_done(&out.done);
}

/* Writes what the line takes; it is sent when the driver's queue is empty too. */
static void push(void)
{
	int waiting = 0;

	while (out.under_way && out.written < out.size) {
		ssize_t done = write(line, out.octets + out.written, out.size - out.written);

		if (done > 0) {
			out.written += (size_t)done;
			continue;
		}
		if (done < 0 && errno != EAGAIN && errno != EINTR)
			finish(TX_REFUSED, errno, strerror(errno));
		break;
	}
	if (!out.under_way)
		return;
	if (out.written == out.size && (ioctl(line, TIOCOUTQ, &waiting) || waiting == 0)) {
		finish(TX_SENT, 0, "");
	} else if (now() - out.done.began > WRITE_PATIENCE) {
		tcflush(line, TCOFLUSH);
		finish(TX_REFUSED, ETIMEDOUT, "the line took nothing for 5 s: flow control, or nobody reads");
	}
}

static void tty_send(const struct tx *tx)
{
	out.done = (struct tx_done){ .id = tx->id, .tag = NO_TAG, .began = now() };
	out.size = tx->size;
	out.written = 0;
	out.under_way = true;
	memcpy(out.octets, tx->octets, tx->size);
	push();
}

static int tty_tick(void)
{
	if (!out.under_way)
		return -1;
	push();
	if (!out.under_way)
		return 0;
	/* No event says that a transmitter has run empty: look again each millisecond, which is 12 octets at 115200. */
	return out.written < out.size ? 100 : 1;
}

static unsigned tty_fds(struct pollfd *fds)
{
	bool blocked = out.under_way && out.written < out.size;

	fds[0] = (struct pollfd){ .fd = line, .events = (short)(POLLIN | (blocked ? POLLOUT : 0)) };
	return 1;
}

static bool tty_ready(const struct pollfd *fds, unsigned count)
{
	static uint8_t octets[UNIT];
	struct rx rx = { .plane = PLANE_FRAMES, .tag = NO_TAG, .octets = octets };

	(void)count;
	if (fds[0].revents & POLLOUT)
		push();
	while (link_room()) {
		ssize_t got = read(line, octets, sizeof(octets));

		rx.at = now();
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (got <= 0)
			return fail(got ? errno : ENODEV, "the line is gone: %s", got ? strerror(errno) : "hung up");
		rx.size = (size_t)got;
		send_rx(&rx);
	}
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		return fail(ENODEV, "the line is gone: hung up");
	return true;
}

const struct backend serial_backend = {
	.name = "serial", .open = serial_open, .close = tty_close, .fds = tty_fds, .ready = tty_ready,
	.send = tty_send, .busy = tty_busy, .tick = tty_tick,
};

const struct backend pty_backend = {
	.name = "pty", .open = pty_open, .close = tty_close, .fds = tty_fds, .ready = tty_ready,
	.send = tty_send, .busy = tty_busy, .tick = tty_tick,
};
