/* SPDX-License-Identifier: Apache-2.0
 * PLDM instance ids, shared with pldmd: the programs of a BMC that use libpldm lock one octet of a file for each request
 * that is on its way, EID * 32 + instance id (its docs/dev/INSTANCE-ID.md and src/instance-id.c). A device takes what comes
 * twice under one id for a retry. So do we, where that file is.
 */
#include "mctp.h"

#include <fcntl.h>
#include <unistd.h>

#define DATABASE "/usr/share/libpldm/instance-db/default"
#define IDS 32
#define TAGS 8
#define PLDM 0x01
#define REQUEST 0x80

static int database = -1;
static struct { bool taken; uint8_t eid, id; } taken[TAGS];

void pldm_open(void)
{
	database = open(DATABASE, O_RDONLY | O_CLOEXEC);
}

void pldm_close(void)
{
	if (database >= 0)
		close(database);
	database = -1;
}

bool pldm_shares(void)
{
	return database >= 0;
}

static struct flock octet(short type, uint8_t eid, uint8_t id)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = eid * IDS + id, .l_len = 1 };
}

/* Two may hold a shared lock: who could not make it exclusive has come second. */
bool pldm_take(const struct tx *tx)
{
	uint8_t id, tag = tx->tag & TAG_VALUE;
	struct flock mine, others;

	if (database < 0 || tx->size < 2 || tx->octets[0] != PLDM || !(tx->octets[1] & REQUEST))
		return true;
	id = tx->octets[1] % IDS;
	mine = octet(F_RDLCK, tx->eid, id);
	others = octet(F_WRLCK, tx->eid, id);
	if (fcntl(database, F_OFD_SETLK, &mine) || fcntl(database, F_OFD_GETLK, &others))
		return true;
	taken[tag].taken = true;
	taken[tag].eid = tx->eid;
	taken[tag].id = id;
	if (others.l_type == F_UNLCK)
		return true;
	pldm_give(tag);
	return false;
}

void pldm_give(uint8_t tag)
{
	struct flock mine = octet(F_UNLCK, taken[tag].eid, taken[tag].id);

	if (taken[tag].taken)
		fcntl(database, F_OFD_SETLK, &mine);
	taken[tag].taken = false;
}
