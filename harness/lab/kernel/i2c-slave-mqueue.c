// SPDX-License-Identifier: GPL-2.0
/*
 * slave-mqueue: an I2C target that queues what is written to it.
 *
 * Written for the lab from the user-space interface that BMC kernels have:
 *
 *   echo slave-mqueue 0x1010 > /sys/bus/i2c/devices/i2c-N/new_device
 *
 * makes a target at 0x10 (0x1000 marks an own address) and the file
 * /sys/bus/i2c/devices/N-1010/slave-mqueue.  It becomes ready for POLLPRI when
 * a message has come; each pread() at offset 0 takes one message: own address
 * << 1, then the octets as written, PEC included.  0 octets: the queue is
 * empty.  When the queue is full the oldest message gives way; a message that
 * is longer than message_size is not queued, and the kernel's log says
 * "truncated".
 */
#include <linux/i2c.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kernfs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>

/* Both are read when a device is made: set them before, in
 * /sys/module/i2c_slave_mqueue/parameters/ or on the kernel's command line.
 */
static unsigned int messages = 32;
module_param(messages, uint, 0644);
MODULE_PARM_DESC(messages, "messages that a queue holds");

static unsigned int message_size = 512;
module_param(message_size, uint, 0644);
MODULE_PARM_DESC(message_size,
		 "octets of the longest message, address included; vendors' kernels have 120");

struct slot {
	unsigned int len;
	u8 octets[];
};

struct mqueue {
	struct bin_attribute file;
	struct kernfs_node *node;
	spinlock_t lock;	/* all below; the slave callback holds it too */
	unsigned int slots;	/* one more than messages: the incoming one */
	unsigned int size;
	unsigned int first;	/* the oldest message */
	unsigned int count;	/* complete messages; the next slot is coming in */
	bool receiving;		/* between the address and the stop */
	bool overlong;
	struct device *dev;
	u8 *ring;
};

static struct slot *slot_at(struct mqueue *mq, unsigned int i)
{
	size_t stride = ALIGN(sizeof(struct slot) + mq->size, sizeof(int));

	return (struct slot *)(mq->ring + stride * ((mq->first + i) % mq->slots));
}

static struct slot *incoming(struct mqueue *mq)
{
	return slot_at(mq, mq->count);
}

static void append(struct mqueue *mq, u8 octet)
{
	struct slot *slot = incoming(mq);

	if (slot->len < mq->size)
		slot->octets[slot->len++] = octet;
	else
		mq->overlong = true;
}

static void start(struct mqueue *mq, u8 address)
{
	incoming(mq)->len = 0;
	mq->receiving = true;
	mq->overlong = false;
	append(mq, address << 1);
}

/* A bare address (somebody looking who is there) is no message. */
static void finish(struct mqueue *mq)
{
	bool whole = mq->receiving && !mq->overlong && incoming(mq)->len > 1;

	if (mq->receiving && mq->overlong)
		dev_warn_ratelimited(mq->dev, "message truncated at %u octets\n",
				     mq->size);
	mq->receiving = false;
	if (!whole)
		return;
	if (mq->count == mq->slots - 1)
		mq->first = (mq->first + 1) % mq->slots;
	else
		mq->count++;
	kernfs_notify(mq->node);
}

static int mqueue_event(struct i2c_client *client, enum i2c_slave_event event,
			u8 *val)
{
	struct mqueue *mq = i2c_get_clientdata(client);
	unsigned long flags;

	spin_lock_irqsave(&mq->lock, flags);
	switch (event) {
	case I2C_SLAVE_WRITE_REQUESTED:
		start(mq, client->addr);
		break;
	case I2C_SLAVE_WRITE_RECEIVED:
		append(mq, *val);
		break;
	case I2C_SLAVE_STOP:
		finish(mq);
		break;
	default:	/* there is nothing to read from this target */
		*val = 0xff;
		break;
	}
	spin_unlock_irqrestore(&mq->lock, flags);
	return 0;
}

static ssize_t mqueue_read(struct file *filp, struct kobject *kobj,
			   struct bin_attribute *attr, char *buf, loff_t pos,
			   size_t count)
{
	struct mqueue *mq = container_of(attr, struct mqueue, file);
	unsigned long flags;
	ssize_t rc = 0;

	if (pos)	/* a plain second read(): the message has ended */
		return 0;

	spin_lock_irqsave(&mq->lock, flags);
	if (mq->count) {
		struct slot *slot = slot_at(mq, 0);

		if (slot->len > count) {
			rc = -EMSGSIZE;
		} else {
			rc = slot->len;
			memcpy(buf, slot->octets, slot->len);
			mq->first = (mq->first + 1) % mq->slots;
			mq->count--;
		}
	}
	/* The read took the event with it: raise it again for what is left. */
	if (mq->count)
		kernfs_notify(mq->node);
	spin_unlock_irqrestore(&mq->lock, flags);
	return rc;
}

static int mqueue_probe(struct i2c_client *client)
{
	struct device *dev = &client->dev;
	struct mqueue *mq;
	int rc;

	mq = devm_kzalloc(dev, sizeof(*mq), GFP_KERNEL);
	if (!mq)
		return -ENOMEM;
	spin_lock_init(&mq->lock);
	mq->dev = dev;
	mq->slots = clamp(READ_ONCE(messages), 1u, 4096u) + 1;
	mq->size = clamp(READ_ONCE(message_size), 2u, (unsigned int)PAGE_SIZE);
	mq->ring = devm_kcalloc(dev, mq->slots,
				ALIGN(sizeof(struct slot) + mq->size, sizeof(int)),
				GFP_KERNEL);
	if (!mq->ring)
		return -ENOMEM;
	i2c_set_clientdata(client, mq);

	sysfs_bin_attr_init(&mq->file);
	mq->file.attr.name = "slave-mqueue";
	mq->file.attr.mode = 0400;
	mq->file.read = mqueue_read;
	mq->file.size = mq->size;
	rc = sysfs_create_bin_file(&dev->kobj, &mq->file);
	if (rc)
		return rc;
	mq->node = sysfs_get_dirent(dev->kobj.sd, mq->file.attr.name);
	if (!mq->node) {
		rc = -ENOENT;
		goto no_node;
	}
	rc = i2c_slave_register(client, mqueue_event);
	if (rc)
		goto no_slave;
	return 0;

no_slave:
	sysfs_put(mq->node);
no_node:
	sysfs_remove_bin_file(&dev->kobj, &mq->file);
	return rc;
}

static void mqueue_remove(struct i2c_client *client)
{
	struct mqueue *mq = i2c_get_clientdata(client);

	i2c_slave_unregister(client);
	/* waits for readers, who may still notify */
	sysfs_remove_bin_file(&client->dev.kobj, &mq->file);
	sysfs_put(mq->node);
}

static const struct i2c_device_id mqueue_ids[] = {
	{ "slave-mqueue" },
	{ }
};
MODULE_DEVICE_TABLE(i2c, mqueue_ids);

static struct i2c_driver mqueue_driver = {
	.driver		= { .name = "i2c-slave-mqueue" },
	.probe		= mqueue_probe,
	.remove		= mqueue_remove,
	.id_table	= mqueue_ids,
};
module_i2c_driver(mqueue_driver);

MODULE_DESCRIPTION("I2C target that queues what is written to it");
MODULE_LICENSE("GPL");
