/* SPDX-License-Identifier: Apache-2.0
 * mctp: the kernel's MCTP stack. Messages through AF_MCTP with extended addressing, so that no route or neighbour is
 * needed where the host gives a physical address.
 */
#include "mctp.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "mctp-abi.h"

#define MESSAGE_LIMIT 65536 /* MCTP_MESSAGE_MAXLEN in net/mctp/route.c */

struct mctp mctp = { .messages = -1 };

int mctp_socket(void)
{
	int on = 1, fd = socket(FAMILY_MCTP, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && setsockopt(fd, LEVEL_MCTP, OPTION_ADDRESS_EXT, &on, sizeof(on))) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* The kernel's own word first (Linux 6.15), then the name that the driver gives its interfaces. */
static uint8_t find_binding(const char *said)
{
	static const struct { const char *name; uint8_t binding; } said_as[] = {
		{ "smbus", BINDING_SMBUS }, { "pcie-vdm", BINDING_PCIE_VDM }, { "usb", BINDING_USB },
		{ "kcs", BINDING_KCS }, { "serial", BINDING_SERIAL }, { "i3c", BINDING_I3C }, { "mmbi", BINDING_MMBI },
	}, called[] = {
		{ "mctpi2c", BINDING_SMBUS }, { "mctpserial", BINDING_SERIAL }, { "mctpi3c", BINDING_I3C },
		{ "mctpusb", BINDING_USB },
	};

	for (size_t i = 0; said && i < sizeof(said_as) / sizeof(said_as[0]); i++)
		if (!strcmp(said, said_as[i].name))
			return said_as[i].binding;
	if (said)
		return 0xff;
	if (mctp.interface.binding)
		return mctp.interface.binding;
	for (size_t i = 0; i < sizeof(called) / sizeof(called[0]); i++)
		if (!strncmp(mctp.interface.name, called[i].name, strlen(called[i].name)))
			return called[i].binding;
	return BINDING_UNKNOWN;
}

static bool parse_target(char *target, const struct parameters *given)
{
	const char *address = parameter(given, "address"), *net = parameter(given, "net");
	char *slash = strrchr(target, '/');
	unsigned long eid, value;
	int error;

	if (!slash || !parse_number(slash + 1, 0, 254, &eid))
		return fail(EINVAL, "write mctp IFACE/EID, such as mctp mctpi2c3/9");
	*slash = 0;
	mctp.eid = (uint8_t)eid;
	error = get_interface(target, &mctp.interface);
	if (error)
		return fail(error, "there is no network interface %s (%s)", target, strerror(error));
	/* The loopback has MCTP attributes too. */
	if (mctp.interface.hardware != HARDWARE_MCTP)
		return fail(EINVAL, "%s is no MCTP interface", target);
	if (address) {
		if (!parse_number(address, 0, 255, &value))
			return fail(EINVAL, "the physical address \"%s\" is not one octet", address);
		mctp.address[0] = (uint8_t)value;
		mctp.address_size = 1;
	} else {
		get_neighbour(mctp.interface.index, mctp.eid, mctp.address, &mctp.address_size);
	}
	mctp.net = mctp.interface.net;
	if (net && (!parse_number(net, 1, 0xffffffff, &value) || (mctp.net && value != mctp.net)))
		return fail(EINVAL, "%s is in MCTP network %u, not %s", target, mctp.net, net);
	return true;
}

static void fill(struct device *into)
{
	char text[sizeof(into->attributes[0].value)];
	unsigned bus;

	into->mtu = mctp.interface.mtu;
	into->unit = mctp.interface.mtu;
	into->message_limit = MESSAGE_LIMIT;
	into->planes = 1u << PLANE_MESSAGES | 1u << PLANE_PACKETS;
	into->capabilities = CAPTURES | HOLDS_TAGS | LENDS_TAGS | BINDS_TYPES | CONFIGURES | HAS_COUNTERS;
	/* Elsewhere the link header is not ours to build: packets are seen, and not made. */
	if (into->binding == BINDING_SMBUS || into->binding == BINDING_SERIAL)
		into->capabilities |= CAN_INJECT | HOLDS_SENDING;
	else
		into->planes = 1u << PLANE_MESSAGES;
	memcpy(into->own_address, mctp.interface.address, MAX_ADDRESS);
	into->own_address_size = mctp.interface.address_size;
	memcpy(into->address, mctp.address, MAX_ADDRESS);
	into->address_size = mctp.address_size;
	into->eid = mctp.eid;
	into->own_eid_count = (uint8_t)get_addresses(mctp.interface.index, into->own_eids, sizeof(into->own_eids));
	attribute(into, "interface", "%s", mctp.interface.name);
	attribute(into, "state", "%s", mctp.interface.up ? "up" : "down");
	attribute(into, "net", "%u", mctp.net);
	/* mctp-i2c names its interfaces by their bus. */
	if (sscanf(mctp.interface.name, "mctpi2c%u", &bus) == 1)
		say_mux(into, bus);
	say_routes(mctp.interface.index, text, sizeof(text));
	attribute(into, "routes", "%s", text);
	say_neighbours(mctp.interface.index, text, sizeof(text));
	attribute(into, "neighbours", "%s", text);
	if (pldm_shares())
		attribute(into, "pldm-ids", "shared");
	snprintf(into->description, sizeof(into->description), "Linux MCTP interface %s, network %u, device EID %u",
		 mctp.interface.name, mctp.net, mctp.eid);
}

static bool mctp_open(struct device *into, char *target, const struct parameters *given)
{
	int error = netlink_open();

	if (error)
		return fail(error, "no rtnetlink: %s", strerror(error));
	/* Before the interface: a kernel without AF_MCTP has no such interface either, and that is the better reason. */
	mctp.messages = mctp_socket();
	if (mctp.messages < 0)
		return fail(errno, "%s", explain_open(errno));
	if (!parse_target(target, given))
		return false;
	into->binding = find_binding(parameter(given, "binding"));
	if (into->binding == 0xff)
		return fail(EINVAL, "the binding \"%s\" is none that the relay knows", parameter(given, "binding"));
	device.binding = into->binding;
	pldm_open();
	if (!packets_open())
		return false;
	fill(into);
	return true;
}

static void mctp_close(void)
{
	packets_close();
	for (unsigned i = 0; i < mctp.bound_count; i++)
		close(mctp.bound[i].fd);
	mctp.bound_count = 0;
	if (mctp.messages >= 0)
		close(mctp.messages); /* gives back every tag that it holds */
	mctp.messages = -1;
	pldm_close();
	netlink_close();
}

static unsigned mctp_fds(struct pollfd *fds)
{
	unsigned count = 0;

	fds[count++] = (struct pollfd){ .fd = packets_fd(), .events = POLLIN };
	/* While requests follow each other by themselves, their answers are captured; the copies are read behind them. */
	fds[count++] = (struct pollfd){ .fd = holds_count() ? -1 : mctp.messages, .events = POLLIN };
	for (unsigned i = 0; i < mctp.bound_count; i++)
		fds[count++] = (struct pollfd){ .fd = mctp.bound[i].fd, .events = POLLIN };
	return count;
}

/* One message. What answers a lent tag was captured already, and need not be said twice. */
static void receive(int fd)
{
	static uint8_t octets[1 + MESSAGE_LIMIT];
	struct mctp_name_ext from;
	struct iovec body = { octets + 1, MESSAGE_LIMIT };
	struct rx rx = { .plane = PLANE_MESSAGES, .octets = octets };

	struct msghdr message = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &body, .msg_iovlen = 1 };
	ssize_t got = recvmsg(fd, &message, 0);

	/* A bound socket hears all networks; only this interface leads to our device. */
	if (got < 0 || from.interface != mctp.interface.index || (!(from.base.tag & TAG_OWNER) && tags_lent(from.base.tag)))
		return;
	rx.at = now();
	octets[0] = from.base.type;
	rx.eid = from.base.eid;
	rx.tag = from.base.tag;
	rx.size = 1 + (size_t)got;
	if (rx.size > MESSAGE_LIMIT)
		rx.size = MESSAGE_LIMIT;
	rx.flags = message.msg_flags & MSG_TRUNC || (size_t)got >= MESSAGE_LIMIT ? RX_TRUNCATED : 0;
	rx.address = from.address;
	rx.address_size = from.address_size > MAX_ADDRESS ? MAX_ADDRESS : from.address_size;
	send_rx(&rx);
}

static bool mctp_ready(const struct pollfd *fds, unsigned count)
{
	/* Packets first, and off to the host: they are evidence of the message that they make up. */
	if (fds[0].revents && !packets_ready())
		return false;
	holds_fire();
	link_write();
	for (unsigned i = 1; i < count; i++)
		if (fds[i].revents && link_room())
			receive(fds[i].fd);
	tags_settle();
	return true;
}

static void send_message(const struct tx *tx)
{
	struct mctp_name_ext to = { .base = { .family = FAMILY_MCTP, .net = mctp.net, .eid = tx->eid,
					      .type = tx->octets[0], .tag = tx->tag },
				    .interface = mctp.interface.index, .address_size = tx->address_size };
	struct tx_done done = { .id = tx->id, .tag = NO_TAG, .text = "" };
	size_t name_size = tx->address_size || !mctp.interface.address_size ? sizeof(to) : sizeof(to.base);
	ssize_t sent;

	memcpy(to.address, tx->address, tx->address_size);
	packets_forget(tx->eid);
	if (tx->tag & TAG_LENT) {
		done.error = tags_lend(tx->eid, tx->tag & TAG_VALUE);
		if (done.error) {
			done.text = explain_tag(done.error, tx->eid, tx->tag & TAG_VALUE);
		} else if (!pldm_take(tx)) {
			tags_end(tx->tag & TAG_VALUE);
			done.error = EBUSY;
			done.text = explain_pldm(tx);
		}
		if (done.error) {
			done.began = done.ended = now();
			done.status = TX_REFUSED;
			send_tx_done(&done);
			return;
		}
		to.base.tag = (tx->tag & TAG_VALUE) | TAG_OWNER | TAG_HELD;
	}
	/* What follows an answer goes at once, and the wires go on before anything else is done. */
	done.began = tx->held ? recent() : now();
	sent = sendto(mctp.messages, tx->octets + 1, tx->size - 1, 0, (struct sockaddr *)&to, (socklen_t)name_size);
	done.error = sent < 0 ? errno : 0;
	done.ended = now();
	if (!done.error && tx->held && tx->tag & TAG_LENT) {
		sched_yield();
		done.tag = tx->tag & (TAG_OWNER | TAG_VALUE);
	} else if (!done.error) {
		/* The kernel does not tell which tag it took; our capture of the packet does. */
		packets_ready();
		done.tag = packets_own_tag();
	}
	/* A packet for an interface that is down is dropped, and the call succeeds (noop_enqueue). */
	if (!done.error && done.tag == NO_TAG && !get_interface(mctp.interface.name, &mctp.interface) &&
	    !mctp.interface.up)
		done.error = ENETDOWN;
	if (done.error) {
		done.status = TX_REFUSED;
		done.text = explain_send(done.error, tx);
		if (tx->tag & TAG_LENT)
			tags_end(tx->tag & TAG_VALUE);
	}
	send_tx_done(&done);
	link_write();
	tags_settle();
}

static void mctp_send(const struct tx *tx)
{
	if (tx->plane == PLANE_PACKETS)
		packets_send(tx);
	else
		send_message(tx);
}

static void mctp_count(struct counters *into)
{
	get_statistics(mctp.interface.index, into);
	packets_count(into);
}

const struct backend mctp_backend = {
	.name = "mctp",
	.open = mctp_open,
	.close = mctp_close,
	.fds = mctp_fds,
	.ready = mctp_ready,
	.send = mctp_send,
	.tick = tags_tick,
	.count = mctp_count,
	.control = mctp_control,
	.check = mctp_check,
	.restore = mctp_restore,
};
