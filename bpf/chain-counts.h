/* SPDX-License-Identifier: GPL-2.0 */
/* Every packet that has extension headers, counted by the list of them. */
#ifndef CHAIN_COUNTS_H
#define CHAIN_COUNTS_H

#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct chain_key);
	__type(value, struct tally);
} chains SEC(".maps");

/* Whose ports nobody knows cannot pass a filter. */
inlined bool is_broken_chain(const struct frame *frame, __u32 verdict)
{
	return settings.chains && !settings.clauses && settings.directions & 1 << frame->direction &&
	       (verdict == UNDECODABLE_TRUNCATED_CHAIN || verdict == UNDECODABLE_CHAIN_TOO_LONG);
}

inlined enum chain_end chain_end(__u32 verdict)
{
	if (verdict == DECODED)
		return CHAIN_DECODED;
	return verdict == UNDECODABLE_TRUNCATED_CHAIN ? CHAIN_TRUNCATED : CHAIN_TOO_LONG;
}

inlined void count_chain(const struct cpu_state *state, struct direction_totals *totals, const struct packet *packet,
			 __u32 verdict)
{
	struct tally one = {.packets = packet->packets, .bytes = packet->bytes};
	struct chain_key key = {
		.direction = packet->direction,
		.family = packet->family,
		.end = chain_end(verdict),
		.depth = packet->depth,
		.protocol = packet->protocol,
	};
	struct tally *count;

	__builtin_memcpy(key.headers, state->walk.numbers, sizeof(key.headers));
	/* Another CPU may add the key meanwhile: that sets only its own count. */
	count = bpf_map_lookup_elem(&chains, &key);
	if (count)
		add(count, packet);
	else if (bpf_map_update_elem(&chains, &key, &one, BPF_ANY))
		add(&totals->chains_overflow, packet);
}

#endif
