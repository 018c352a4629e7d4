/* SPDX-License-Identifier: Apache-2.0
 * What the parts of mctp-relay share. One process, one back end, one poll loop, nothing allocated after the start.
 */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

#define RELAY_VERSION "0.1.0"

enum plane { PLANE_MESSAGES = 0, PLANE_PACKETS = 1, PLANE_FRAMES = 2 };

/* DSP0239, physical transport binding identifiers; Linux's IFLA_MCTP_PHYS_BINDING uses them too. */
enum binding { BINDING_UNKNOWN = 0, BINDING_SMBUS = 1, BINDING_PCIE_VDM = 2, BINDING_USB = 3, BINDING_KCS = 4,
	BINDING_SERIAL = 5, BINDING_I3C = 6, BINDING_MMBI = 7 };

enum capability {
	CAN_INJECT = 1u << 0,     /* packets of the host's own making go out on the packets plane */
	ACKNOWLEDGES = 1u << 1,   /* `nak` can be told from `sent` */
	CAN_RESET = 1u << 2,
	CAN_POWER = 1u << 3,
	RESTORES = 1u << 4,       /* carries out the restore list when the host is lost */
	CAPTURES = 1u << 5,       /* rx carries every packet of the interface, in both directions */
	HOLDS_TAGS = 1u << 6,
	BINDS_TYPES = 1u << 7,    /* receives the device's own requests of a message type */
	CONFIGURES = 1u << 8,     /* moves addresses, routes, neighbours and the link */
	HAS_COUNTERS = 1u << 9,
	LENDS_TAGS = 1u << 10,    /* reserves a tag for one request, and gives it back with the answer */
	HOLDS_SENDING = 1u << 11, /* keeps what is to be sent until what goes before it is answered */
};

enum tx_status { TX_SENT = 0, TX_NAK = 1, TX_ARBITRATION_LOST = 2, TX_REFUSED = 3, TX_DISCARDED = 4 };
enum control_status { CONTROL_OK = 0, CONTROL_REFUSED = 1, CONTROL_UNSUPPORTED = 2 };
enum rx_flag { RX_OWN = 1, RX_TRUNCATED = 2 };

enum action {
	ACT_RESET = 0x01, ACT_POWER = 0x02,
	ACT_RESTORE_ADD = 0x10, ACT_RESTORE_REMOVE = 0x11, ACT_RESTORE_CLEAR = 0x12, ACT_RESTORE_NOW = 0x13,
	ACT_HOLD_TAG = 0x20, ACT_DROP_TAG = 0x21, ACT_BIND = 0x22, ACT_UNBIND = 0x23,
	ACT_ADDRESS = 0x30, ACT_ROUTE = 0x31, ACT_NEIGHBOUR = 0x32, ACT_LINK = 0x33,
	ACT_TRANSMIT = 0x40,
};

enum error_code {
	ERR_PROTOCOL = 1,  /* framing is lost, or the host spoke before its hello */
	ERR_VERSION = 2,
	ERR_MESSAGE = 3,   /* a message that does not fit its table */
	ERR_OPEN = 4,
	ERR_DEVICE = 5,    /* the interface, adapter or line said so during the run */
	ERR_LOST = 6,      /* something received could not be handed on */
	ERR_RESTORE = 7,
};

enum goodbye_reason { BYE_ASKED = 0, BYE_END_OF_INPUT = 1, BYE_SILENCE = 2, BYE_SIGNAL = 3, BYE_ERROR = 4 };

#define NO_TAG 0xffu
#define TAG_OWNER 0x08u
#define TAG_HELD 0x10u /* as MCTP_TAG_PREALLOC */
#define TAG_LENT 0x20u
#define TAG_VALUE 0x07u

struct tx {
	uint32_t id;
	uint8_t plane, eid, tag;
	uint8_t address_size;
	uint8_t address[MAX_ADDRESS];
	const uint8_t *octets; /* in the input buffer: valid until the next message is read */
	size_t size;
	bool held; /* goes by itself, after an answer */
};

struct tx_done {
	uint32_t id;
	enum tx_status status;
	uint8_t tag;
	int error;           /* errno, or 0 */
	uint64_t began, ended;
	const char *text;
};

struct rx {
	uint8_t plane, flags, eid, tag;
	uint64_t at;
	uint8_t address_size;
	const uint8_t *address;
	const uint8_t *octets;
	size_t size;
};

struct outcome {
	enum control_status status;
	uint8_t value;
	int error;
	char text[512];
};

/* What the hello says. A back end fills it in `open`. */
struct device {
	uint8_t binding, planes;
	uint32_t capabilities;
	uint32_t unit;            /* octets of the longest packet or frame */
	uint32_t message_limit;   /* octets of the longest message; 0: no messages plane */
	uint32_t receive_limit;   /* longest frame that reception can take; 0: as `unit` */
	uint32_t mtu;
	uint8_t own_address[MAX_ADDRESS], own_address_size;
	uint8_t address[MAX_ADDRESS], address_size;
	uint8_t own_eids[16], own_eid_count;
	uint8_t eid;              /* of the device; 0: not known */
	char description[256];
	struct { char name[16], value[128]; } attributes[12];
	unsigned attribute_count;
};

#define MAX_FDS 20
#define MAX_COUNTERS 32

struct counters {
	struct { const char *name; uint64_t value; } at[MAX_COUNTERS];
	unsigned count;
};

struct parameters;

struct backend {
	const char *name;
	/* False: `fail` has said why. */
	bool (*open)(struct device *device, char *target, const struct parameters *given);
	void (*close)(void);
	unsigned (*fds)(struct pollfd *fds); /* at most MAX_FDS */
	/* Hands on what the descriptors have, as long as the link has room. False: the device is gone, `fail` said how. */
	bool (*ready)(const struct pollfd *fds, unsigned count);
	void (*send)(const struct tx *tx);   /* ends in one send_tx_done, now or from `ready` or `tick` */
	bool (*busy)(void);                  /* a transmission is under way: no other may start. NULL: never */
	int (*tick)(void);                   /* ms until it wants to be called again, -1: never. NULL: never */
	void (*count)(struct counters *into);
	void (*control)(enum action action, struct reader *body, struct outcome *outcome);
	bool (*check)(enum action action, struct reader body); /* whether a restore entry could be carried out */
	unsigned (*restore)(char *text, size_t size); /* undoes what `control` moved; number that failed */
};

extern const struct backend loop_backend, serial_backend, pty_backend, i2c_backend, mctp_backend;

/* main.c */
extern const struct backend *backend;
extern struct device device;
bool fail(int error, const char *format, ...) __attribute__((format(printf, 2, 3))); /* always false */
void attribute(struct device *of, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Polls once: true when anything happened. Used by the loop and while a restoration waits. */
bool turn(bool with_host, int limit_ms);

/* host.c: names of network interfaces that reach their card by NC-SI, separated by spaces */
void list_ncsi(char *text, size_t size);
/* host.c: says in an attribute which mux an I2C bus is a channel of */
void say_mux(struct device *of, unsigned bus);

/* clock.c */
uint64_t now(void); /* CLOCK_MONOTONIC, ns */
uint64_t recent(void); /* what now() said last: every event asks it, and so does a wait that ends without one */

/* parameters.c: target?name=value&… */
struct parameters {
	struct { char *name, *value; } at[8];
	unsigned count;
};
bool parse_parameters(char *target, const char *const *known, struct parameters *into);
const char *parameter(const struct parameters *in, const char *name);
bool parse_number(const char *text, unsigned long least, unsigned long most, unsigned long *value);

/* link.c: standard input and output */
void link_start(void);
void link_stop(void);
bool link_room(void);      /* one more message of any size fits */
bool link_waiting(void);   /* octets wait to be written */
bool link_dead(void);
bool link_writes(void);    /* and are to be written now */
int link_tick(void);       /* as a back end's */
void link_write(void);
bool link_may_read(void);
/* Reads what is there: false at the end of input. */
bool link_read(void);
/* The next whole message of what was read. -1: framing is lost. */
int link_next(struct reader *message);
struct writer *message_begin(enum message_type type);
void message_end(void);

/* messages.c: what the relay says */
void send_hello(const struct device *of);
void send_tx_done(const struct tx_done *done);
void send_rx(const struct rx *rx);
void send_counters(uint32_t id, const struct counters *counters);
void send_control_done(uint32_t id, const struct outcome *outcome);
void send_pong(uint32_t id, uint64_t theirs, uint64_t received);
void send_error(enum error_code code, bool fatal, uint32_t about, int error, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
void send_goodbye(enum goodbye_reason reason, unsigned restored, unsigned failed, const char *text);

/* session.c: what the host says */
enum session_end { SESSION_GOES_ON, SESSION_ASKED, SESSION_BROKEN };
enum session_end take_message(struct reader message);
bool parse_tx(struct reader *in, struct tx *tx);
bool parse_tx_body(struct reader *in, struct tx *tx); /* behind the id */
const char *unsendable(const struct tx *tx);         /* why, or NULL */
bool greeted(void);
uint32_t keepalive_ms(void);

/* holds.c: transmissions that wait for the answer to what goes before them */
void holds_take(uint32_t id, struct reader in);
void holds_saw(const struct rx *rx);
void holds_begin(void); /* before anything is sent */
void holds_sent(const struct tx_done *done);
void holds_fire(void); /* sends what is due; not from within a reception */
void holds_discard(const char *why);
unsigned holds_count(void);
const struct tx *holds_next(void); /* what goes next by itself; NULL: nothing */
int holds_tick(void); /* as a back end's */

/* restore.c */
void restore_add(uint32_t id, struct reader *body, struct outcome *outcome);
bool restore_remove(uint32_t id);
void restore_clear(void);
void restore_now(unsigned *restored, unsigned *failed);
/* While restoring, results of transmissions end here instead of at the host. */
bool restore_takes(const struct tx_done *done);
void restore_saw_answer(const struct rx *rx);

#endif
