/* SPDX-License-Identifier: Apache-2.0
 * Linux's MCTP user-space ABI (include/uapi/linux/mctp.h, Documentation/networking/mctp.rst), by our own names: BMC
 * toolchains are often older than the kernel that they build for.
 */
#ifndef RELAY_MCTP_ABI_H
#define RELAY_MCTP_ABI_H

#include <stdint.h>
#include <sys/ioctl.h>

#define FAMILY_MCTP 45
#define LEVEL_MCTP 285          /* SOL_MCTP */
#define OPTION_ADDRESS_EXT 1    /* MCTP_OPT_ADDR_EXT */
#define ETHERTYPE_MCTP 0x00fa   /* ETH_P_MCTP */
#define HARDWARE_MCTP 290       /* ARPHRD_MCTP */
#define ANY_EID 0xff
#define ANY_NET 0

/* Padding must be zero, or the kernel says EINVAL. */
struct mctp_name {
	uint16_t family, pad0;
	uint32_t net;
	uint8_t eid, type, tag, pad1;
};

struct mctp_name_ext {
	struct mctp_name base;
	int32_t interface;
	uint8_t address_size, pad0[3];
	uint8_t address[32];
};

/* Version 2 of the request names the network; kernels before 6.11 have version 1 only, for the default network. */
struct mctp_tag_v1 {
	uint8_t peer, tag;
	uint16_t flags;
};
struct mctp_tag_v2 {
	uint32_t net;
	uint8_t peer, local;
	uint16_t flags;
	uint8_t tag;
};
#define ALLOC_TAG_V1 0x89e0
#define DROP_TAG_V1 0x89e1
#define ALLOC_TAG_V2 0x89e2
#define DROP_TAG_V2 0x89e3

#define ATTRIBUTE_MCTP_NET 1          /* IFLA_MCTP_NET */
#define ATTRIBUTE_MCTP_BINDING 2      /* IFLA_MCTP_PHYS_BINDING, Linux 6.15 */

#endif
