/* SPDX-License-Identifier: Apache-2.0
 * rtnetlink for MCTP: one question, one answer. All `set` functions return 0 or an errno.
 */
#ifndef RELAY_NETLINK_H
#define RELAY_NETLINK_H

#include "relay.h"

struct interface {
	char name[16];
	int index;
	unsigned hardware; /* ARPHRD_ */
	bool up;
	uint32_t mtu, net;
	uint8_t binding;
	uint8_t address[MAX_ADDRESS], address_size;
};

struct route {
	uint8_t first, extent; /* EIDs first … first + extent */
	uint32_t mtu;          /* 0: the interface's */
};

int netlink_open(void);
void netlink_close(void);

int get_interface(const char *name, struct interface *into);
/* False when the interface is gone. Also adds its counters where `counters` is not NULL. */
bool get_statistics(int index, struct counters *counters);
unsigned get_addresses(int index, uint8_t *eids, unsigned most);
bool get_neighbour(int index, uint8_t eid, uint8_t *address, uint8_t *size);
/* The EID of the first neighbour with that physical address; 0: none. */
uint8_t find_neighbour(int index, const uint8_t *address, uint8_t size);
/* The route over this interface that leads to an EID. */
bool get_route(int index, uint8_t eid, struct route *route);
bool same_route_exists(int index, struct route *route); /* same EIDs; fills in the mtu */
/* "9 mtu 68, 20-29" and "9 at 0x1d": cut at `size`, empty where there are none. */
void say_routes(int index, char *text, size_t size);
void say_neighbours(int index, char *text, size_t size);

int set_address(int index, bool there, uint8_t eid);
int set_route(int index, bool there, const struct route *route);
int set_neighbour(int index, bool there, uint8_t eid, const uint8_t *address, uint8_t size);
int set_link(int index, bool up, uint32_t mtu);

#endif
