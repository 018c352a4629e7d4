// SPDX-License-Identifier: Apache-2.0
/*
 * A small MCTP control responder on an AF_MCTP socket.  Framing, tags, fragmentation and assembly are the kernel's: with this on top,
 * Linux's own MCTP stack is a device that can be tested.
 */
#include "labctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#ifndef AF_MCTP
#define AF_MCTP 45
#endif

/* DSP0236, table 13 */
enum { SUCCESS, ERROR, INVALID_DATA, INVALID_LENGTH, NOT_READY, UNSUPPORTED_COMMAND, UNSUPPORTED_TYPE = 0x80 };

static const uint8_t uuid[16] = { 0x6d, 0x63, 0x74, 0x70, 0x2d, 0x63, 0x41, 0x65, 0xb2, 0x74, 0x69, 0x66, 0x79, 0x6c, 0x61, 0x62 };
static const uint8_t versions[] = { 4, 0xf1, 0xf0, 0xff, 0x00, 0xf1, 0xf1, 0xff, 0x00, 0xf1, 0xf2, 0xff, 0x00, 0xf1, 0xf3, 0xf1, 0x00 };
static const uint8_t types[] = { 1, 0x00 };

static int sock;

struct body {
	uint8_t octets[32]; /* completion code first */
	size_t length;
};

static void put(struct body *body, const void *octets, size_t length)
{
	memcpy(body->octets + body->length, octets, length);
	body->length += length;
}

static void set_endpoint_id(struct body *body, const uint8_t *data, unsigned int ifindex)
{
	uint8_t operation = data[0] & 3, eid = data[1];

	/* reset and set-discovered need a static EID, or a binding with discovery; 0 to 7 and 255 are no one's */
	if (operation > 1 || eid < 8 || eid == 0xff) {
		body->octets[0] = INVALID_DATA;
		return;
	}
	if (!change_address(ifindex, eid)) {
		body->octets[0] = ERROR;
		return;
	}
	put(body, (uint8_t[]){ 0x00, eid, 0x00 }, 3); /* accepted, no pool */
}

static void dispatch(struct body *body, uint8_t command, const uint8_t *data, size_t length, unsigned int ifindex)
{
	static const size_t lengths[] = { [1] = 2, [2] = 0, [3] = 0, [4] = 1, [5] = 0 };

	body->octets[0] = SUCCESS;
	body->length = 1;
	if (command < 1 || command > 5) {
		body->octets[0] = UNSUPPORTED_COMMAND;
	} else if (length != lengths[command]) {
		body->octets[0] = INVALID_LENGTH;
	} else if (command == 1) {
		set_endpoint_id(body, data, ifindex);
	} else if (command == 2) {
		put(body, (uint8_t[]){ first_address(ifindex), 0x00, 0x00 }, 3); /* simple endpoint, dynamic EID */
	} else if (command == 3) {
		put(body, uuid, sizeof(uuid));
	} else if (command == 4) {
		if (data[0] == 0xff || data[0] == 0x00)
			put(body, versions, sizeof(versions));
		else
			body->octets[0] = UNSUPPORTED_TYPE;
	} else {
		put(body, types, sizeof(types));
	}
}

static void open_socket(char **args)
{
	struct sockaddr_mctp any = {
		.smctp_family = AF_MCTP, .smctp_network = MCTP_NET_ANY, .smctp_addr.s_addr = MCTP_ADDR_ANY, .smctp_tag = MCTP_TAG_OWNER
	};

	(void)args;
	sock = mctp_socket(true);
	if (bind(sock, (struct sockaddr *)&any, sizeof(any)))
		fail_errno("bind to MCTP control messages");
}

static _Noreturn void answer_requests(void)
{
	static uint8_t request[OCTETS_MAX];

	for (;;) {
		struct sockaddr_mctp_ext peer;
		socklen_t peer_length = sizeof(peer);
		ssize_t got = recvfrom(sock, request, sizeof(request), 0, (struct sockaddr *)&peer, &peer_length);
		uint8_t response[2 + sizeof(((struct body *)0)->octets)];
		struct body body;

		if (got < 0 && errno != EINTR)
			exit(1);
		/* a request, no datagram; the type octet is in the address */
		if (got < 2 || (request[0] & 0xc0) != 0x80)
			continue;
		dispatch(&body, request[1], request + 2, (size_t)got - 2, (unsigned int)peer.smctp_ifindex);
		response[0] = request[0] & 0x1f;
		response[1] = request[1];
		memcpy(response + 2, body.octets, body.length);
		/* back to the physical address that it came from: no neighbour needed, and a null EID is answered too */
		peer.smctp_base.smctp_tag &= (uint8_t)~MCTP_TAG_OWNER;
		sendto(sock, response, 2 + body.length, 0, (struct sockaddr *)&peer, sizeof(peer));
	}
}

int cmd_responder(int argc, char **argv)
{
	(void)argc;
	in_background(open_socket, answer_requests, argv);
	return 0;
}
