// SPDX-License-Identifier: Apache-2.0
/* Requests over AF_MCTP: a single one, and the plain sendto/recvfrom loop that the project's own request rate is compared with. */
#include "labctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef AF_MCTP
#define AF_MCTP 45
#endif
#define SOL_MCTP 285

int mctp_socket(bool extended)
{
	int on = 1, sock = socket(AF_MCTP, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		fail_errno("AF_MCTP");
	if (extended && setsockopt(sock, SOL_MCTP, MCTP_OPT_ADDR_EXT, &on, sizeof(on)))
		fail_errno("MCTP_OPT_ADDR_EXT");
	return sock;
}

static int requester(void)
{
	struct timeval patience = { .tv_sec = 1 };
	int sock = mctp_socket(true);

	if (setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		fail_errno("SO_RCVTIMEO");
	return sock;
}

/* IFACE/PHYSICAL, or IFACE/ where the binding has no addresses */
static void direct(struct sockaddr_mctp_ext *to, char *path)
{
	char *slash = strchr(path, '/');

	if (!slash)
		fail("%s: expected IFACE/PHYSICAL", path);
	*slash++ = '\0';
	to->smctp_ifindex = (int)interface_index(path);
	to->smctp_halen = *slash ? 1 : 0;
	to->smctp_haddr[0] = *slash ? (uint8_t)number(slash, 127) : 0;
}

/* Sends one message with a fresh tag; gives the length of the answer, which is in `answer`, from `from`. */
static size_t exchange(int sock, const struct sockaddr_mctp_ext *to, const uint8_t *octets, size_t length, uint8_t *answer,
		       struct sockaddr_mctp_ext *from)
{
	socklen_t from_length = sizeof(*from);
	socklen_t to_length = to->smctp_ifindex ? sizeof(*to) : sizeof(to->smctp_base);
	ssize_t got;

	if (sendto(sock, octets, length, 0, (const struct sockaddr *)to, to_length) < 0)
		fail_errno("sendto");
	got = recvfrom(sock, answer, OCTETS_MAX, 0, (struct sockaddr *)from, &from_length);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		fail("no answer within 1 s");
	if (got < 0)
		fail_errno("recvfrom");
	return (size_t)got;
}

static struct sockaddr_mctp_ext peer(const char *eid, uint8_t type)
{
	return (struct sockaddr_mctp_ext){ .smctp_base = {
		.smctp_family = AF_MCTP,
		.smctp_network = MCTP_NET_ANY,
		.smctp_addr.s_addr = (uint8_t)number(eid, 255),
		.smctp_type = type,
		.smctp_tag = MCTP_TAG_OWNER,
	} };
}

int cmd_request(int argc, char **argv)
{
	static uint8_t octets[OCTETS_MAX], answer[OCTETS_MAX];
	size_t length = parse_hex(argv[1], octets, sizeof(octets));
	struct sockaddr_mctp_ext from, to = peer(argv[0], argc > 2 ? (uint8_t)number(argv[2], 127) : 0);

	if (argc > 3)
		direct(&to, argv[3]);
	length = exchange(requester(), &to, octets, length, answer, &from);
	printf("%u: ", from.smctp_base.smctp_addr.s_addr);
	print_hex(answer, length);
	putchar('\n');
	return 0;
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int cmd_cloop(int argc, char **argv)
{
	static uint8_t answer[OCTETS_MAX];
	struct sockaddr_mctp_ext from, to = peer(argv[0], 0);
	size_t count = number(argv[1], 1000000);
	uint64_t *took = calloc(count, sizeof(*took)), start, end;
	int sock = requester();

	(void)argc;
	if (!took || !count)
		fail("cloop: how many?");
	start = now_us();
	for (size_t i = 0; i < count; i++) {
		uint8_t octets[] = { 0x80 | (i & 0x1f), 0x02 };
		uint64_t sent = now_us();
		size_t length = exchange(sock, &to, octets, sizeof(octets), answer, &from);

		took[i] = now_us() - sent;
		if (length < 3 || answer[0] != (i & 0x1f) || answer[1] != 0x02 || answer[2])
			fail("cloop: wrong answer to request %zu", i);
	}
	end = now_us();
	qsort(took, count, sizeof(*took), ascending);
	printf("%.1f requests/s, %zu in %.3f s, median %llu us, worst %llu us\n", (double)count * 1e6 / (double)(end - start), count,
	       (double)(end - start) / 1e6, (unsigned long long)took[count / 2], (unsigned long long)took[count - 1]);
	return 0;
}
