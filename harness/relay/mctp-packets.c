/* SPDX-License-Identifier: Apache-2.0
 * AF_PACKET on the MCTP interface: every packet in both directions, and packets of the host's own making.
 */
#include "mctp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_packet.h>

#include "mctp-abi.h"

#define SMBUS_HEADER 4
#define SMBUS_COMMAND 0x0f /* DSP0237, command code of MCTP */
#define LONGEST 65536
#define AT_ONCE 4

static int capture = -1, inject = -1;
static size_t header_size;
static uint64_t drops;
static uint8_t watched_eid, own_tag = NO_TAG;

static int open_socket(int type, int protocol)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)protocol),
				  .sll_ifindex = mctp.interface.index };
	int error, fd = socket(AF_PACKET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

bool packets_open(void)
{
	bool known = device.binding == BINDING_SMBUS || device.binding == BINDING_SERIAL;
	int size = 4 << 20;

	header_size = device.binding == BINDING_SMBUS ? SMBUS_HEADER : 0;
	/* Own transmissions are shown to sockets of all protocols (0x0003, ETH_P_ALL) only. Without the link header
	 * (DGRAM) where it is not ours to take apart; never to send, mctp-i2c says EINVAL or worse.
	 */
	capture = open_socket(known ? SOCK_RAW : SOCK_DGRAM, 0x0003);
	if (capture < 0)
		return fail(errno, "%s", explain_open(errno));
	/* Beyond net.core.rmem_max where we may; a flood is counted in capture_drops otherwise. */
	if (setsockopt(capture, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(capture, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (!known)
		return true;
	/* A socket is not shown what it sent itself: another one sends. Protocol 0 receives nothing. */
	inject = open_socket(SOCK_RAW, 0);
	return inject >= 0 || fail(errno, "%s", explain_open(errno));
}

void packets_close(void)
{
	if (capture >= 0)
		close(capture);
	if (inject >= 0)
		close(inject);
	capture = inject = -1;
}

int packets_fd(void)
{
	return capture;
}

void packets_forget(uint8_t eid)
{
	watched_eid = eid;
	own_tag = NO_TAG;
}

uint8_t packets_own_tag(void)
{
	return own_tag;
}

/* Packet header (DSP0236, Figure 4): version, destination, source, then SOM EOM seq(2) TO tag(3). */
static void watch(const uint8_t *packet, size_t size)
{
	if (size >= 4 && packet[1] == watched_eid)
		own_tag = packet[3] & (TAG_OWNER | TAG_VALUE);
}

static void hand_on(const uint8_t *octets, size_t size, bool own, uint64_t at)
{
	uint8_t address = 0;
	struct rx rx = { .plane = PLANE_PACKETS, .flags = own ? RX_OWN : 0, .tag = NO_TAG, .at = at };

	if (size < header_size) {
		send_error(ERR_LOST, false, 0, 0, "a packet of %zu octets is shorter than its link header", size);
		return;
	}
	if (header_size) {
		/* The other side's: source of what came, destination of what went. */
		address = (own ? octets[0] : octets[3]) >> 1;
		rx.address = &address;
		rx.address_size = 1;
	}
	rx.octets = octets + header_size;
	rx.size = size - header_size;
	if (rx.size > LONGEST) {
		rx.size = LONGEST;
		rx.flags |= RX_TRUNCATED;
	}
	if (own)
		watch(rx.octets, rx.size);
	if (!header_size || !mctp.address_size || address == mctp.address[0])
		tags_watch(rx.octets, rx.size, own);
	send_rx(&rx);
}

static bool gone(int error)
{
	if (!get_statistics(mctp.interface.index, NULL))
		return fail(ENODEV, "the interface %s is gone", mctp.interface.name);
	if (error == ENETDOWN)
		send_error(ERR_DEVICE, false, 0, error, "the interface %s went down: mctp link set %s up",
			   mctp.interface.name, mctp.interface.name);
	else
		send_error(ERR_DEVICE, false, 0, error, "capture on %s: %s", mctp.interface.name, strerror(error));
	return true;
}

bool packets_ready(void)
{
	/* Several at a time: when fewer came, there were no more, and no call is needed to know that. */
	static uint8_t octets[AT_ONCE][LONGEST + SMBUS_HEADER];
	int got = AT_ONCE;

	while (got == AT_ONCE && link_room()) {
		struct sockaddr_ll from[AT_ONCE];
		struct iovec into[AT_ONCE];
		struct mmsghdr messages[AT_ONCE];
		uint64_t at;

		for (int i = 0; i < AT_ONCE; i++) {
			into[i] = (struct iovec){ octets[i], sizeof(octets[i]) };
			messages[i].msg_hdr = (struct msghdr){ .msg_name = &from[i], .msg_namelen = sizeof(from[i]),
							       .msg_iov = &into[i], .msg_iovlen = 1 };
		}
		got = recvmmsg(capture, messages, AT_ONCE, 0, NULL);
		if (got < 0 && errno == EINTR) {
			got = AT_ONCE;
			continue;
		}
		if (got < 0)
			return errno == EAGAIN || gone(errno);
		at = now();
		for (int i = 0; i < got; i++)
			if (ntohs(from[i].sll_protocol) == ETHERTYPE_MCTP)
				hand_on(octets[i], messages[i].msg_len, from[i].sll_pkttype == PACKET_OUTGOING, at);
	}
	return true;
}

static size_t build_header(uint8_t *header, const struct tx *tx)
{
	if (!header_size)
		return 0;
	header[0] = (uint8_t)((tx->address_size ? tx->address[0] : mctp.address[0]) << 1);
	header[1] = SMBUS_COMMAND;
	/* The driver drops what does not match its length; the PEC is the driver's. */
	header[2] = (uint8_t)(tx->size + 1);
	header[3] = (uint8_t)(mctp.interface.address[0] << 1 | 1);
	return header_size;
}

void packets_send(const struct tx *tx)
{
	static uint8_t octets[LONGEST + SMBUS_HEADER];
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE_MCTP),
				  .sll_ifindex = mctp.interface.index };
	struct tx_done done = { .id = tx->id, .status = TX_REFUSED, .tag = NO_TAG, .error = EDESTADDRREQ };
	size_t size;

	done.began = now();
	if (inject < 0) {
		done.text = "this binding's link header is unknown: packets are seen, and not made";
	} else if (header_size && !tx->address_size && !mctp.address_size) {
		done.text = "no physical address: say ?address=, or mctp neigh add";
	} else {
		size = build_header(octets, tx);
		memcpy(octets + size, tx->octets, tx->size);
		size += tx->size;
		done.error = sendto(inject, octets, size, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? errno : 0;
		/* A socket remembers that its interface went down, and says so once after it is up again. */
		if (done.error == ENETDOWN)
			done.error = sendto(inject, octets, size, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? errno : 0;
		done.status = done.error ? TX_REFUSED : TX_SENT;
		done.text = done.error ? explain_send(done.error, tx) : "";
	}
	done.ended = now();
	send_tx_done(&done);
}

void packets_count(struct counters *into)
{
	struct tpacket_stats statistics;
	socklen_t size = sizeof(statistics);

	/* Reading sets it to zero. */
	if (!getsockopt(capture, SOL_PACKET, PACKET_STATISTICS, &statistics, &size))
		drops += statistics.tp_drops;
	if (into->count == MAX_COUNTERS)
		return;
	into->at[into->count].name = "capture_drops";
	into->at[into->count++].value = drops;
}
