/* SPDX-License-Identifier: Apache-2.0
 * mctp-relay: carries MCTP messages, packets and frames between a device on this machine and a test program at the
 * other end of standard input and output (docs/relay-protocol.md).
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "relay.h"

static const struct backend *const backends[] = { &mctp_backend, &i2c_backend, &serial_backend, &pty_backend,
						  &loop_backend };
const struct backend *backend;
struct device device;

static char failure[512];
static int failure_errno;
static volatile sig_atomic_t signalled;
static sigset_t unblocked;
static bool input_ended, device_gone;
static enum session_end session = SESSION_GOES_ON;
static uint64_t heard;

static const char usage[] =
	"mctp-relay BACKEND [TARGET]: carries MCTP between a device and mctp-certify\n"
	"  mctp IFACE/EID[?address=0x1d&net=N&binding=smbus]   AF_MCTP messages, AF_PACKET packets\n"
	"  i2c BUS@ADDR[?own=0x10&target=BUS&force=1]          controller writes, slave-mqueue answers\n"
	"  serial PATH[?baud=N]                                DSP0253 on a terminal line\n"
	"  pty [LINK]                                          DSP0253 on a pseudo-terminal\n"
	"  loop [KIND][?binding=serial]                        echoes frames; or messages; no device needed\n"
	"Standard input and output speak the relay protocol, usually through ssh:\n"
	"  mctp-certify run PROFILE --device 'relay:ssh bmc mctp-relay mctp mctpi2c3/9'\n"
	"What was moved or created is put back when the input ends.\n";

bool fail(int error, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(failure, sizeof(failure), format, list);
	va_end(list);
	failure_errno = error;
	return false;
}

void attribute(struct device *of, const char *name, const char *format, ...)
{
	va_list list;

	if (of->attribute_count == sizeof(of->attributes) / sizeof(of->attributes[0]))
		return;
	snprintf(of->attributes[of->attribute_count].name, sizeof(of->attributes[0].name), "%s", name);
	va_start(list, format);
	vsnprintf(of->attributes[of->attribute_count].value, sizeof(of->attributes[0].value), format, list);
	va_end(list);
	of->attribute_count++;
}

static void on_signal(int number)
{
	signalled = number;
}

static void catch_signals(void)
{
	static const int ending[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction catch = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigemptyset(&catch.sa_mask);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
		sigaddset(&blocked, ending[i]);
		sigaction(ending[i], &catch, NULL);
	}
	/* Delivered inside ppoll only, so that none is lost between the test and the wait. */
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigdelset(&unblocked, ending[i]);
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGPIPE, &ignore, NULL);
}

static bool busy(void)
{
	return backend->busy && backend->busy();
}

static int sooner(int a, int b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

static bool silent_too_long(void)
{
	/* While a transmission is under way the host's octets may wait unread. */
	if (busy())
		heard = now();
	return keepalive_ms() && recent() - heard > keepalive_ms() * 1000000ull;
}

/* `limit_ms` -1: as long as it takes. */
bool turn(bool with_host, int limit_ms)
{
	struct pollfd fds[2 + MAX_FDS] = {
		{ .fd = with_host && !input_ended && link_may_read() ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = link_writes() ? STDOUT_FILENO : -1, .events = POLLOUT },
	};
	unsigned count = (greeted() || !with_host) && link_room() && !device_gone ? backend->fds(fds + 2) : 0;
	int wait = limit_ms, ready;
	struct timespec until;

	if (backend->tick && !device_gone)
		wait = sooner(wait, backend->tick());
	wait = sooner(wait, sooner(holds_tick(), link_tick()));
	if (with_host && keepalive_ms()) {
		uint64_t end = heard + keepalive_ms() * 1000000ull, at = recent();

		wait = sooner(wait, end > at ? (int)((end - at) / 1000000u) + 1 : 0);
	}
	until = (struct timespec){ wait / 1000, wait % 1000 * 1000000L };
	ready = ppoll(fds, 2 + count, wait < 0 ? NULL : &until, with_host ? &unblocked : NULL);
	if (ready <= 0)
		now();
	if (ready < 0)
		return false;
	if (fds[1].revents)
		link_write();
	for (unsigned i = 0; i < count; i++) {
		if (!fds[2 + i].revents)
			continue;
		device_gone = !backend->ready(fds + 2, count);
		break;
	}
	if (fds[0].revents) {
		heard = now();
		input_ended = !link_read();
	}
	return ready > 0;
}

static void take_messages(void)
{
	struct reader message;

	while (session == SESSION_GOES_ON && !busy() && link_room()) {
		int got = link_next(&message);

		if (got == 0)
			return;
		if (got > 0) {
			session = take_message(message);
		} else {
			send_error(ERR_PROTOCOL, true, 0, 0, "a length of 0 or more than %u octets: framing is lost",
				   MAX_FRAME);
			session = SESSION_BROKEN;
		}
	}
}

static enum goodbye_reason converse(void)
{
	heard = now();
	for (;;) {
		holds_fire();
		take_messages();
		link_write();
		if (session == SESSION_ASKED)
			return BYE_ASKED;
		if (device_gone)
			send_error(ERR_DEVICE, true, 0, failure_errno, "%s", failure);
		if (device_gone || session == SESSION_BROKEN)
			return BYE_ERROR;
		if (signalled)
			return BYE_SIGNAL;
		/* What came before the end is still done, one after the other. */
		if ((input_ended && !busy() && link_room()) || link_dead())
			return BYE_END_OF_INPUT;
		/* A system call may have taken longer than the keepalive: look once more for what came meanwhile. */
		if (silent_too_long())
			turn(true, 0);
		if (silent_too_long())
			return BYE_SILENCE;
		turn(true, -1);
	}
}

static void flush(void)
{
	uint64_t until = now() + 1000000000u;

	while (link_waiting() && now() < until) {
		struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

		poll(&out, 1, 100);
		link_write();
	}
}

static int leave(enum goodbye_reason reason)
{
	static const char *const why[] = { "asked to end", "the host's end of the link is closed",
					   "the host was silent for longer than its keepalive",
					   "ended by a signal", "ended by an error" };
	unsigned restored, failed;

	holds_discard("the session ends");
	restore_now(&restored, &failed);
	backend->close();
	send_goodbye(reason, restored, failed, why[reason]);
	flush();
	link_stop();
	if (link_dead() && (failed || reason == BYE_ERROR))
		fprintf(stderr, "mctp-relay: %s; %u not restored\n", why[reason], failed);
	return reason == BYE_ERROR;
}

static int run(char *target, const struct parameters *given)
{
	catch_signals();
	link_start();
	if (!backend->open(&device, target, given)) {
		fprintf(stderr, "mctp-relay: %s\n", failure);
		send_error(ERR_OPEN, true, 0, failure_errno, "%s", failure);
		backend->close();
		send_goodbye(BYE_ERROR, 0, 0, "nothing was opened");
		flush();
		link_stop();
		return 1;
	}
	device.capabilities |= RESTORES;
	send_hello(&device);
	return leave(converse());
}

/* For people, octets would be changed on their way; a serial line may be the link, if it was made raw. */
static bool is_cooked(int fd)
{
	struct termios is;

	return !tcgetattr(fd, &is) && (is.c_lflag & (ICANON | ECHO) || is.c_oflag & OPOST);
}

static int wrong(const char *what)
{
	fprintf(stderr, "mctp-relay: %s\n%s", what, usage);
	return 2;
}

int main(int count, char **words)
{
	static const char *const known[] = { "address", "net", "binding", "own", "target", "force", "baud", NULL };
	static char nothing[] = "";
	struct parameters given;

	if (count == 2 && !strcmp(words[1], "--version"))
		return puts("mctp-relay " RELAY_VERSION ", relay protocol 1") < 0;
	if (count == 2 && !strcmp(words[1], "--help"))
		return fputs(usage, stdout) < 0;
	if (count < 2 || count > 3)
		return wrong("one back end, and one target");
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (!strcmp(backends[i]->name, words[1]))
			backend = backends[i];
	if (!backend)
		return wrong("there is no such back end");
	if (!parse_parameters(count == 3 ? words[2] : nothing, known, &given))
		return wrong(failure);
	if (is_cooked(STDIN_FILENO) || is_cooked(STDOUT_FILENO))
		return wrong("standard input or output is a terminal, and the relay protocol is binary: stty raw -echo");
	return run(count == 3 ? words[2] : nothing, &given);
}
