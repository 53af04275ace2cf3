/* SPDX-License-Identifier: GPL-2.0 */
/* The chain of IPv6 extension headers, driven by a table: a switch for each header would explode the verifier's states. */
#ifndef CHAIN_H
#define CHAIN_H

#include "frame.h"

enum protocol_trait : __u8 {
	IS_EXTENSION = 1,
	IS_FRAGMENT = 2,
	HAS_PORTS = 4,
	HAS_TYPE = 8,
	IS_TCP = 16,
	IS_PLAIN = 32,		/* has its place in plain.h */
};

/* An extension header is 8 + ((length byte & length_mask) << length_shift) bytes long: RFC 8200 §4, for AH RFC 4302 §2.2. */
struct protocol_entry {
	__u8 traits;
	__u8 index;		/* enum extension_header, or enum protocol_class */
	__u8 length_mask;
	__u8 length_shift;
} __attribute__((aligned(4)));	/* read as one word */

#define OPTIONS(kind) {IS_EXTENSION, kind, 0xff, 3}

static const struct protocol_entry protocol_table[256] = {
	[0] = OPTIONS(EXTENSION_HOP_BY_HOP),
	[43] = OPTIONS(EXTENSION_ROUTING),
	[44] = {IS_EXTENSION | IS_FRAGMENT, EXTENSION_FRAGMENT, 0, 0},
	[51] = {IS_EXTENSION, EXTENSION_AUTHENTICATION, 0xff, 2},
	[60] = OPTIONS(EXTENSION_DESTINATION_OPTIONS),
	[135] = OPTIONS(EXTENSION_MOBILITY),
	[139] = OPTIONS(EXTENSION_HIP),
	[140] = OPTIONS(EXTENSION_SHIM6),
	[1] = {HAS_TYPE, PROTOCOL_ICMP},
	[4] = {0, PROTOCOL_IPV4_INSIDE},
	[6] = {HAS_PORTS | IS_TCP | IS_PLAIN, PROTOCOL_TCP},
	[17] = {HAS_PORTS | IS_PLAIN, PROTOCOL_UDP},
	[33] = {HAS_PORTS, PROTOCOL_OTHER},
	[41] = {0, PROTOCOL_IPV6_INSIDE},
	[47] = {0, PROTOCOL_GRE},
	[50] = {0, PROTOCOL_ESP},
	[58] = {HAS_TYPE | IS_PLAIN, PROTOCOL_ICMPV6},
	[59] = {0, PROTOCOL_NO_NEXT_HEADER},
	[132] = {HAS_PORTS, PROTOCOL_SCTP},
	[136] = {HAS_PORTS, PROTOCOL_OTHER},
};

/* Traits in the low byte, index in the next: one load. */
inlined __u32 protocol_entry(__u32 protocol)
{
	return *(const volatile __u32 *)&protocol_table[protocol & 0xff];
}

/* Where a walk begins, and what it leaves behind: in map memory, of whose values the verifier knows nothing. */
struct walk {
	__u32 end;
	__u32 offset;
	__u32 protocol;
	__u32 depth;
	__u32 headers;
	__u32 fragments;
	__u32 verdict;
};

#define DECODED 0x100		/* beside the values of enum undecodable_reason */
#define OTHER_FAMILY 0x101

#define FRAGMENT_IS_NOT_FIRST 0xfff8

/* Branches here would double the verifier's work at each header: the four cases are the four digits. */
inlined __u32 fragment_bit(__u32 offset, __u32 more)
{
	__u32 digit = (offset + 0xffff) >> 16 << 1 | more;

	return 1 << ((FRAGMENT_LATER << 12 | FRAGMENT_LAST << 8 | FRAGMENT_FIRST << 4 | FRAGMENT_ATOMIC) >> digit * 4 & 3);
}

inlined long read_extension(const struct frame *frame, __u32 offset, __u64 *words)
{
	const void *header = bytes_at(frame, offset);

	if (!header)
		return -1;
	if (header + sizeof(*words) <= frame->data_end) {
		*words = *(__u64 *)header;
		return 0;
	}
	return load_bytes(frame, offset, words, sizeof(*words));
}

/* Walks from walk->offset and walk->protocol to the first header that is no extension, or to a fragment that is not the first. */
inlined void walk_chain(const struct frame *frame, volatile struct walk *walk)
{
	__u32 offset = walk->offset, protocol = walk->protocol & 0xff, end = walk->end;
	__u32 depth, verdict = UNDECODABLE_CHAIN_TOO_LONG;
	__u64 words;

	for (depth = 0; depth <= LONGEST_CHAIN; depth++) {
		const volatile struct protocol_entry *entry = &protocol_table[protocol];
		__u32 traits = entry->traits;

		if (!(traits & IS_EXTENSION)) {
			verdict = DECODED;
			break;
		}
		if (depth == LONGEST_CHAIN || offset > FARTHEST_OFFSET)
			break;
		verdict = UNDECODABLE_TRUNCATED_CHAIN;
		if (offset + sizeof(words) > end)
			break;
		verdict = UNDECODABLE_NOT_READABLE;
		if (read_extension(frame, offset, &words))
			break;
		verdict = UNDECODABLE_CHAIN_TOO_LONG;
		walk->headers |= 1 << (entry->index & 7);
		protocol = words & 0xff;
		offset += 8 + ((words >> 8 & entry->length_mask) << (entry->length_shift & 3));
		if (traits & IS_FRAGMENT) {
			__u32 position = bpf_ntohs(words >> 16 & 0xffff);

			walk->fragments |= fragment_bit(position & FRAGMENT_IS_NOT_FIRST, position & 1);
			if (position & FRAGMENT_IS_NOT_FIRST) {
				depth++;
				verdict = DECODED;
				break;
			}
		}
	}
	if (verdict == DECODED && offset > end)
		verdict = UNDECODABLE_TRUNCATED_CHAIN;
	walk->offset = offset;
	walk->protocol = protocol;
	walk->depth = depth;
	walk->verdict = verdict;
}

#endif
