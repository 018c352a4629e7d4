/* SPDX-License-Identifier: Apache-2.0
 * What the host should know of this machine before it does anything to the device.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "relay.h"

#define I2C_DEVICES "/sys/bus/i2c/devices"
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

void say_mux(struct device *of, unsigned bus)
{
	char path[64], to[256], *name;
	ssize_t size;

	snprintf(path, sizeof(path), I2C_DEVICES "/i2c-%u/mux_device", bus);
	size = readlink(path, to, sizeof(to) - 1);
	if (size <= 0)
		return;
	to[size] = 0;
	name = strrchr(to, '/');
	attribute(of, "mux", "%s", name ? name + 1 : to);
}
