// SPDX-License-Identifier: Apache-2.0
/* Another program that has a PLDM instance id, as libpldm locks it in its database (src/instance-id.c there). */
#include "labctl.h"

#include <fcntl.h>
#include <unistd.h>

static void lock(char **args)
{
	off_t at = (off_t)(number(args[1], 254) * 32 + number(args[2], 31));
	struct flock mine = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };
	int fd = open(args[0], O_RDONLY);

	if (fd < 0)
		fail_errno(args[0]);
	if (fcntl(fd, F_OFD_SETLK, &mine))
		fail_errno("F_OFD_SETLK");
}

static void keep(void)
{
	pause();
}

int cmd_pldm_id(int argc, char **argv)
{
	(void)argc;
	in_background(lock, keep, argv);
	return 0;
}
