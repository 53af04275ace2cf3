/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs keep, all of it per generation: the agent reads and clears the idle generation in place while the other one counts. */
#ifndef STATE_H
#define STATE_H

#include "chain.h"
#include "settings.h"

typedef __u64 key_word;

#define KEY_WORDS (sizeof(struct flow_key) / sizeof(__u64))
#define LAST_WORD (KEY_WORDS - 1)

/* In map memory, for functions that are not inlined and for forget_memory(). */
struct packet {
	key_word	key[KEY_WORDS];	/* struct flow_key, of which the last word is ports and path */
	byte_count	bytes;		/* L3 bytes on the wire */
	__u32		packets;	/* packets on the wire */
	__u32		network;	/* offset of the IP header */
	__u32		available;	/* bytes of the frame from there */
	__u32		end;		/* offset where the IP packet ends; what follows is the link's padding */
	__u32		offset;		/* offset of the transport header */
	__u32		protocol;
	__u32		class;		/* enum protocol_class */
	__u32		traits;		/* of the protocol, 0 where its header is not in this packet */
	__u32		ports;		/* as in struct flow_key: the source's in the low half, in network order */
	__u32		marks;		/* tcp_flags | headers << 8 | fragments << 16, as in struct flow_count */
	__u32		depth;
	__u32		segment;	/* bytes of a full segment of a GSO packet, otherwise 0 */
	__u32		artifact;	/* bytes that only this machine sees: BIG TCP's jumbo header */
	enum direction	direction;
	enum family	family;
	__u8		spare[2];
};

#define WAYS 8

/* A packet that is told, for a function that is not inlined: of map memory the verifier knows nothing. */
struct subject {
	byte_count	bytes;
	__u32		packets;
	__u32		verdict;
	__u32		depth;
	__u32		chain;		/* offset of the first header that follows the IP header */
	__u32		names_first;	/* offset of the byte that says which it is */
	__u8		protocol;
	header_mask	headers;
	enum direction	direction;
	enum family	family;
	__u8		spare[8];
	struct chain_key key;		/* these two are here because the stack is full */
	struct tally	one;
};

#define RECENT_BITS 6
#define RECENT_LINES (1 << RECENT_BITS)

/* A line used lately, in the place that its key's digest has; of this generation while its number is below used. */
struct recent_line {
	__u32	digest;
	__u32	number;
};

/* One per generation and CPU. The totals only grow; the agent clears the memo line, the words about the spill and the number of used lines. */
struct cpu_state {
	struct flow_line	memo;		/* the last flow that found its set full: a burst of it costs one spill */
	clause_set		matched;
	struct ipv6_header	header;
	struct walk		walk;
	__u32			spill_is_full;
	__u32			spilled;	/* memo lines that went to the spill */
	__u32			nothing;		/* for forget() */
	__u32			used;		/* lines of this CPU and generation: they fill up from the first */
	__u8			spare[76];	/* to whole cache lines: no two CPUs share one */
	struct recent_line	recent[RECENT_LINES];
	struct packet		packet;
	struct subject		subject;
	struct totals		totals;
} __attribute__((aligned(64)));

/* Where to look for a flow: number of the line + 1, and above it a tag of the flow's hash; 0 is free. Half as many buckets as lines: when all
 * lines are used, one bucket in 4,000 has been too small. */
struct index_bucket {
	__u32 entries[WAYS];
};

#define LINE_BITS 23
#define LINE_MASK ((1 << LINE_BITS) - 1)

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
	__type(value, struct index_bucket);
} flow_index SEC(".maps");

/* Filled from the first line on, so that a drain is a copy of what is used; nothing is cleared but the index. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct flow_line);
} flow_lines SEC(".maps");

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
	enum link_kind		link_kind;
	enum copy_kind		copy_kind;
	enum chain_end		chain_end;
	struct chain_count	chain_count;
	struct packet_copy	packet_copy;
} *vocabulary SEC(".vocabulary");

#endif
