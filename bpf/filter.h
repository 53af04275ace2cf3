/* SPDX-License-Identifier: GPL-2.0 */
/* Which packets are counted. */
#ifndef FILTER_H
#define FILTER_H

#include "match.h"
#include "packet.h"

inlined bool passes_filter(struct cpu_state *state, const struct packet *packet)
{
	volatile clause_set *matched = &state->matched;

	if (!(settings.directions & 1 << packet->direction))
		return false;
	if (!settings.clauses)
		return true;
	*matched = 0;
	match_addresses(matched, packet->key);
	if (packet->traits & HAS_PORTS)
		match_ports(matched, packet->ports);
	match_protocol(matched, packet->protocol);
	if (packet->traits & HAS_TYPE)
		match_icmp_type(matched, packet->ports & 0xff);
	return all_hold(*matched);
}

#endif
