/* SPDX-License-Identifier: Apache-2.0
 * Binds, and the interface's configuration. Every change of configuration is written down before it is made,
 * and undone last first.
 */
#include "mctp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mctp-abi.h"

#define JOURNAL 64

struct change {
	enum action action;
	bool there; /* for ACT_LINK: up */
	uint8_t eid, address_size;
	uint8_t address[MAX_ADDRESS];
	struct route route; /* for ACT_LINK: its mtu */
};

static struct change journal[JOURNAL]; /* what undoes it, in the order of the changes */
static unsigned journal_size;

static bool parse(enum action action, struct reader *in, struct change *into)
{
	const uint8_t *address;
	uint8_t last;

	memset(into, 0, sizeof(*into));
	into->action = action;
	into->there = read_u8(in) != 0;
	switch (action) {
	case ACT_ADDRESS:
		into->eid = read_u8(in);
		break;
	case ACT_ROUTE:
		into->route.first = read_u8(in);
		last = read_u8(in);
		into->route.mtu = read_u32(in);
		into->route.extent = (uint8_t)(last - into->route.first);
		if (last < into->route.first)
			in->bad = true;
		break;
	case ACT_NEIGHBOUR:
		into->eid = read_u8(in);
		into->address_size = read_u8(in);
		address = into->address_size > MAX_ADDRESS ? NULL : read_octets(in, into->address_size);
		if (address)
			memcpy(into->address, address, into->address_size);
		else
			in->bad = true;
		break;
	case ACT_LINK:
		into->route.mtu = read_u32(in);
		break;
	default:
		in->bad = true;
	}
	return !in->bad;
}

bool mctp_check(enum action action, struct reader body)
{
	struct change change;

	return parse(action, &body, &change);
}

static int make(const struct change *change)
{
	int index = mctp.interface.index, error = 0;

	switch (change->action) {
	case ACT_ADDRESS:
		error = set_address(index, change->there, change->eid);
		break;
	case ACT_ROUTE:
		error = set_route(index, change->there, &change->route);
		break;
	case ACT_NEIGHBOUR:
		/* There is no replace: an entry that is there is EEXIST. */
		if (change->there)
			set_neighbour(index, false, change->eid, NULL, 0);
		error = set_neighbour(index, change->there, change->eid, change->address, change->address_size);
		break;
	default:
		error = set_link(index, change->there, change->route.mtu);
	}
	/* It is as it should be already. */
	if (change->there ? error == EEXIST : error == ENOENT || error == ESRCH || error == EADDRNOTAVAIL)
		error = 0;
	return error;
}

/* What puts things back: false where the change changes nothing. */
static bool invert(const struct change *change, struct change *undo)
{
	uint8_t eids[16];
	unsigned count = get_addresses(mctp.interface.index, eids, sizeof(eids));
	struct interface link;

	*undo = *change;
	switch (change->action) {
	case ACT_ADDRESS:
		undo->there = memchr(eids, change->eid, count) != NULL;
		return undo->there != change->there;
	case ACT_ROUTE:
		undo->there = same_route_exists(mctp.interface.index, &undo->route);
		return undo->there != change->there;
	case ACT_NEIGHBOUR:
		undo->address_size = 0;
		undo->there = get_neighbour(mctp.interface.index, change->eid, undo->address, &undo->address_size);
		return undo->there || change->there;
	default:
		if (get_interface(mctp.interface.name, &link))
			return false;
		undo->there = link.up;
		undo->route.mtu = link.mtu;
		return true;
	}
}

static void configure(enum action action, struct reader *body, struct outcome *outcome)
{
	struct change change, undo;
	bool changes;

	outcome->status = CONTROL_REFUSED;
	outcome->error = EINVAL;
	if (!parse(action, body, &change)) {
		snprintf(outcome->text, sizeof(outcome->text), "the control message does not fit its table");
		return;
	}
	changes = invert(&change, &undo);
	if (changes && journal_size == JOURNAL) {
		outcome->error = ENOSPC;
		snprintf(outcome->text, sizeof(outcome->text), "more than %d changes: they could not be undone", JOURNAL);
		return;
	}
	if (changes)
		journal[journal_size++] = undo;
	outcome->error = make(&change);
	if (outcome->error)
		snprintf(outcome->text, sizeof(outcome->text), "%s", explain_configure(outcome->error));
	else
		outcome->status = CONTROL_OK;
	get_interface(mctp.interface.name, &mctp.interface);
}

/* The first address is our source EID: adding it back puts it last, so all are added again in the old order. */
static void reorder_addresses(void)
{
	uint8_t eids[16];
	unsigned count = get_addresses(mctp.interface.index, eids, sizeof(eids));

	if (count != device.own_eid_count || !memcmp(eids, device.own_eids, count))
		return;
	for (unsigned i = 0; i < count; i++)
		if (!memchr(device.own_eids, eids[i], count))
			return;
	for (unsigned i = 0; i < count; i++) {
		set_address(mctp.interface.index, false, device.own_eids[i]);
		set_address(mctp.interface.index, true, device.own_eids[i]);
	}
}

unsigned mctp_restore(char *text, size_t size)
{
	unsigned failed = 0;
	bool addresses = false;

	while (journal_size) {
		const struct change *undo = &journal[--journal_size];
		int error = make(undo);

		addresses |= undo->action == ACT_ADDRESS;
		if (!error)
			continue;
		failed++;
		snprintf(text, size, "the interface's configuration (action 0x%02x, EID %u): %s", undo->action,
			 undo->action == ACT_ROUTE ? undo->route.first : undo->eid, explain_configure(error));
	}
	if (addresses)
		reorder_addresses();
	return failed;
}

static void hold_tag(uint8_t eid, uint8_t wanted, struct outcome *outcome)
{
	uint8_t tag = 0;
	int error = tags_hold(eid, wanted, &tag);

	outcome->value = error ? 0 : tag;
	if (!error)
		return;
	outcome->status = CONTROL_REFUSED;
	outcome->error = error;
	snprintf(outcome->text, sizeof(outcome->text), "%s", explain_tag(error, eid, wanted));
}

/* The kernel tells of a bind that is there already only where both were made for the same network, or both for any. */
static int open_bind(uint8_t type, uint32_t net)
{
	struct mctp_name name = { .family = FAMILY_MCTP, .net = net, .eid = ANY_EID, .type = type };
	int error, fd = mctp_socket();

	if (fd < 0 || !bind(fd, (struct sockaddr *)&name, sizeof(name)))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void bind_type(uint8_t type, struct outcome *outcome)
{
	int fd;

	outcome->status = CONTROL_REFUSED;
	if (mctp.bound_count == MAX_BINDS) {
		snprintf(outcome->text, sizeof(outcome->text), "more than %d message types", MAX_BINDS);
		return;
	}
	fd = open_bind(type, mctp.net);
	if (fd >= 0) {
		close(fd);
		fd = open_bind(type, ANY_NET);
	}
	if (fd < 0) {
		outcome->error = errno;
		snprintf(outcome->text, sizeof(outcome->text), "%s", explain_bind(errno, type));
		return;
	}
	mctp.bound[mctp.bound_count].fd = fd;
	mctp.bound[mctp.bound_count++].type = type;
	outcome->status = CONTROL_OK;
}

static bool unbind_type(uint8_t type)
{
	for (unsigned i = 0; i < mctp.bound_count; i++) {
		if (mctp.bound[i].type != type)
			continue;
		close(mctp.bound[i].fd);
		mctp.bound[i] = mctp.bound[--mctp.bound_count];
		return true;
	}
	return false;
}

void mctp_control(enum action action, struct reader *in, struct outcome *outcome)
{
	uint8_t first, second;

	if (action >= ACT_ADDRESS && action <= ACT_LINK) {
		configure(action, in, outcome);
		return;
	}
	first = read_u8(in);
	second = action == ACT_HOLD_TAG || action == ACT_DROP_TAG ? read_u8(in) : 0;
	if (in->bad) {
		outcome->status = CONTROL_REFUSED;
		snprintf(outcome->text, sizeof(outcome->text), "the control message does not fit its table");
	} else if (action == ACT_HOLD_TAG) {
		hold_tag(first, second, outcome);
	} else if (action == ACT_DROP_TAG) {
		outcome->error = tags_drop(first, second);
	} else if (action == ACT_BIND) {
		bind_type(first, outcome);
	} else if (action == ACT_UNBIND) {
		outcome->error = unbind_type(first) ? 0 : ENOENT;
	} else {
		outcome->status = CONTROL_UNSUPPORTED;
		snprintf(outcome->text, sizeof(outcome->text), "the back end mctp has no control action 0x%02x", action);
	}
	if (outcome->error && !*outcome->text) {
		outcome->status = CONTROL_REFUSED;
		snprintf(outcome->text, sizeof(outcome->text), "%s", strerror(outcome->error));
	}
}
