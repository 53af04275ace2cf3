/* SPDX-License-Identifier: GPL-2.0 */
/* What the agent fills in before loading. Read-only data: the verifier removes what a setting switches off. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "kernel.h"
#include "flow.h"

#define MOST_PREFIXES 16
#define MOST_RANGES 16
#define MOST_PROTOCOLS 8
#define MOST_ICMP_TYPES 16
#define HASH_SEEDS 10

typedef __u64 hash_seed;
typedef __u64 icmp_type_set;

enum side : __u32 { SIDE_SOURCE = 1, SIDE_DESTINATION = 2, SIDE_ANY = 3 };

struct prefix_rule {
	ipv6_address	address;
	ipv6_address	mask;
	clause_set	clause;
	enum side	side;
	__u32		spare;
};

struct range_rule {
	clause_set	clause;
	enum side	side;
	__u16		first;
	__u16		last;
};

/* A protocol number, or an ICMP type of either family. */
struct number_rule {
	clause_set	clause;
	__u32		number;
	__u32		spare;
};

struct settings {
	__u32			cpus;
	__u32			line_bits;		/* 2^line_bits lines for each CPU and generation, half as many buckets */
	__u32			families;		/* bit n: enum family n is asked for */
	__u32			directions;		/* bit n: enum direction n is asked for */
	hash_seed		seeds[HASH_SEEDS];
	clause_set		clauses;		/* all must hold */
	clause_set		negated;		/* of these, the contrary */
	__u32			prefix_count;
	__u32			range_count;
	__u32			protocol_count;
	__u32			icmp_type_count;
	struct prefix_rule	prefixes[MOST_PREFIXES];
	struct range_rule	ranges[MOST_RANGES];
	struct number_rule	protocols[MOST_PROTOCOLS];
	struct number_rule	icmp_types[MOST_ICMP_TYPES];
	icmp_type_set		copied_types[4];	/* bit n: packets of ICMPv6 type n are copied */
	__u32			copies_icmpv6;		/* any of them */
	__u32			chains;			/* packets with extension headers are counted by chain, and copied */
	__u32			copy_gain;		/* what a budget gets back each jiffy, and what it holds at most: ONE_COPY is one packet */
	__u32			copy_burst;
};

/* Not static: the section's name is the map's name. */
const volatile struct settings settings SEC(".rodata.settings") = {.cpus = 1, .families = 3, .directions = 3};

#endif
