/* SPDX-License-Identifier: Apache-2.0
 * The receiving side of raw I2C: the kernel's slave-mqueue target backend, one message per read of a sysfs file.
 */
#ifndef RELAY_TARGET_H
#define RELAY_TARGET_H

#include "relay.h"

/* MQ_MSGBUF_SIZE's default; address octet and PEC included. Longer messages are dropped by the driver. */
#define MQUEUE_DEFAULT 120u

/* False: `fail` has said why, and what to type. */
bool target_open(unsigned bus, unsigned address);
void target_close(void);
unsigned target_fds(struct pollfd *fds);
bool target_ready(void);
bool target_created(void);

/* The driver that holds an address, by its name in sysfs; false where none does. */
bool i2c_holder(unsigned bus, unsigned node, char *name, size_t size);

#endif
