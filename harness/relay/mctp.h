/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the mctp back end share: sockets (mctp.c), packets (mctp-packets.c), tags (mctp-tags.c),
 * instance ids (mctp-pldm.c), control (mctp-control.c), texts (mctp-explain.c).
 */
#ifndef RELAY_MCTP_H
#define RELAY_MCTP_H

#include "netlink.h"
#include "relay.h"

#define MAX_BINDS 8

struct mctp {
	struct interface interface;
	uint32_t net;
	uint8_t eid;
	uint8_t address[MAX_ADDRESS], address_size;
	int messages;                /* AF_MCTP: requests and their answers */
	struct { int fd; uint8_t type; } bound[MAX_BINDS]; /* AF_MCTP: the device's own requests */
	unsigned bound_count;
};
extern struct mctp mctp;

int mctp_socket(void); /* AF_MCTP with extended addressing; -1 and errno */

/* mctp-packets.c */
bool packets_open(void);
void packets_close(void);
int packets_fd(void);
bool packets_ready(void);
void packets_send(const struct tx *tx);
void packets_count(struct counters *into);
/* The tag octet of the last packet captured on its way out to an EID since `packets_forget`, or NO_TAG. */
void packets_forget(uint8_t eid);
uint8_t packets_own_tag(void);

/* mctp-tags.c; results are 0 or an errno */
#define ANY_TAG 0xff
int tags_hold(uint8_t eid, uint8_t wanted, uint8_t *tag);
int tags_drop(uint8_t eid, uint8_t tag);
/* Reserves a tag for one request: EBUSY, or EOPNOTSUPP where the kernel has no such thing. */
int tags_lend(uint8_t eid, uint8_t tag);
void tags_prepare(const struct tx *next); /* reserves the tag of what goes next, while there is time; NULL: nothing does */
bool tags_lent(uint8_t tag);
void tags_end(uint8_t tag);
void tags_watch(const uint8_t *packet, size_t size, bool own); /* a packet to or from the device, as captured */
void tags_settle(void); /* gives back what is answered, when nothing more urgent is to be done */
int tags_tick(void);

/* mctp-pldm.c: a request's instance id is ours from the lending of its tag on until that ends */
void pldm_open(void);
void pldm_close(void);
bool pldm_shares(void);                  /* there is a database of them on this machine */
bool pldm_take(const struct tx *tx);     /* false: another program's request to that EID has it */
void pldm_give(uint8_t tag);

/* mctp-control.c */
void mctp_control(enum action action, struct reader *body, struct outcome *outcome);
bool mctp_check(enum action action, struct reader body);
unsigned mctp_restore(char *text, size_t size);

/* mctp-explain.c: one line for the user, with what to type */
const char *explain_send(int error, const struct tx *tx);
const char *explain_open(int error);
const char *explain_bind(int error, uint8_t type);
const char *explain_configure(int error);
const char *explain_tag(int error, uint8_t eid, uint8_t tag);
const char *explain_pldm(const struct tx *tx);

#endif
