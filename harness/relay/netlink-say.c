/* SPDX-License-Identifier: Apache-2.0
 * Routes and neighbours of an interface in words, for people: what other programs of this machine reach, and how.
 */
#include "netlink-parts.h"

#include <stdio.h>
#include <string.h>

#include <linux/neighbour.h>

#include "mctp-abi.h"

struct saying {
	int index;
	char *text;
	size_t size, used;
};

/* What does not fit is shown to be missing. */
static void say(struct saying *into, const char *entry)
{
	size_t length = strlen(entry), comma = into->used ? 2 : 0;

	if (into->used + comma + length + sizeof(", …") > into->size) {
		snprintf(into->text + into->used, into->size - into->used, ", …");
		into->index = -1;
		return;
	}
	into->used += (size_t)snprintf(into->text + into->used, into->size - into->used, "%s%s", comma ? ", " : "", entry);
}

static void say_route(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *info = NLMSG_DATA(message);
	const struct rtattr *metrics = part(message, sizeof(*info), RTA_METRICS);
	unsigned first = number(part(message, sizeof(*info), RTA_DST)), last = first + info->rtm_dst_len;
	struct saying *into = context;
	uint32_t mtu = 0;
	char entry[64], range[16] = "";

	if (message->nlmsg_type != RTM_NEWROUTE || info->rtm_type != RTN_UNICAST ||
	    (int)number(part(message, sizeof(*info), RTA_OIF)) != into->index)
		return;
	if (metrics)
		mtu = number(find(RTA_DATA(metrics), (long)RTA_PAYLOAD(metrics), RTAX_MTU));
	if (last > first)
		snprintf(range, sizeof(range), "-%u", last);
	if (mtu)
		snprintf(entry, sizeof(entry), "%u%s mtu %u", first, range, mtu);
	else
		snprintf(entry, sizeof(entry), "%u%s", first, range);
	say(into, entry);
}

static void say_neighbour(const struct nlmsghdr *message, void *context)
{
	const struct ndmsg *info = NLMSG_DATA(message);
	const struct rtattr *address = part(message, sizeof(*info), NDA_LLADDR);
	struct saying *into = context;
	uint8_t octets[MAX_ADDRESS], size;
	char entry[16 + 2 * MAX_ADDRESS];
	int used;

	if (message->nlmsg_type != RTM_NEWNEIGH || info->ndm_ifindex != into->index || !address)
		return;
	size = copy_address(address, octets);
	used = snprintf(entry, sizeof(entry), "%u at 0x", number(part(message, sizeof(*info), NDA_DST)));
	for (uint8_t i = 0; i < size; i++)
		used += snprintf(entry + used, sizeof(entry) - (size_t)used, "%02x", octets[i]);
	say(into, entry);
}

void say_routes(int index, char *text, size_t size)
{
	struct saying into = { .index = index, .text = text, .size = size };
	struct rtmsg *info = ask(RTM_GETROUTE, NLM_F_DUMP, sizeof(*info));

	*text = 0;
	info->rtm_family = FAMILY_MCTP;
	converse(say_route, &into);
}

void say_neighbours(int index, char *text, size_t size)
{
	struct saying into = { .index = index, .text = text, .size = size };
	struct ndmsg *info = ask(RTM_GETNEIGH, NLM_F_DUMP, sizeof(*info));

	*text = 0;
	info->ndm_family = FAMILY_MCTP;
	info->ndm_ifindex = index;
	converse(say_neighbour, &into);
}
