/* SPDX-License-Identifier: GPL-2.0 */
/* The short way, which most packets take: an IPv6 packet in the linear area with TCP, UDP or ICMPv6, of a flow that this CPU had lately. It
 * counts what the long way would count, and leaves everything else to it. */
#ifndef PLAIN_H
#define PLAIN_H

#include "table.h"
#include "tell.h"
#include "totals.h"

/* What is in reach behind the last IP header: ports, or type and code, and TCP's flags. */
#define PLAIN_TRANSPORT 14
#define TCP_LENGTH_AT 12
#define TCP_FLAGS_AT 13

inlined bool is_ipv6(const struct frame *frame)
{
	if (frame->has_link_header)
		return *(__be16 *)(frame->data + ETHERNET_HEADER - sizeof(__be16)) == bpf_htons(ETHERTYPE_IPV6);
	return frame->hook == HOOK_XDP || frame->protocol == ETHERTYPE_IPV6;
}

/* As count_segments() would. BIG TCP states no length, and a guest's packet no number of segments: both go the long way. A sender of bulk data
 * flushes the caches with each packet, so what costs tens of ns in a test costs hundreds there. */
inlined bool count_plain_segments(const struct frame *frame, struct packet *packet, const void *transport)
{
	__u32 segments = gso_segments(frame), header = packet->offset - packet->end + packet->bytes;

	if (!segments || packet->end != frame->length)
		return false;
	header += packet->traits & IS_TCP ? *(__u8 *)(transport + TCP_LENGTH_AT) >> 4 << 2 : 8;
	packet->segment = header + frame->size_of_segments;
	packet->packets = segments;
	packet->bytes += (__u64)(segments - 1) * header;
	return true;
}

/* False where the rest is for the long way. */
inlined bool decode_plain(struct frame *frame, struct cpu_state *state, struct packet *packet)
{
	const __u32 network = frame->has_link_header ? ETHERNET_HEADER : 0;
	const struct ipv6_header *header;
	const void *transport;

	begin_frame(frame);
	if (!is_linear(frame, network, IPV6_HEADER + PLAIN_TRANSPORT) || !is_ipv6(frame))
		return false;
	header = frame->data + network;
	packet->bytes = IPV6_HEADER + bpf_ntohs(header->payload_length);
	packet->end = network + packet->bytes;
	packet->protocol = header->next_header;
	packet->traits = protocol_entry(packet->protocol);
	packet->offset = network + IPV6_HEADER;
	if (header->version >> 4 != 6 || packet->end > frame->length || frame->interface >= LARGEST_INTERFACE)
		return false;
	if (packet->traits & IS_EXTENSION) {
		if (settings.chains || decode_chain(frame, state, packet) != DECODED || packet->marks >> 16 & NOT_FIRST)
			return false;
		packet->traits = protocol_entry(packet->protocol);
	}
	if (!(packet->traits & IS_PLAIN) || packet->offset + PLAIN_TRANSPORT > packet->end)
		return false;
	transport = bytes_at(frame, packet->offset);
	/* One register, or the verifier checks one sum and sees another used. */
	asm volatile("" : "+r"(transport));
	if (!transport || transport + PLAIN_TRANSPORT > frame->data_end)
		return false;
	packet->ports = packet->traits & HAS_PORTS ? *(__u32 *)transport : *(__u16 *)transport;
	if (packet->traits & IS_TCP)
		packet->marks |= *(__u8 *)(transport + TCP_FLAGS_AT);
	if (frame->size_of_segments && !count_plain_segments(frame, packet, transport))
		return false;
	packet->key[0] = header->source.words[0];
	packet->key[1] = header->source.words[1];
	packet->key[2] = header->destination.words[0];
	packet->key[3] = header->destination.words[1];
	return true;
}

inlined bool count_plain(struct frame *frame, struct cpu_state *state, __u32 slot)
{
	struct direction_totals *totals = &state->totals.directions[frame->direction];
	struct packet packet = {.packets = 1, .family = FAMILY_IPV6, .direction = frame->direction};
	struct flow_line *line;
	__u64 path;

	if (settings.clauses || !(settings.families & 1 << FAMILY_IPV6) || !(settings.directions & 1 << frame->direction))
		return false;
	if (!decode_plain(frame, state, &packet))
		return false;
	path = packet.protocol | frame->direction << PATH_DIRECTION_BIT | FAMILY_IPV6 << PATH_FAMILY_BIT | frame->interface << PATH_INTERFACE_BIT;
	packet.key[LAST_WORD] = packet.ports | path << 32;
	packet.class = packet.traits >> 8 & 0xff;
	line = find_recent(state, slot, &packet);
	if (!line)
		return false;
	add(&totals->seen, &packet);
	add_decoded(totals, &packet);
	extend_line(line, &packet, bpf_jiffies64());
	if (is_told_as_icmpv6(&packet))
		copy_icmpv6(frame, totals, &packet);
	return true;
}

#endif
