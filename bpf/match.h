/* SPDX-License-Identifier: GPL-2.0 */
/* The filter's rules: each sets its clause's bit where it matches. The bits are kept in map memory, so that the verifier does not follow each combination of matches. */
#ifndef MATCH_H
#define MATCH_H

#include "settings.h"

inlined bool is_inside(const volatile struct prefix_rule *rule, const __u64 *address)
{
	return (((address[0] & rule->mask.words[0]) ^ rule->address.words[0]) |
		((address[1] & rule->mask.words[1]) ^ rule->address.words[1])) == 0;
}

inlined void match_addresses(volatile clause_set *matched, const __u64 *key)
{
	for (__u32 i = 0; i < MOST_PREFIXES && i < settings.prefix_count; i++) {
		const volatile struct prefix_rule *rule = &settings.prefixes[i];

		if ((rule->side & SIDE_SOURCE && is_inside(rule, key)) ||
		    (rule->side & SIDE_DESTINATION && is_inside(rule, key + 2)))
			*matched |= rule->clause;
	}
}

inlined bool is_between(const volatile struct range_rule *rule, __u16 port)
{
	return port >= rule->first && port <= rule->last;
}

inlined void match_ports(volatile clause_set *matched, __u32 ports)
{
	__u16 source = bpf_ntohs(ports), destination = bpf_ntohs(ports >> 16);

	for (__u32 i = 0; i < MOST_RANGES && i < settings.range_count; i++) {
		const volatile struct range_rule *rule = &settings.ranges[i];

		if ((rule->side & SIDE_SOURCE && is_between(rule, source)) ||
		    (rule->side & SIDE_DESTINATION && is_between(rule, destination)))
			*matched |= rule->clause;
	}
}

inlined void match_protocol(volatile clause_set *matched, __u32 protocol)
{
	for (__u32 i = 0; i < MOST_PROTOCOLS && i < settings.protocol_count; i++) {
		if (settings.protocols[i].number == protocol)
			*matched |= settings.protocols[i].clause;
	}
}

inlined void match_icmp_type(volatile clause_set *matched, __u32 type)
{
	for (__u32 i = 0; i < MOST_ICMP_TYPES && i < settings.icmp_type_count; i++) {
		if (settings.icmp_types[i].number == type)
			*matched |= settings.icmp_types[i].clause;
	}
}

inlined bool all_hold(clause_set matched)
{
	return ((matched ^ settings.negated) & settings.clauses) == settings.clauses;
}

#endif
