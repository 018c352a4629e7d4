// SPDX-License-Identifier: GPL-2.0
/*
 * i2c-vseg: virtual I2C bus segments, for tests without hardware.
 *
 * A segment is one virtual pair of wires with `ports` adapters on it (two
 * unless told otherwise): segment 0 is i2c-0 <-> i2c-1, segment 1 is
 * i2c-2 <-> i2c-3, and so on.  What one adapter writes reaches the target that
 * is registered at that address (i2c_slave_register()) on another adapter of
 * the segment; where there is none, the address is not acknowledged.
 *
 * In /sys/kernel/debug/i2c-vseg/segN/:
 *   byte_us       how long an octet takes: 90 is 100 kHz; 0 (default): no time
 *   nak_next      do not acknowledge the address of the next N messages
 *   corrupt_next  invert the last octet of the next N written messages
 *   lose_next     the next N transfers lose arbitration (EAGAIN)
 *   stuck         while 1, every transfer ends in a time-out (ETIMEDOUT)
 *   detach        write a port's number: that adapter is unplugged (reading
 *                 gives a bit mask of the ports that were)
 *   xfers naks bytes   counters; bytes are data octets, without addresses
 *   busy_us       how long the wires were in use, by byte_us, in all
 *   late_us       how much later than that the masters went on, in all: what
 *                 this machine's wake-ups cost, not the wires
 *   idle_us_P     how long the wires were idle before port P's transfers, in
 *                 all: the time that P took to begin, after whatever was last
 */
#include <linux/debugfs.h>
#include <linux/hrtimer.h>
#include <linux/i2c.h>
#include <linux/init.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#define VSEG_MAX	16
#define VSEG_PORTS_MAX	8
#define VSEG_SLAVES_MAX	16

static unsigned int segments = 1;
module_param(segments, uint, 0444);
MODULE_PARM_DESC(segments, "number of bus segments");

static unsigned int ports = 2;
module_param(ports, uint, 0444);
MODULE_PARM_DESC(ports, "adapters on each segment");

static unsigned int spin_us = 150;
module_param(spin_us, uint, 0644);
MODULE_PARM_DESC(spin_us, "how long before the end of a message the timer wakes");

struct vseg;

struct vseg_port {
	struct i2c_adapter adap;
	struct vseg *seg;
	struct i2c_client *slaves[VSEG_SLAVES_MAX];
	struct work_struct unplug;
	bool detached;
};

struct vseg {
	struct mutex wires;	/* one transfer at a time, whoever is master */
	spinlock_t lock;	/* slaves[]; held over the slave callbacks */
	ktime_t free_at;	/* when the wires are next free; under wires */
	ktime_t idle_from;	/* when the last transfer ended; under wires */
	struct vseg_port *port[VSEG_PORTS_MAX];
	struct dentry *dir;
	u64 busy_us;
	u64 late_us;
	u64 idle_us[VSEG_PORTS_MAX];
	u32 byte_us;
	u32 nak_next;
	u32 corrupt_next;
	u32 lose_next;
	u32 stuck;
	u32 xfers;
	u32 naks;
	u32 bytes;
};

static struct vseg *segs[VSEG_MAX];
static struct dentry *vseg_root;

/* The target at addr on any port of the segment but the master's own. */
static struct i2c_client *vseg_find(struct vseg_port *master, u16 addr)
{
	unsigned int p, s;

	for (p = 0; p < ports; p++) {
		struct vseg_port *vp = master->seg->port[p];

		if (!vp || vp == master || READ_ONCE(vp->detached))
			continue;
		for (s = 0; s < VSEG_SLAVES_MAX; s++)
			if (vp->slaves[s] && vp->slaves[s]->addr == addr)
				return vp->slaves[s];
	}
	return NULL;
}

static bool vseg_acknowledged(struct vseg_port *vp, struct i2c_msg *msg)
{
	struct vseg *seg = vp->seg;
	unsigned long flags;
	bool there;

	spin_lock_irqsave(&seg->lock, flags);
	there = vseg_find(vp, msg->addr);
	if (there && seg->nak_next) {
		seg->nak_next--;
		there = false;
	}
	if (!there)
		seg->naks++;
	spin_unlock_irqrestore(&seg->lock, flags);
	return there;
}

/*
 * Lets `octets` take their time on the wires.  The end is an instant on the
 * clock, not a duration from now: what a wake-up comes late is not added to
 * the next message, nor to the transfer of a master that was waiting.  A timer
 * wakes spin_us before that instant, and the rest is spent in a loop: a wake-up
 * takes User Mode Linux a tenth of the time of a short packet at 100 kHz.
 */
static void vseg_pace(struct vseg *seg, unsigned int octets)
{
	u64 us = (u64)octets * READ_ONCE(seg->byte_us);
	ktime_t wake, now;

	if (!us)
		return;
	seg->busy_us += us;
	seg->free_at = ktime_add_us(seg->free_at, us);
	wake = ktime_sub_us(seg->free_at, READ_ONCE(spin_us));
	while (ktime_before(ktime_get(), wake)) {
		ktime_t until = wake;

		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_hrtimeout(&until, HRTIMER_MODE_ABS);
	}
	while (ktime_before(now = ktime_get(), seg->free_at))
		cpu_relax();
	seg->late_us += ktime_us_delta(now, seg->free_at);
}

static void vseg_read(struct vseg *seg, struct i2c_client *slave,
		      struct i2c_msg *msg)
{
	int i;

	for (i = 0; i < msg->len; i++) {
		u8 val = 0xff;

		i2c_slave_event(slave, i ? I2C_SLAVE_READ_PROCESSED :
				I2C_SLAVE_READ_REQUESTED, &val);
		msg->buf[i] = val;
		seg->bytes++;
	}
}

static int vseg_write(struct vseg *seg, struct i2c_client *slave,
		      struct i2c_msg *msg)
{
	u8 val = 0;
	int i;

	if (i2c_slave_event(slave, I2C_SLAVE_WRITE_REQUESTED, &val) < 0) {
		seg->naks++;
		return -ENXIO;
	}
	for (i = 0; i < msg->len; i++) {
		val = msg->buf[i];
		if (seg->corrupt_next && i == msg->len - 1) {
			seg->corrupt_next--;
			val = ~val;
		}
		seg->bytes++;
		if (i2c_slave_event(slave, I2C_SLAVE_WRITE_RECEIVED, &val) < 0) {
			seg->naks++;
			return -EIO;
		}
	}
	return 0;
}

/* The stop, for the target at addr if it is still there; under the lock. */
static void vseg_stop(struct vseg_port *vp, int addr)
{
	struct i2c_client *slave = addr < 0 ? NULL : vseg_find(vp, addr);
	u8 dummy = 0;

	if (slave)
		i2c_slave_event(slave, I2C_SLAVE_STOP, &dummy);
}

/*
 * One message, from its (repeated) start; *open is the address whose target
 * waits for its stop, or -1.  The message is handed over when its last octet
 * has passed, so nobody sees it early; a target that refuses an octet is
 * charged as if it had taken them all.
 */
static int vseg_one(struct vseg_port *vp, struct i2c_msg *msg, int *open)
{
	struct vseg *seg = vp->seg;
	struct i2c_client *slave;
	unsigned long flags;
	int rc = 0;

	if (msg->flags & I2C_M_TEN)
		return -EOPNOTSUPP;
	if (!vseg_acknowledged(vp, msg)) {
		vseg_pace(seg, 1);
		return -ENXIO;
	}
	vseg_pace(seg, msg->len + 1);
	if (READ_ONCE(vp->detached))
		return -ENODEV;

	spin_lock_irqsave(&seg->lock, flags);
	if (*open != msg->addr)
		vseg_stop(vp, *open);
	*open = msg->addr;
	slave = vseg_find(vp, msg->addr);
	if (!slave)	/* it went away while the octets were passing */
		rc = -ENXIO;
	else if (msg->flags & I2C_M_RD)
		vseg_read(seg, slave, msg);
	else
		rc = vseg_write(seg, slave, msg);
	spin_unlock_irqrestore(&seg->lock, flags);
	return rc;
}

static int vseg_xfer(struct i2c_adapter *adap, struct i2c_msg *msgs, int num)
{
	struct vseg_port *vp = i2c_get_adapdata(adap);
	struct vseg *seg = vp->seg;
	ktime_t asked = ktime_get();
	unsigned long flags;
	int i, rc = 0, open = -1;

	mutex_lock(&seg->wires);
	if (ktime_before(seg->free_at, asked))
		seg->free_at = asked;
	if (seg->xfers++ && ktime_after(asked, seg->idle_from))
		seg->idle_us[adap->nr % ports] += ktime_us_delta(asked, seg->idle_from);
	if (READ_ONCE(vp->detached)) {
		rc = -ENODEV;
	} else if (READ_ONCE(seg->stuck)) {
		schedule_timeout_uninterruptible(adap->timeout);
		rc = -ETIMEDOUT;
	} else if (seg->lose_next) {
		seg->lose_next--;
		vseg_pace(seg, 1);
		rc = -EAGAIN;
	}
	for (i = 0; i < num && !rc; i++)
		rc = vseg_one(vp, &msgs[i], &open);
	spin_lock_irqsave(&seg->lock, flags);
	vseg_stop(vp, open);
	spin_unlock_irqrestore(&seg->lock, flags);
	seg->idle_from = ktime_get();
	mutex_unlock(&seg->wires);

	return rc ? rc : num;
}

static u32 vseg_func(struct i2c_adapter *adap)
{
	return I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL | I2C_FUNC_SLAVE;
}

static int vseg_reg_slave(struct i2c_client *slave)
{
	struct vseg_port *vp = i2c_get_adapdata(slave->adapter);
	unsigned long flags;
	int s, rc = -EBUSY;

	if (slave->flags & I2C_CLIENT_TEN)
		return -EAFNOSUPPORT;

	spin_lock_irqsave(&vp->seg->lock, flags);
	for (s = 0; s < VSEG_SLAVES_MAX; s++) {
		if (!vp->slaves[s]) {
			vp->slaves[s] = slave;
			rc = 0;
			break;
		}
	}
	spin_unlock_irqrestore(&vp->seg->lock, flags);
	return rc;
}

static int vseg_unreg_slave(struct i2c_client *slave)
{
	struct vseg_port *vp = i2c_get_adapdata(slave->adapter);
	unsigned long flags;
	int s;

	spin_lock_irqsave(&vp->seg->lock, flags);
	for (s = 0; s < VSEG_SLAVES_MAX; s++)
		if (vp->slaves[s] == slave)
			vp->slaves[s] = NULL;
	spin_unlock_irqrestore(&vp->seg->lock, flags);
	return 0;
}

static const struct i2c_algorithm vseg_algo = {
	.master_xfer	= vseg_xfer,
	.functionality	= vseg_func,
	.reg_slave	= vseg_reg_slave,
	.unreg_slave	= vseg_unreg_slave,
};

/* Waits until nobody has /dev/i2c-N open, hence not in the writer's context. */
static void vseg_unplug(struct work_struct *work)
{
	i2c_del_adapter(&container_of(work, struct vseg_port, unplug)->adap);
}

static int vseg_detach_set(void *data, u64 n)
{
	struct vseg *seg = data;

	if (n >= ports)
		return -EINVAL;
	if (xchg(&seg->port[n]->detached, true))
		return -ENODEV;
	queue_work(system_unbound_wq, &seg->port[n]->unplug);
	return 0;
}

static int vseg_detach_get(void *data, u64 *mask)
{
	struct vseg *seg = data;
	unsigned int p;

	*mask = 0;
	for (p = 0; p < ports; p++)
		if (READ_ONCE(seg->port[p]->detached))
			*mask |= BIT(p);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(vseg_detach_fops, vseg_detach_get, vseg_detach_set,
			 "%llu\n");

static void vseg_knobs(struct vseg *seg, unsigned int n)
{
	unsigned int p;
	char name[16];

	snprintf(name, sizeof(name), "seg%u", n);
	seg->dir = debugfs_create_dir(name, vseg_root);
	debugfs_create_u32("byte_us", 0600, seg->dir, &seg->byte_us);
	debugfs_create_u32("nak_next", 0600, seg->dir, &seg->nak_next);
	debugfs_create_u32("corrupt_next", 0600, seg->dir, &seg->corrupt_next);
	debugfs_create_u32("lose_next", 0600, seg->dir, &seg->lose_next);
	debugfs_create_u32("stuck", 0600, seg->dir, &seg->stuck);
	debugfs_create_file_unsafe("detach", 0600, seg->dir, seg,
				   &vseg_detach_fops);
	debugfs_create_u32("xfers", 0400, seg->dir, &seg->xfers);
	debugfs_create_u32("naks", 0400, seg->dir, &seg->naks);
	debugfs_create_u32("bytes", 0400, seg->dir, &seg->bytes);
	debugfs_create_u64("busy_us", 0400, seg->dir, &seg->busy_us);
	debugfs_create_u64("late_us", 0400, seg->dir, &seg->late_us);
	for (p = 0; p < ports; p++) {
		snprintf(name, sizeof(name), "idle_us_%u", p);
		debugfs_create_u64(name, 0400, seg->dir, &seg->idle_us[p]);
	}
}

static int __init vseg_add(unsigned int n)
{
	struct vseg *seg;
	unsigned int p;
	int rc;

	seg = kzalloc(sizeof(*seg), GFP_KERNEL);
	if (!seg)
		return -ENOMEM;
	mutex_init(&seg->wires);
	spin_lock_init(&seg->lock);
	segs[n] = seg;

	for (p = 0; p < ports; p++) {
		struct vseg_port *vp = kzalloc(sizeof(*vp), GFP_KERNEL);

		if (!vp)
			return -ENOMEM;
		vp->seg = seg;
		INIT_WORK(&vp->unplug, vseg_unplug);
		vp->adap.owner = THIS_MODULE;
		vp->adap.algo = &vseg_algo;
		vp->adap.nr = n * ports + p;
		vp->adap.timeout = HZ;
		snprintf(vp->adap.name, sizeof(vp->adap.name),
			 "i2c-vseg %u.%u", n, p);
		i2c_set_adapdata(&vp->adap, vp);
		rc = i2c_add_numbered_adapter(&vp->adap);
		if (rc) {
			kfree(vp);
			return rc;
		}
		seg->port[p] = vp;
	}
	vseg_knobs(seg, n);
	return 0;
}

static void vseg_cleanup(void)
{
	unsigned int n, p;

	debugfs_remove_recursive(vseg_root);
	for (n = 0; n < VSEG_MAX; n++) {
		if (!segs[n])
			continue;
		for (p = 0; p < VSEG_PORTS_MAX; p++) {
			struct vseg_port *vp = segs[n]->port[p];

			if (!vp)
				continue;
			if (vp->detached)
				flush_work(&vp->unplug);
			else
				i2c_del_adapter(&vp->adap);
		}
		/* only now: until here a target may be on any of the ports */
		for (p = 0; p < VSEG_PORTS_MAX; p++)
			kfree(segs[n]->port[p]);
		kfree(segs[n]);
		segs[n] = NULL;
	}
}

static int __init vseg_init(void)
{
	unsigned int n;
	int rc = 0;

	if (segments > VSEG_MAX || ports < 1 || ports > VSEG_PORTS_MAX)
		return -EINVAL;
	vseg_root = debugfs_create_dir("i2c-vseg", NULL);
	for (n = 0; n < segments && !rc; n++)
		rc = vseg_add(n);
	if (rc)
		vseg_cleanup();
	return rc;
}

module_init(vseg_init);
module_exit(vseg_cleanup);

MODULE_DESCRIPTION("virtual I2C bus segments");
MODULE_LICENSE("GPL");
