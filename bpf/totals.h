/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TOTALS_H
#define TOTALS_H

#include "packet.h"

/* By (bytes - 1) / 64. */
static const __u8 size_table[144] = {
	[0] = SIZE_64,
	[1] = SIZE_128,
	[2 ... 3] = SIZE_256,
	[4 ... 7] = SIZE_512,
	[8 ... 15] = SIZE_1024,
	[16 ... 19] = SIZE_1280,
	[20 ... 23] = SIZE_1536,
	[24 ... 63] = SIZE_4096,
	[64 ... 143] = SIZE_9216,
};

/* A mask, where a comparison would do: compilers may compare one copy of an index and use another, which the verifier refuses. */
#define WORD_MASK 15
#define DEPTH_MASK 31

inlined void add(struct tally *tally, const struct packet *packet)
{
	tally->packets += packet->packets;
	tally->bytes += packet->bytes;
}

inlined void add_undecodable(struct direction_totals *totals, const struct packet *packet, __u32 verdict)
{
	add(&totals->undecodable[verdict & WORD_MASK], packet);
}

inlined void add_size(struct direction_totals *totals, __u64 bytes, __u64 packets)
{
	__u64 row = (bytes - 1) >> 6;

	/* Keeps the comparison on row itself: the verifier of 6.1 does not carry a bound on bytes over to it. */
	asm("" : "+r"(row));
	if (row < sizeof(size_table))
		totals->sizes[size_table[row] & 15] += packets;
	else
		totals->sizes[SIZE_LARGER] += packets;
}

/* All segments but the last are full. */
inlined void add_sizes(struct direction_totals *totals, const struct packet *packet)
{
	__u64 others = packet->packets - 1, full = others * packet->segment;

	if (!packet->segment || full >= packet->bytes)
		return add_size(totals, packet->bytes / packet->packets, packet->packets);
	add_size(totals, packet->segment, others);
	add_size(totals, packet->bytes - full, 1);
}

inlined void add_chain(struct direction_totals *totals, const struct packet *packet)
{
	__u32 headers = packet->marks >> 8, fragments = packet->marks >> 16;

	/* Masked where they are used: the verifier of 6.1 does not carry a bound of marks over to its parts. */
	asm("" : "+r"(headers), "+r"(fragments));
	totals->header_sets[headers & 0xff] += packet->packets;
	totals->fragment_sets[fragments & 0xf] += packet->packets;
	totals->chain_depths[packet->depth & DEPTH_MASK] += packet->packets;
}

inlined void add_decoded(struct direction_totals *totals, const struct packet *packet)
{
	add(&totals->protocols[packet->family & 1][packet->class & WORD_MASK], packet);
	if (packet->segment)
		add_sizes(totals, packet);
	else
		add_size(totals, packet->bytes, packet->packets);
	if (packet->marks >> 8)
		add_chain(totals, packet);
	if (packet->traits & HAS_TYPE) {
		packet_count *types = packet->family == FAMILY_IPV6 ? totals->icmpv6_types : totals->icmp_types;

		types[packet->ports & 0xff] += packet->packets;
	}
}

#endif
