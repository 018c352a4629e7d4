/* SPDX-License-Identifier: Apache-2.0
 * Addresses, neighbours and routes: the kernel lists them all, what is wanted is picked here.
 */
#include "netlink-parts.h"

#include <string.h>

#include <linux/if_addr.h>
#include <linux/neighbour.h>

#include "mctp-abi.h"

struct listing {
	int index;
	uint8_t *eids;
	unsigned count, most;
	const uint8_t *wanted;    /* address that a neighbour should have */
	uint8_t *address, *size;
	uint8_t eid;
	struct route *route;
	bool exact, found;
};

static void read_address(const struct nlmsghdr *message, void *context)
{
	const struct ifaddrmsg *info = NLMSG_DATA(message);
	struct listing *into = context;

	if (message->nlmsg_type == RTM_NEWADDR && (int)info->ifa_index == into->index && into->count < into->most)
		into->eids[into->count++] = (uint8_t)number(part(message, sizeof(*info), IFA_LOCAL));
}

unsigned get_addresses(int index, uint8_t *eids, unsigned most)
{
	struct listing into = { .index = index, .eids = eids, .most = most };
	struct ifaddrmsg *info = ask(RTM_GETADDR, NLM_F_DUMP, sizeof(*info));

	info->ifa_family = FAMILY_MCTP;
	info->ifa_index = (uint32_t)index;
	converse(read_address, &into);
	return into.count;
}

static void read_neighbour(const struct nlmsghdr *message, void *context)
{
	const struct ndmsg *info = NLMSG_DATA(message);
	const struct rtattr *address = part(message, sizeof(*info), NDA_LLADDR);
	struct listing *into = context;
	uint8_t eid = (uint8_t)number(part(message, sizeof(*info), NDA_DST));

	if (message->nlmsg_type != RTM_NEWNEIGH || info->ndm_ifindex != into->index || into->found || !address)
		return;
	if (into->wanted ? RTA_PAYLOAD(address) != *into->size || memcmp(RTA_DATA(address), into->wanted, *into->size)
			 : eid != into->eid)
		return;
	into->eid = eid;
	into->found = true;
	if (into->address)
		*into->size = copy_address(address, into->address);
}

static bool list_neighbours(struct listing *into)
{
	struct ndmsg *info = ask(RTM_GETNEIGH, NLM_F_DUMP, sizeof(*info));

	info->ndm_family = FAMILY_MCTP;
	info->ndm_ifindex = into->index;
	converse(read_neighbour, into);
	return into->found;
}

bool get_neighbour(int index, uint8_t eid, uint8_t *address, uint8_t *size)
{
	struct listing into = { .index = index, .eid = eid, .address = address, .size = size };

	return list_neighbours(&into);
}

uint8_t find_neighbour(int index, const uint8_t *address, uint8_t size)
{
	struct listing into = { .index = index, .wanted = address, .size = &size };

	return list_neighbours(&into) ? into.eid : 0;
}

static void read_route(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *info = NLMSG_DATA(message);
	const struct rtattr *metrics = part(message, sizeof(*info), RTA_METRICS);
	uint8_t first = (uint8_t)number(part(message, sizeof(*info), RTA_DST));
	struct listing *into = context;

	if (message->nlmsg_type != RTM_NEWROUTE || info->rtm_type != RTN_UNICAST || into->found ||
	    (int)number(part(message, sizeof(*info), RTA_OIF)) != into->index)
		return;
	/* The prefix length of an MCTP route is the number of EIDs after the first. */
	if (into->exact ? first != into->route->first || info->rtm_dst_len != into->route->extent
			: into->eid < first || into->eid > first + info->rtm_dst_len)
		return;
	into->found = true;
	*into->route = (struct route){ first, info->rtm_dst_len, 0 };
	if (metrics)
		into->route->mtu = number(find(RTA_DATA(metrics), (long)RTA_PAYLOAD(metrics), RTAX_MTU));
}

static bool list_routes(struct listing *into)
{
	struct rtmsg *info = ask(RTM_GETROUTE, NLM_F_DUMP, sizeof(*info));

	info->rtm_family = FAMILY_MCTP;
	converse(read_route, into);
	return into->found;
}

bool get_route(int index, uint8_t eid, struct route *route)
{
	struct listing into = { .index = index, .eid = eid, .route = route };

	return list_routes(&into);
}

bool same_route_exists(int index, struct route *route)
{
	struct listing into = { .index = index, .route = route, .exact = true };

	return list_routes(&into);
}
