/* SPDX-License-Identifier: Apache-2.0 */
#include "netlink-parts.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "mctp-abi.h"

static int nl = -1;
static uint32_t sequence;
static union {
	struct nlmsghdr header;
	uint8_t octets[32768];
} answer;

static union {
	struct nlmsghdr header;
	uint8_t octets[512];
} question;

int netlink_open(void)
{
	struct timeval patience = { 2, 0 };

	nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (nl < 0)
		return errno;
	setsockopt(nl, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return 0;
}

void netlink_close(void)
{
	if (nl >= 0)
		close(nl);
	nl = -1;
}

void *ask(uint16_t type, uint16_t flags, size_t header_size)
{
	memset(&question, 0, sizeof(question));
	question.header.nlmsg_type = type;
	question.header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	question.header.nlmsg_seq = ++sequence;
	question.header.nlmsg_len = (uint32_t)NLMSG_LENGTH(header_size);
	return NLMSG_DATA(&question.header);
}

struct rtattr *add(unsigned short type, const void *octets, size_t size)
{
	struct rtattr *into = (struct rtattr *)(question.octets + NLMSG_ALIGN(question.header.nlmsg_len));

	into->rta_type = type;
	into->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(into), octets, size);
	question.header.nlmsg_len = (uint32_t)(NLMSG_ALIGN(question.header.nlmsg_len) + RTA_ALIGN(into->rta_len));
	return into;
}

int converse(visitor visit, void *context)
{
	ssize_t got;

	if (send(nl, &question, question.header.nlmsg_len, 0) < 0)
		return errno;
	for (;;) {
		got = recv(nl, &answer, sizeof(answer), 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		for (struct nlmsghdr *m = &answer.header; NLMSG_OK(m, (size_t)got); m = NLMSG_NEXT(m, got)) {
			if (m->nlmsg_seq != sequence)
				continue;
			if (m->nlmsg_type == NLMSG_DONE)
				return 0;
			if (m->nlmsg_type == NLMSG_ERROR)
				return -((struct nlmsgerr *)NLMSG_DATA(m))->error;
			if (visit)
				visit(m, context);
			if (!(m->nlmsg_flags & NLM_F_MULTI) && !(question.header.nlmsg_flags & NLM_F_ACK))
				return 0;
		}
	}
}

const struct rtattr *find(const void *first, long size, unsigned short type)
{
	for (const struct rtattr *at = first; RTA_OK(at, size); at = RTA_NEXT(at, size))
		if ((at->rta_type & NLA_TYPE_MASK) == type)
			return at;
	return NULL;
}

const struct rtattr *part(const struct nlmsghdr *message, size_t header_size, unsigned short type)
{
	return find((const uint8_t *)NLMSG_DATA(message) + NLMSG_ALIGN(header_size),
		    (long)message->nlmsg_len - (long)NLMSG_SPACE(header_size), type);
}

uint32_t number(const struct rtattr *in)
{
	uint32_t value = 0;

	if (in)
		memcpy(&value, RTA_DATA(in), RTA_PAYLOAD(in) < sizeof(value) ? 1 : sizeof(value));
	/* One-octet attributes stand in the first octet, on either byte order. */
	return in && RTA_PAYLOAD(in) < sizeof(value) ? *(const uint8_t *)RTA_DATA(in) : value;
}

uint8_t copy_address(const struct rtattr *in, uint8_t *into)
{
	size_t size = in ? RTA_PAYLOAD(in) : 0;

	if (size > MAX_ADDRESS)
		size = MAX_ADDRESS;
	if (size)
		memcpy(into, RTA_DATA(in), size);
	return (uint8_t)size;
}

static void read_interface(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	const struct rtattr *families = part(message, sizeof(*info), IFLA_AF_SPEC), *mctp = NULL;
	struct interface *into = context;

	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	into->index = info->ifi_index;
	into->hardware = info->ifi_type;
	into->up = info->ifi_flags & IFF_UP;
	into->mtu = number(part(message, sizeof(*info), IFLA_MTU));
	into->address_size = copy_address(part(message, sizeof(*info), IFLA_ADDRESS), into->address);
	if (families)
		mctp = find(RTA_DATA(families), (long)RTA_PAYLOAD(families), FAMILY_MCTP);
	if (!mctp)
		return;
	into->net = number(find(RTA_DATA(mctp), (long)RTA_PAYLOAD(mctp), ATTRIBUTE_MCTP_NET));
	into->binding = (uint8_t)number(find(RTA_DATA(mctp), (long)RTA_PAYLOAD(mctp), ATTRIBUTE_MCTP_BINDING));
}

int get_interface(const char *name, struct interface *into)
{
	struct interface fresh = { .index = 0 };
	int error;

	if (strlen(name) >= sizeof(fresh.name))
		return ENODEV;
	strcpy(fresh.name, name);
	ask(RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	add(IFLA_IFNAME, name, strlen(name) + 1);
	error = converse(read_interface, &fresh);
	/* What is known stays when there is no answer. */
	if (!error)
		*into = fresh;
	return error;
}

static void read_statistics(const struct nlmsghdr *message, void *context)
{
	static const char *const names[] = { "rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_errors", "tx_errors",
					     "rx_dropped", "tx_dropped", "multicast", "collisions", "rx_length_errors",
					     "rx_over_errors", "rx_crc_errors", "rx_frame_errors", "rx_fifo_errors" };
	const struct rtattr *found = part(message, sizeof(struct ifinfomsg), IFLA_STATS64);
	struct counters *into = context;

	if (!into || !found)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && into->count < MAX_COUNTERS; i++) {
		if ((i + 1) * sizeof(uint64_t) > RTA_PAYLOAD(found))
			return;
		into->at[into->count].name = names[i];
		memcpy(&into->at[into->count++].value, (const uint8_t *)RTA_DATA(found) + i * sizeof(uint64_t),
		       sizeof(uint64_t));
	}
}

/* The same numbers as /sys/class/net/IFACE/statistics, of one moment, and of our network namespace. */
bool get_statistics(int index, struct counters *counters)
{
	struct ifinfomsg *info = ask(RTM_GETLINK, 0, sizeof(*info));

	info->ifi_index = index;
	return converse(read_statistics, counters) != ENODEV;
}

int set_address(int index, bool there, uint8_t eid)
{
	struct ifaddrmsg *info = ask(there ? RTM_NEWADDR : RTM_DELADDR, NLM_F_ACK, sizeof(*info));

	info->ifa_family = FAMILY_MCTP;
	info->ifa_index = (uint32_t)index;
	add(IFA_LOCAL, &eid, 1);
	return converse(NULL, NULL);
}

int set_route(int index, bool there, const struct route *route)
{
	struct rtmsg *info = ask(there ? RTM_NEWROUTE : RTM_DELROUTE, NLM_F_ACK, sizeof(*info));
	struct rtattr *metrics;

	info->rtm_family = FAMILY_MCTP;
	info->rtm_dst_len = route->extent;
	info->rtm_type = RTN_UNICAST;
	add(RTA_DST, &route->first, 1);
	add(RTA_OIF, &index, sizeof(index));
	if (there && route->mtu) {
		metrics = add(RTA_METRICS, NULL, 0);
		add(RTAX_MTU, &route->mtu, sizeof(route->mtu));
		metrics->rta_len = (unsigned short)(RTA_LENGTH(0) + RTA_LENGTH(sizeof(route->mtu)));
	}
	return converse(NULL, NULL);
}

int set_neighbour(int index, bool there, uint8_t eid, const uint8_t *address, uint8_t size)
{
	struct ndmsg *info = ask(there ? RTM_NEWNEIGH : RTM_DELNEIGH, NLM_F_ACK, sizeof(*info));

	info->ndm_family = FAMILY_MCTP;
	info->ndm_ifindex = index;
	add(NDA_DST, &eid, 1);
	if (there)
		add(NDA_LLADDR, address, size);
	return converse(NULL, NULL);
}

int set_link(int index, bool up, uint32_t mtu)
{
	struct ifinfomsg *info = ask(RTM_SETLINK, NLM_F_ACK, sizeof(*info));

	info->ifi_index = index;
	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	if (mtu)
		add(IFLA_MTU, &mtu, sizeof(mtu));
	return converse(NULL, NULL);
}
