// SPDX-License-Identifier: Apache-2.0
/* Links, addresses, routes and neighbours of AF_MCTP by rtnetlink: the requests of the `mctp` tool that the lab uses. */
#include "labctl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef AF_MCTP
#define AF_MCTP 45
#endif

struct message {
	struct nlmsghdr header;
	char body[512];
};

/* Starts a request whose family header is `length` octets at `family`. */
static void begin(struct message *m, uint16_t type, uint16_t flags, const void *family, size_t length)
{
	memset(m, 0, sizeof(*m));
	m->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(length);
	m->header.nlmsg_type = type;
	m->header.nlmsg_flags = NLM_F_REQUEST | flags;
	memcpy(m->body, family, length);
}

static struct rtattr *attribute(struct message *m, uint16_t type, const void *data, size_t length)
{
	uint32_t at = NLMSG_ALIGN(m->header.nlmsg_len);
	struct rtattr *rta = (struct rtattr *)((char *)m + at);

	if (at + RTA_SPACE(length) > sizeof(*m))
		fail("netlink request too long");
	rta->rta_type = type;
	rta->rta_len = (uint16_t)RTA_LENGTH(length);
	if (length)
		memcpy(RTA_DATA(rta), data, length);
	m->header.nlmsg_len = at + (uint32_t)RTA_SPACE(length);
	return rta;
}

static int netlink(void)
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (sock < 0)
		fail_errno("netlink");
	return sock;
}

/* Sends the request and gives the kernel's answer: 0, or an errno. */
static int request(struct message *m)
{
	char reply[4096];
	struct nlmsghdr *header = (struct nlmsghdr *)reply;
	int sock = netlink(), error = EIO;

	m->header.nlmsg_flags |= NLM_F_ACK;
	if (send(sock, m, m->header.nlmsg_len, 0) < 0 || recv(sock, reply, sizeof(reply), 0) < 0)
		error = errno;
	else if (header->nlmsg_type == NLMSG_ERROR)
		error = -((struct nlmsgerr *)NLMSG_DATA(header))->error;
	close(sock);
	return error;
}

static int answer_of(struct message *m, const char *what)
{
	int error = request(m);

	if (error) {
		errno = error;
		fail_errno(what);
	}
	return 0;
}

static bool adding(const char *verb)
{
	if (strcmp(verb, "add") && strcmp(verb, "del")) {
		fprintf(stderr, "labctl: %s: expected add or del\n", verb);
		exit(2);
	}
	return *verb == 'a';
}

int cmd_link(int argc, char **argv)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = (int)interface_index(argv[0]) };
	struct message m;

	if (!strcmp(argv[1], "up") || !strcmp(argv[1], "down")) {
		info.ifi_change = IFF_UP;
		info.ifi_flags = argv[1][0] == 'u' ? IFF_UP : 0;
		begin(&m, RTM_NEWLINK, 0, &info, sizeof(info));
	} else if (argc > 2 && !strcmp(argv[1], "mtu")) {
		uint32_t mtu = (uint32_t)number(argv[2], 65535);

		begin(&m, RTM_NEWLINK, 0, &info, sizeof(info));
		attribute(&m, IFLA_MTU, &mtu, sizeof(mtu));
	} else if (argc > 2 && !strcmp(argv[1], "netns")) {
		int fd = open(argv[2], O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			fail_errno(argv[2]);
		begin(&m, RTM_NEWLINK, 0, &info, sizeof(info));
		attribute(&m, IFLA_NET_NS_FD, &fd, sizeof(fd));
	} else {
		fprintf(stderr, "labctl: link: %s?\n", argv[1]);
		return 2;
	}
	return answer_of(&m, argv[0]);
}

static int address_request(bool add, unsigned int ifindex, uint8_t eid)
{
	struct ifaddrmsg header = { .ifa_family = AF_MCTP, .ifa_index = ifindex };
	struct message m;

	begin(&m, add ? RTM_NEWADDR : RTM_DELADDR, 0, &header, sizeof(header));
	attribute(&m, IFA_LOCAL, &eid, sizeof(eid));
	return request(&m);
}

/* The EID that an interface sends from, 0 for none. */
uint8_t first_address(unsigned int ifindex)
{
	struct ifaddrmsg filter = { .ifa_family = AF_MCTP, .ifa_index = ifindex };
	struct message m;
	char reply[8192];
	uint8_t eid = 0;
	bool done = false;
	int sock = netlink();

	begin(&m, RTM_GETADDR, NLM_F_DUMP, &filter, sizeof(filter));
	if (send(sock, &m, m.header.nlmsg_len, 0) < 0)
		fail_errno("RTM_GETADDR");
	while (!done) {
		ssize_t got = recv(sock, reply, sizeof(reply), 0);
		size_t left = got > 0 ? (size_t)got : 0;
		struct nlmsghdr *header = (struct nlmsghdr *)reply;

		done = left == 0;
		for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
			struct ifaddrmsg *info = NLMSG_DATA(header);
			struct rtattr *rta = IFA_RTA(info);
			size_t room = IFA_PAYLOAD(header);

			if (header->nlmsg_type != RTM_NEWADDR) {
				done = true;
				break;
			}
			for (; info->ifa_index == ifindex && !eid && RTA_OK(rta, room); rta = RTA_NEXT(rta, room))
				if (rta->rta_type == IFA_LOCAL)
					eid = *(uint8_t *)RTA_DATA(rta);
		}
	}
	close(sock);
	return eid;
}

/* Gives the interface this EID in the place of the one it has: first the new one, so that it is never without. */
bool change_address(unsigned int ifindex, uint8_t eid)
{
	uint8_t old = first_address(ifindex);

	if (old == eid)
		return true;
	return !address_request(true, ifindex, eid) && (!old || !address_request(false, ifindex, old));
}

int cmd_addr(int argc, char **argv)
{
	unsigned int ifindex = interface_index(argv[1]);

	if (!strcmp(argv[0], "show")) {
		printf("%u\n", first_address(ifindex));
		return 0;
	}
	if (argc < 3) {
		fputs("labctl: addr: which EID?\n", stderr);
		return 2;
	}
	errno = address_request(adding(argv[0]), ifindex, (uint8_t)number(argv[2], 255));
	if (errno)
		fail_errno(argv[1]);
	return 0;
}

int cmd_route(int argc, char **argv)
{
	bool add = adding(argv[0]);
	uint32_t ifindex = interface_index(argv[1]);
	char *dash = strchr(argv[2], '-');
	struct rtmsg header = { .rtm_family = AF_MCTP, .rtm_type = RTN_UNICAST };
	struct message m;
	uint8_t first, last;

	if (dash)
		*dash++ = '\0';
	first = (uint8_t)number(argv[2], 255);
	last = dash ? (uint8_t)number(dash, 255) : first;
	if (last < first) {
		fputs("labctl: route: the range ends before it starts\n", stderr);
		return 2;
	}
	header.rtm_dst_len = (unsigned char)(last - first); /* MCTP's meaning: how many EIDs follow the first */
	begin(&m, add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NLM_F_CREATE : 0, &header, sizeof(header));
	attribute(&m, RTA_DST, &first, sizeof(first));
	attribute(&m, RTA_OIF, &ifindex, sizeof(ifindex));
	if (add && argc > 3) {
		uint32_t mtu = (uint32_t)number(argv[3], 65535);
		struct rtattr *metrics = attribute(&m, RTA_METRICS, NULL, 0);

		attribute(&m, RTAX_MTU, &mtu, sizeof(mtu));
		metrics->rta_len = (uint16_t)((char *)&m + m.header.nlmsg_len - (char *)metrics);
	}
	return answer_of(&m, argv[1]);
}

int cmd_neigh(int argc, char **argv)
{
	bool add = adding(argv[0]);
	struct ndmsg header = { .ndm_family = AF_MCTP, .ndm_ifindex = (int)interface_index(argv[1]) };
	uint8_t eid = (uint8_t)number(argv[2], 255);
	struct message m;

	begin(&m, add ? RTM_NEWNEIGH : RTM_DELNEIGH, add ? NLM_F_CREATE : 0, &header, sizeof(header));
	attribute(&m, NDA_DST, &eid, sizeof(eid));
	if (add) {
		/* a serial line has neighbours without an address */
		uint8_t physical = argc > 3 ? (uint8_t)number(argv[3], 255) : 0;

		attribute(&m, NDA_LLADDR, &physical, argc > 3 ? 1 : 0);
	}
	return answer_of(&m, argv[1]);
}
