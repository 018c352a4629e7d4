/* SPDX-License-Identifier: Apache-2.0 */
/* labctl: what the lab's guest scripts need and Debian has no tool for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <net/if.h> /* before the kernel's headers, which then leave out what it defines */

#include <linux/mctp.h>

#define OCTETS_MAX 65536

/* labctl.c: ends the program with one line on standard error */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void fail_errno(const char *what);
unsigned long number(const char *text, unsigned long max);
size_t parse_hex(const char *text, uint8_t *octets, size_t max);
void print_hex(const uint8_t *octets, size_t length);
uint64_t now_us(void);
unsigned int interface_index(const char *name);

/* daemon.c: the child goes on as `run` after it has printed its line; the parent returns */
void in_background(void (*prepare)(char **args), void (*run)(void), char **args);

/* netlink.c */
int cmd_link(int argc, char **argv);
int cmd_addr(int argc, char **argv);
int cmd_route(int argc, char **argv);
int cmd_neigh(int argc, char **argv);
bool change_address(unsigned int ifindex, uint8_t eid);
uint8_t first_address(unsigned int ifindex);

/* tty.c */
int cmd_tty(int argc, char **argv);
int cmd_pty_pair(int argc, char **argv);

/* message.c, responder.c */
int mctp_socket(bool extended);
int cmd_request(int argc, char **argv);
int cmd_cloop(int argc, char **argv);
int cmd_responder(int argc, char **argv);

/* i2c.c */
int cmd_i2c_write(int argc, char **argv);
int cmd_mqueue(int argc, char **argv);

/* pldm.c */
int cmd_pldm_id(int argc, char **argv);
