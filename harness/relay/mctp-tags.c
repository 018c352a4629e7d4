/* SPDX-License-Identifier: Apache-2.0
 * Tags of requests: held until the host gives them back, or lent to one request. The kernel knows of the flow then: it
 * keeps the bus or the mux channel for the answer, and gives the answer to no other program.
 */
#include "mctp.h"

#include <errno.h>
#include <sys/ioctl.h>

#include "mctp-abi.h"

#define TAGS 8
#define END_OF_MESSAGE 0x40
#define LOAN_NS 1000000000ull /* the kernel's own patience is 6 s, and other sensors on the adapter wait meanwhile */

static struct loan {
	bool lent, ahead, out, answered;
	uint8_t eid;
	uint64_t until;
} loans[TAGS];
static unsigned loan_count;

/* Taken on the way to the wanted one, to be given back when there is time. */
static struct { uint8_t eid, count, tags[TAGS]; } spare;

static int tag_request(bool hold, uint8_t eid, uint8_t *tag)
{
	uint8_t octet = (*tag & TAG_VALUE) | TAG_OWNER | TAG_HELD;
	struct mctp_tag_v2 v2 = { .net = mctp.net, .peer = eid, .tag = hold ? 0 : octet };
	struct mctp_tag_v1 v1 = { .peer = eid, .tag = hold ? 0 : octet };

	if (!ioctl(mctp.messages, hold ? ALLOC_TAG_V2 : DROP_TAG_V2, &v2)) {
		*tag = v2.tag & TAG_VALUE;
		return 0;
	}
	/* An older kernel does not know version 2, and says EINVAL. */
	if (errno != EINVAL && errno != ENOTTY)
		return errno;
	if (ioctl(mctp.messages, hold ? ALLOC_TAG_V1 : DROP_TAG_V1, &v1))
		return errno;
	*tag = v1.tag & TAG_VALUE;
	return 0;
}

static void give_spares_back(void)
{
	while (spare.count)
		tag_request(false, spare.eid, &spare.tags[--spare.count]);
}

/* The kernel gives the lowest free tag: take them until the wanted one comes. */
static int take(uint8_t eid, uint8_t wanted, uint8_t *tag)
{
	int error;

	give_spares_back();
	spare.eid = eid;
	for (;;) {
		error = tag_request(true, eid, tag);
		if (error || wanted == ANY_TAG || *tag == wanted)
			return error;
		spare.tags[spare.count++] = *tag;
		/* The lowest free one is above it: somebody has it. */
		if (*tag > wanted || spare.count == TAGS)
			return EBUSY;
	}
}

int tags_hold(uint8_t eid, uint8_t wanted, uint8_t *tag)
{
	int error = take(eid, wanted, tag);

	give_spares_back();
	return error;
}

int tags_drop(uint8_t eid, uint8_t tag)
{
	return tag_request(false, eid, &tag);
}

int tags_lend(uint8_t eid, uint8_t tag)
{
	uint8_t got;
	int error;

	if (loans[tag].ahead && loans[tag].eid == eid) {
		loans[tag].ahead = false;
		loans[tag].until = recent() + LOAN_NS;
		return 0;
	}
	error = loans[tag].lent ? EBUSY : take(eid, tag, &got);
	if (error) {
		give_spares_back();
		/* A kernel before 5.18 lets nobody hold a tag. */
		return error == EBUSY ? EBUSY : EOPNOTSUPP;
	}
	loans[tag] = (struct loan){ .lent = true, .eid = eid, .until = recent() + LOAN_NS };
	loan_count++;
	return 0;
}

void tags_prepare(const struct tx *next)
{
	uint8_t wanted = next && next->plane == PLANE_MESSAGES && next->tag & TAG_LENT ? next->tag & TAG_VALUE : NO_TAG;

	for (uint8_t tag = 0; loan_count && tag < TAGS; tag++)
		if (loans[tag].ahead && tag != wanted)
			tags_end(tag);
	if (wanted != NO_TAG && !loans[wanted].lent && !tags_lend(next->eid, wanted))
		loans[wanted].ahead = true;
	give_spares_back();
}

bool tags_lent(uint8_t tag)
{
	return loans[tag & TAG_VALUE].lent;
}

void tags_end(uint8_t tag)
{
	if (!loans[tag].lent)
		return;
	tags_drop(loans[tag].eid, tag);
	pldm_give(tag);
	loans[tag].lent = loans[tag].ahead = false;
	loan_count--;
}

/* Packet header (DSP0236, Figure 4): version, destination, source, then SOM EOM seq(2) TO tag(3). An answer to what went
 * before does not count, for the driver drops a request whose tag is given back while it waits for the bus. The EID is not
 * looked at: an answer may come from another one than the request went to.
 */
void tags_watch(const uint8_t *packet, size_t size, bool own)
{
	struct loan *loan = size < 4 ? NULL : &loans[packet[3] & TAG_VALUE];

	if (!loan || !loan->lent)
		return;
	if (own && packet[3] & TAG_OWNER)
		loan->out = true;
	if (!own && (packet[3] & (END_OF_MESSAGE | TAG_OWNER)) == END_OF_MESSAGE)
		loan->answered = loan->out;
}

void tags_settle(void)
{
	for (uint8_t tag = 0; loan_count && tag < TAGS; tag++)
		if (loans[tag].lent && loans[tag].answered)
			tags_end(tag);
	tags_prepare(holds_next());
}

int tags_tick(void)
{
	uint64_t at = recent(), soonest = UINT64_MAX;

	if (!holds_next())
		tags_prepare(NULL);
	for (uint8_t tag = 0; loan_count && tag < TAGS; tag++) {
		if (!loans[tag].lent)
			continue;
		if (loans[tag].until <= at)
			tags_end(tag);
		else if (loans[tag].until < soonest)
			soonest = loans[tag].until;
	}
	return soonest == UINT64_MAX ? -1 : (int)((soonest - at) / 1000000u) + 1;
}
