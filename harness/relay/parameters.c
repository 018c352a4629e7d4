/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "relay.h"

static bool is_known(const char *name, const char *const *known)
{
	while (*known)
		if (!strcmp(*known++, name))
			return true;
	return false;
}

/* Cuts the target at its question mark, in place. */
bool parse_parameters(char *target, const char *const *known, struct parameters *into)
{
	char *at = strchr(target, '?'), *save = NULL;

	into->count = 0;
	if (!at)
		return true;
	*at++ = 0;
	for (char *part = strtok_r(at, "&", &save); part; part = strtok_r(NULL, "&", &save)) {
		char *equals = strchr(part, '=');

		if (!equals)
			return fail(0, "parameter \"%s\" has no value", part);
		*equals++ = 0;
		if (!is_known(part, known))
			return fail(0, "unknown parameter \"%s\"", part);
		if (parameter(into, part) || into->count == sizeof(into->at) / sizeof(into->at[0]))
			return fail(0, "parameter \"%s\" is said more than once", part);
		into->at[into->count].name = part;
		into->at[into->count++].value = equals;
	}
	return true;
}

const char *parameter(const struct parameters *in, const char *name)
{
	for (unsigned i = 0; i < in->count; i++)
		if (!strcmp(in->at[i].name, name))
			return in->at[i].value;
	return NULL;
}

/* Decimal, or hexadecimal with 0x; no sign, no octal: 010 is ten. */
bool parse_number(const char *text, unsigned long least, unsigned long most, unsigned long *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	char *end;

	if (!*digits || strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits))
		return false;
	errno = 0;
	*value = strtoul(digits, &end, hex ? 16 : 10);
	return errno == 0 && *value >= least && *value <= most;
}
