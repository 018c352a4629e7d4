// SPDX-License-Identifier: Apache-2.0
/* Serial lines: mctp-serial on a tty, and a pair of ptys that stands for a cable. */
#include "labctl.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#ifndef N_MCTP
#define N_MCTP 28
#endif

static int masters[2];

static void make_raw(int fd)
{
	struct termios settings;

	if (tcgetattr(fd, &settings))
		fail_errno("not a tty");
	cfmakeraw(&settings);
	cfsetspeed(&settings, B115200);
	if (tcsetattr(fd, TCSANOW, &settings))
		fail_errno("tcsetattr");
}

/* The driver does not say which interface it made: it is the one that was not there before. */
static const char *new_interface(const struct if_nameindex *before)
{
	struct if_nameindex *after = if_nameindex();

	for (size_t i = 0; after && after[i].if_index; i++) {
		size_t j = 0;

		while (before[j].if_index && before[j].if_index != after[i].if_index)
			j++;
		if (!before[j].if_index && !strncmp(after[i].if_name, "mctpserial", 10))
			return after[i].if_name;
	}
	fail("mctp-serial made no interface here (it does so in the first network namespace only)");
}

static void attach(char **args)
{
	struct if_nameindex *before = if_nameindex();
	int discipline = N_MCTP, fd = open(args[0], O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (!before)
		fail_errno("if_nameindex");
	if (fd < 0)
		fail_errno(args[0]);
	make_raw(fd);
	if (ioctl(fd, TIOCSETD, &discipline))
		fail_errno("TIOCSETD N_MCTP");
	printf("%s ", new_interface(before));
}

/* The interface lives as long as somebody has the tty open. */
static _Noreturn void stay(void)
{
	for (;;)
		pause();
}

int cmd_tty(int argc, char **argv)
{
	(void)argc;
	in_background(attach, stay, argv);
	return 0;
}

static void make_pair(char **args)
{
	(void)args;
	for (int i = 0; i < 2; i++) {
		const char *path;

		masters[i] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (masters[i] < 0 || grantpt(masters[i]) || unlockpt(masters[i]) || !(path = ptsname(masters[i])))
			fail_errno("pty");
		/* kept open: a master whose slave nobody holds reads EIO */
		int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (slave < 0)
			fail_errno(path);
		make_raw(slave);
		printf("%s ", path);
	}
}

static _Noreturn void copy(int from, int to)
{
	uint8_t octets[4096];
	ssize_t got;

	while ((got = read(from, octets, sizeof(octets))) > 0)
		for (ssize_t put = 0, n; put < got; put += n)
			if ((n = write(to, octets + put, (size_t)(got - put))) < 0)
				exit(1);
	exit(0);
}

/* A process per direction: a full buffer on one side never stops the other. */
static _Noreturn void bridge(void)
{
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		copy(masters[1], masters[0]);
	}
	copy(masters[0], masters[1]);
}

int cmd_pty_pair(int argc, char **argv)
{
	(void)argc;
	in_background(make_pair, bridge, argv);
	return 0;
}
