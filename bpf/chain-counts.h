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

inlined enum chain_end chain_end(__u32 verdict)
{
	if (verdict == DECODED)
		return CHAIN_DECODED;
	return verdict == UNDECODABLE_CHAIN_TOO_LONG ? CHAIN_TOO_LONG : CHAIN_TRUNCATED;
}

/* Walks once more: keeping the numbers in the first walk would cost those who do not ask for them. */
inlined void list_headers(const struct frame *frame, const struct subject *subject, struct chain_key *key)
{
	__u32 offset = subject->chain, protocol;
	__u8 first;

	if (load_bytes(frame, subject->names_first, &first, sizeof(first)))
		return;
	protocol = first;
	for (__u32 depth = 0; depth < LONGEST_CHAIN; depth++) {
		const volatile struct protocol_entry *entry = &protocol_table[protocol];
		__u16 words;

		if (depth >= subject->depth || offset > FARTHEST_OFFSET)
			break;
		key->headers[depth] = protocol;
		if (load_bytes(frame, offset, &words, sizeof(words)))
			break;
		protocol = words & 0xff;
		offset += 8 + ((words >> 8 & entry->length_mask) << (entry->length_shift & 3));
	}
}

inlined void count_chain(const struct frame *frame, struct direction_totals *totals, struct subject *subject)
{
	struct chain_key *key = &subject->key;
	struct tally *count;

	__builtin_memset(key, 0, sizeof(*key));
	key->direction = subject->direction;
	key->family = subject->family;
	key->end = chain_end(subject->verdict);
	key->depth = subject->depth;
	key->protocol = subject->protocol;
	list_headers(frame, subject, key);
	count = bpf_map_lookup_elem(&chains, key);
	if (!count) {
		subject->one.packets = subject->packets;
		subject->one.bytes = subject->bytes;
		/* Another CPU may add the key meanwhile: that sets only its own count. */
		if (!bpf_map_update_elem(&chains, key, &subject->one, BPF_ANY))
			return;
		count = &totals->chains_overflow;
	}
	count->packets += subject->packets;
	count->bytes += subject->bytes;
}

#endif
