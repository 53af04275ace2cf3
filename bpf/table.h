/* SPDX-License-Identifier: GPL-2.0 */
/* Where a flow is kept: a line, first come; when its bucket of the index or the lines are full the memo line; from there the spill shared by all CPUs; when that is full only the overflow's totals. */
#ifndef TABLE_H
#define TABLE_H

#include "packet.h"

#define EEXIST 17
#define E2BIG 7
#define SPREAD 0x9e3779b1u	/* 2^32 divided by the golden ratio: neighbouring digests far apart */

/* Thorup's pair-multiply-shift: universal with random seeds, so nobody can aim at a set. */
inlined __u32 hash_key(const __u64 *key)
{
	const volatile hash_seed *seeds = settings.seeds;
	__u64 sum = 0;

	/* One register for the seeds' address, which the compiler would load anew for each. */
	asm volatile("" : "+r"(seeds));
	_Pragma("unroll")
	for (__u32 i = 0; i < KEY_WORDS; i++)
		sum += (seeds[2 * i] + (key[i] >> 32)) * (seeds[2 * i + 1] + (__u32)key[i]);
	return sum >> 32;
}

inlined bool is_same(const struct flow_key *kept, const __u64 *key)
{
	const __u64 *words = (const __u64 *)kept;

	return words[LAST_WORD] == key[LAST_WORD] && words[1] == key[1] && words[3] == key[3] && words[0] == key[0] &&
	       words[2] == key[2];
}

inlined __u32 *marks(struct flow_count *count)
{
	return (__u32 *)&count->tcp_flags;
}

inlined void begin_line(struct flow_line *line, const struct packet *packet, __u32 now)
{
	__u64 *words = (__u64 *)&line->key;

	_Pragma("unroll")
	for (__u32 i = 0; i < KEY_WORDS; i++)
		words[i] = packet->key[i];
	line->count.bytes = packet->bytes;
	line->count.packets = packet->packets;
	*marks(&line->count) = packet->marks;
	line->count.first = now;
	line->count.last = now;
}

inlined void extend_line(struct flow_line *line, const struct packet *packet, __u32 now)
{
	line->count.bytes += packet->bytes;
	line->count.packets += packet->packets;
	*marks(&line->count) |= packet->marks;
	line->count.last = now;
}

inlined void add_spilled(struct flow_count *kept, struct flow_count *memo)
{
	__sync_fetch_and_add(&kept->bytes, memo->bytes);
	__sync_fetch_and_add(&kept->packets, memo->packets);
	__sync_fetch_and_or(marks(kept), *marks(memo));
	kept->last = memo->last;
}

inlined long spill_line(struct cpu_state *state, struct flow_line *memo, __u32 parity)
{
	void *spill = bpf_map_lookup_elem(&spills, &parity);
	struct flow_count *kept;
	long error;

	if (!spill)
		return -1;
	state->spilled++;
	kept = bpf_map_lookup_elem(spill, &memo->key);
	if (!kept && !state->spill_is_full) {
		error = bpf_map_update_elem(spill, &memo->key, &memo->count, BPF_NOEXIST);
		if (!error)
			return 0;
		if (error == -E2BIG)
			state->spill_is_full = 1;
		kept = bpf_map_lookup_elem(spill, &memo->key);
	}
	if (!kept)
		return -1;
	add_spilled(kept, &memo->count);
	return 0;
}

static __noinline int empty_memo(struct cpu_state *state, __u32 parity)
{
	struct flow_line *memo = &state->memo;
	struct tally *overflow = &state->totals.directions[memo->key.path >> PATH_DIRECTION_BIT & 1].overflow;

	if (memo->key.path && spill_line(state, memo, parity)) {
		overflow->packets += memo->count.packets;
		overflow->bytes += memo->count.bytes;
	}
	return 0;
}

inlined struct flow_line *find_line(__u32 slot, __u32 number)
{
	__u32 index = slot << settings.line_bits | number;

	return bpf_map_lookup_elem(&flow_lines, &index);
}

/* Only tells most flows apart; the keys decide. */
inlined __u32 digest(const __u64 *key)
{
	__u64 words = key[1] ^ key[3] ^ key[LAST_WORD];

	return words ^ words >> 32;
}

inlined struct recent_line *recent_line(struct cpu_state *state, __u32 digest)
{
	return &state->recent[digest * SPREAD >> (32 - RECENT_BITS)];
}

inlined void remember(struct cpu_state *state, __u32 number, const struct packet *packet)
{
	__u32 sum = digest(packet->key);

	*recent_line(state, sum) = (struct recent_line){.digest = sum, .number = number};
}

/* The flow's line, or a free one to which the index points from now on; NULL when there is none. */
inlined struct flow_line *claim_line(struct cpu_state *state, __u32 slot, const struct packet *packet)
{
	__u32 hash = hash_key(packet->key), tag = hash << LINE_BITS;
	__u32 bits = settings.line_bits - 1;
	__u32 index = slot << bits | (__u64)hash >> (32 - bits);
	struct index_bucket *bucket = bpf_map_lookup_elem(&flow_index, &index);

	if (!bucket)
		return NULL;
	for (int way = 0; way < WAYS; way++) {
		__u32 entry = bucket->entries[way];
		struct flow_line *line;

		if (!entry) {
			if (state->used >> settings.line_bits)
				return NULL;
			line = find_line(slot, state->used);
			if (!line)
				return NULL;
			remember(state, state->used, packet);
			bucket->entries[way] = tag | ++state->used;
			line->count.packets = 0;
			return line;
		}
		if ((entry ^ tag) & ~LINE_MASK)
			continue;
		line = find_line(slot, (entry & LINE_MASK) - 1);
		if (line && is_same(&line->key, packet->key)) {
			remember(state, (entry & LINE_MASK) - 1, packet);
			return line;
		}
	}
	return NULL;
}

/* Most packets are of a flow that this CPU had a moment ago, and need neither hash nor index. Nothing clears the numbers: every line below used is of this generation. */
inlined struct flow_line *find_recent(struct cpu_state *state, __u32 slot, const struct packet *packet)
{
	__u32 sum = digest(packet->key);
	const struct recent_line *recent = recent_line(state, sum);
	struct flow_line *line;

	if (recent->digest != sum || recent->number >= state->used)
		return NULL;
	line = find_line(slot, recent->number);
	return line && is_same(&line->key, packet->key) ? line : NULL;
}

inlined void file_packet(struct cpu_state *state, __u32 slot, const struct packet *packet)
{
	struct flow_line *line = find_recent(state, slot, packet) ?: claim_line(state, slot, packet);
	__u32 now = bpf_jiffies64();

	if (!line) {
		line = &state->memo;
		if (!is_same(&line->key, packet->key)) {
			empty_memo(state, slot >= settings.cpus);
			line->count.packets = 0;
		}
	}
	if (line->count.packets)
		extend_line(line, packet, now);
	else
		begin_line(line, packet, now);
}

#endif
