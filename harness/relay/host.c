/* SPDX-License-Identifier: Apache-2.0
 * What the host should know of this machine before it does anything to the device.
 */
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "relay.h"

#define NETWORK "/sys/class/net"

void list_ncsi(char *text, size_t size)
{
	DIR *all = opendir(NETWORK);
	size_t used = 0;

	*text = 0;
	for (struct dirent *one; all && (one = readdir(all));) {
		char path[sizeof(NETWORK) + 256 + 32];
		int more;

		if (one->d_name[0] == '.')
			continue;
		/* The device tree's property of a controller that has a card behind NC-SI instead of a PHY. */
		snprintf(path, sizeof(path), NETWORK "/%s/device/of_node/use-ncsi", one->d_name);
		if (access(path, F_OK))
			continue;
		more = snprintf(text + used, size - used, "%s%s", used ? " " : "", one->d_name);
		if (more < 0 || (size_t)more >= size - used)
			break;
		used += (size_t)more;
	}
	if (all)
		closedir(all);
}
