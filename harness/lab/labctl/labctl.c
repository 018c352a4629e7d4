// SPDX-License-Identifier: Apache-2.0
/* labctl: one command per line of the table below; exit 0 done, 1 the kernel said no, 2 wrong arguments. */
#include "labctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

static int cmd_poweroff(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	sync();
	return reboot(RB_POWER_OFF);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	int least;
	const char *usage;
} commands[] = {
	{ "link", cmd_link, 2, "link IFACE up|down | mtu N | netns FILE" },
	{ "addr", cmd_addr, 2, "addr add|del IFACE EID | addr show IFACE" },
	{ "route", cmd_route, 3, "route add|del IFACE EID[-EID] [MTU]" },
	{ "neigh", cmd_neigh, 3, "neigh add|del IFACE EID [PHYSICAL]" },
	{ "tty", cmd_tty, 1, "tty PATH            mctp-serial on a tty, kept by a daemon; prints IFACE PID" },
	{ "pty-pair", cmd_pty_pair, 0, "pty-pair            two ptys, each the other's far end; prints PATH PATH PID" },
	{ "request", cmd_request, 2, "request EID OCTETS [TYPE [IFACE/PHYSICAL]]   prints the response from its second octet, EID first" },
	{ "cloop", cmd_cloop, 2, "cloop EID N         N Get Endpoint ID requests, one after another; prints requests per second" },
	{ "responder", cmd_responder, 0, "responder           answers MCTP control requests in this network namespace; prints PID" },
	{ "i2c-write", cmd_i2c_write, 3, "i2c-write BUS ADDR OCTETS [TIMES]   prints microseconds" },
	{ "mqueue", cmd_mqueue, 1, "mqueue FILE [MILLISECONDS]   waits for one message; prints its octets and its PEC's state" },
	{ "pldm-id", cmd_pldm_id, 3, "pldm-id FILE EID ID  has a PLDM instance id in libpldm's database, kept by a daemon; prints PID" },
	{ "poweroff", cmd_poweroff, 0, "poweroff            ends the guest" },
};

void fail(const char *format, ...)
{
	va_list args;

	fputs("labctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void fail_errno(const char *what)
{
	fail("%s: %s (%s)", what, strerrorname_np(errno), strerror(errno));
}

unsigned long number(const char *text, unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 0);
	if (errno || end == text || *end || n > max) {
		fprintf(stderr, "labctl: %s is not a number up to %lu\n", text, max);
		exit(2);
	}
	return n;
}

size_t parse_hex(const char *text, uint8_t *octets, size_t max)
{
	size_t n = 0;
	int used;

	for (; *text; text += used) {
		unsigned int value;

		if (n == max || sscanf(text, "%2x%n", &value, &used) != 1) {
			fprintf(stderr, "labctl: %s: expected at most %zu octets in hex\n", text, max);
			exit(2);
		}
		octets[n++] = (uint8_t)value;
		while (text[used] == ' ')
			used++;
	}
	return n;
}

void print_hex(const uint8_t *octets, size_t length)
{
	for (size_t i = 0; i < length; i++)
		printf(i ? " %02x" : "%02x", octets[i]);
}

uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

unsigned int interface_index(const char *name)
{
	unsigned int index = if_nametoindex(name);

	if (!index)
		fail("%s: no such interface here", name);
	return index;
}

int main(int argc, char **argv)
{
	size_t count = sizeof(commands) / sizeof(*commands);

	for (size_t i = 0; argc > 1 && i < count; i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		if (argc - 2 < commands[i].least) {
			fprintf(stderr, "usage: labctl %s\n", commands[i].usage);
			return 2;
		}
		return commands[i].run(argc - 2, argv + 2);
	}
	fputs("usage:\n", stderr);
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "  labctl %s\n", commands[i].usage);
	return 2;
}
