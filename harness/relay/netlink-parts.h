/* SPDX-License-Identifier: Apache-2.0
 * Questions and answers of rtnetlink, for netlink.c and netlink-list.c.
 */
#ifndef RELAY_NETLINK_PARTS_H
#define RELAY_NETLINK_PARTS_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "netlink.h"

typedef void (*visitor)(const struct nlmsghdr *message, void *context);

/* Starts a question; the family's own header is zeroed and returned. */
void *ask(uint16_t type, uint16_t flags, size_t header_size);
struct rtattr *add(unsigned short type, const void *octets, size_t size);
/* Sends the question and shows each part of the answer; 0 or an errno. */
int converse(visitor visit, void *context);

const struct rtattr *find(const void *first, long size, unsigned short type);
const struct rtattr *part(const struct nlmsghdr *message, size_t header_size, unsigned short type);
uint32_t number(const struct rtattr *in);
uint8_t copy_address(const struct rtattr *in, uint8_t *into);

#endif
