/* SPDX-License-Identifier: Apache-2.0
 * What an errno of the MCTP stack means here, and what to type (Linux 6.12, net/mctp; measured in the lab).
 */
#include "mctp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char line[512];

static const char *say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	return line;
}

static const char *capabilities(const char *what)
{
	char path[256];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[size > 0 ? size : 0] = 0;
	return say("%s: be root, or setcap cap_net_raw,cap_net_admin,cap_net_bind_service+ep %s", what,
		   size > 0 ? path : "mctp-relay");
}

static bool is_running(const char *program)
{
	DIR *all = opendir("/proc");
	bool found = false;

	for (struct dirent *one; all && !found && (one = readdir(all));) {
		char path[300], name[32] = "";
		int fd;

		snprintf(path, sizeof(path), "/proc/%s/comm", one->d_name);
		fd = one->d_name[0] >= '1' && one->d_name[0] <= '9' ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		if (fd < 0)
			continue;
		if (read(fd, name, sizeof(name) - 1) > 0)
			name[strcspn(name, "\n")] = 0;
		found = !strcmp(name, program);
		close(fd);
	}
	if (all)
		closedir(all);
	return found;
}

const char *explain_open(int error)
{
	switch (error) {
	case EAFNOSUPPORT:
		return "this kernel has no AF_MCTP or no AF_PACKET (CONFIG_MCTP, CONFIG_PACKET)";
	case EPERM:
	case EACCES:
		return capabilities("MCTP packets need CAP_NET_RAW");
	default:
		return say("no MCTP sockets: %s", strerror(error));
	}
}

/* EHOSTUNREACH has three reasons, which the kernel does not tell apart. */
static const char *unreachable(const struct tx *tx)
{
	const char *name = mctp.interface.name;
	struct route route;
	uint8_t none[1];

	if (!get_addresses(mctp.interface.index, none, 1))
		return say("%s has no EID of its own: mctp addr add 8 dev %s", name, name);
	if (!tx->address_size && !get_route(mctp.interface.index, tx->eid, &route))
		return say("no route to EID %u over %s: mctp route add %u via %s", tx->eid, name, tx->eid, name);
	if (mctp.address_size == 1)
		return say("no neighbour for EID %u: mctp neigh add %u dev %s lladdr 0x%02x", tx->eid, tx->eid, name,
			   mctp.address[0]);
	return say("no neighbour for EID %u: mctp neigh add %u dev %s lladdr ADDRESS", tx->eid, tx->eid, name);
}

const char *explain_send(int error, const struct tx *tx)
{
	const char *name = mctp.interface.name;

	switch (error) {
	case EACCES:
	case EPERM:
		return capabilities("sending MCTP needs CAP_NET_RAW");
	case EHOSTUNREACH:
		return unreachable(tx);
	case EBUSY:
		return say("all eight tags to EID %u are taken, by unanswered requests of any program or held; "
			   "an unanswered one is free again after 6 s", tx->eid);
	case ENETDOWN:
		return say("the interface %s is down: mctp link set %s up", name, name);
	case ENODEV:
	case ENXIO:
		return say("the interface %s is gone", name);
	case EMSGSIZE:
		return say("longer than one packet of %s may be (mtu %u)", name, mctp.interface.mtu);
	case ENOBUFS:
	case EAGAIN:
		return say("the queue of %s is full: the bus does not take packets as fast as they come", name);
	case ENOENT:
		return say("tag %u towards EID %u is not held by this relay", tx->tag & TAG_VALUE, tx->eid);
	case EINVAL:
		if (tx->address_size != mctp.interface.address_size)
			return say("a physical address on %s has %u octets, not %u", name, mctp.interface.address_size,
				   tx->address_size);
		return say("the kernel takes this for no valid MCTP address");
	default:
		return say("%s", strerror(error));
	}
}

const char *explain_bind(int error, uint8_t type)
{
	if (error == EADDRINUSE)
		return say("another program receives MCTP messages of type 0x%02x%s", type,
			   is_running("mctpd") ? ": mctpd is running" : is_running("pldmd") ? ": pldmd is running" : "");
	if (error == EACCES || error == EPERM)
		return capabilities("receiving a device's requests needs CAP_NET_BIND_SERVICE");
	return say("%s", strerror(error));
}

const char *explain_configure(int error)
{
	if (error == EACCES || error == EPERM)
		return capabilities("changing addresses, routes and neighbours needs CAP_NET_ADMIN");
	if (error == ENODEV)
		return say("the interface %s is gone", mctp.interface.name);
	return say("%s", strerror(error));
}

const char *explain_tag(int error, uint8_t eid, uint8_t tag)
{
	if (error == EOPNOTSUPP)
		return "this kernel lets nobody hold a tag (before Linux 5.18)";
	return tag == ANY_TAG ? say("all eight tags towards EID %u are taken", eid)
			      : say("tag %u towards EID %u is taken", tag, eid);
}

const char *explain_pldm(const struct tx *tx)
{
	return say("PLDM instance id %u towards EID %u is another program's here%s", tx->octets[1] & 31u, tx->eid,
		   is_running("pldmd") ? ": pldmd is running" : "");
}
