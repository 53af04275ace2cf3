/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs keep, all of it per generation: the agent reads and clears the idle generation in place while the other one counts. */
#ifndef STATE_H
#define STATE_H

#include "chain.h"
#include "settings.h"

#define WAYS 4

/* One per generation and CPU. The totals only grow; the agent clears the memo line and the two words about the spill. */
struct cpu_state {
	struct flow_line	memo;		/* the last flow that found its set full: a burst of it costs one spill */
	clause_set		matched;
	struct ipv6_header	header;
	struct walk		walk;
	__u32			spill_is_full;
	__u32			spilled;	/* memo lines that went to the spill */
	__u32			nothing;		/* for forget() */
	__u8			spare[24];	/* to whole cache lines: no two CPUs share one */
	struct totals		totals;
} __attribute__((aligned(64)));

struct flow_set {
	struct flow_line lines[WAYS];
};

/* Not static: the section's name is the map's name. */
const volatile struct settings settings SEC(".rodata.settings") = {.cpus = 1, .families = 3, .directions = 3};

volatile __u32 generation SEC(".data.generation") = 1;

struct tick {
	tick_count	jiffies;
	monotonic_ns	monotonic;
};

/* Written when the agent runs tell_time. */
volatile struct tick tick SEC(".data.tick") = {.jiffies = 1};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct cpu_state);
} cpu_states SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct flow_set);
} flow_table SEC(".maps");

struct spill {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct flow_key);
	__type(value, struct flow_count);
};

struct spill even_spill SEC(".maps");
struct spill odd_spill SEC(".maps");

/* Updating a slot waits until no program runs that began before (kernel commit 1ae80cf31938): the agent's way to wait. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct spill);
} spills SEC(".maps") = {.values = {&even_spill, &odd_spill}};

/* Keeps in BTF what is named nowhere else, for tools/generate-codecs.ts. */
struct vocabulary {
	enum direction		direction;
	enum family		family;
	enum path_bit		path_bit;
	enum extension_header	extension_header;
	enum fragment_position	fragment_position;
	enum protocol_class	protocol_class;
	enum size_class		size_class;
	enum undecodable_reason	undecodable_reason;
} *vocabulary SEC(".vocabulary");

#endif
