/* SPDX-License-Identifier: GPL-2.0 */
/* What a GSO packet becomes on the wire, and the whole of decoding. */
#ifndef WIRE_H
#define WIRE_H

#include "packet.h"

inlined __u32 transport_header_length(const struct frame *frame, const struct packet *packet)
{
	__u8 words;

	if (packet->traits & IS_TCP)
		return load_bytes(frame, packet->offset + 12, &words, sizeof(words)) ? 20 : words >> 4 << 2;
	return packet->protocol == 132 ? 12 : 8;
}

/* Each segment repeats the headers. Without gso_segs (a guest's or a tap's packet) the size says how many there will be. */
inlined void count_segments(const struct frame *frame, struct packet *packet)
{
	__u32 header = packet->offset - packet->network - packet->artifact + transport_header_length(frame, packet);
	__u32 bytes = packet->available - packet->artifact;
	__u32 segments = gso_segments(frame);

	if (!segments)
		segments = bytes <= header ? 1 : (bytes - header + gso_size(frame) - 1) / gso_size(frame);
	packet->segment = header + gso_size(frame);
	packet->packets = segments;
	packet->bytes = bytes + (__u64)(segments - 1) * header;
}

/* A family that nobody asked for costs as little as can be: only its length is read. */
inlined void measure_other(const struct frame *frame, struct packet *packet, bool is_ipv4)
{
	__u32 total;

	if (gso_size(frame) || !is_linear(frame, packet->network, 6))
		return;
	if (is_ipv4)
		total = bpf_ntohs(*(__be16 *)(frame->data + packet->network + 2));
	else
		total = bpf_ntohs(*(__be16 *)(frame->data + packet->network + 4)) + IPV6_HEADER;
	if (total && total < packet->available)
		packet->bytes = total;
}

/* Mobility, HIP and Shim6 control messages are the upper layer themselves; what they name as next is 59 (RFC 6275 §6.1.1, RFC 7401 §5.1, RFC 5533 §5.1). */
inlined __u32 class_of_last(__u32 headers)
{
	if (headers & 1 << EXTENSION_MOBILITY)
		return PROTOCOL_MOBILITY;
	if (headers & 1 << EXTENSION_HIP)
		return PROTOCOL_HIP;
	return headers & 1 << EXTENSION_SHIM6 ? PROTOCOL_SHIM6 : PROTOCOL_NO_NEXT_HEADER;
}

inlined __u32 decode_network(const struct frame *frame, struct cpu_state *state, struct packet *packet)
{
	__u32 verdict, traits;

	verdict = packet->family == FAMILY_IPV6 ? decode_ipv6(frame, state, packet) : decode_ipv4(frame, state, packet);
	if (verdict != DECODED)
		return verdict;
	traits = protocol_entry(packet->protocol);
	if (traits & IS_EXTENSION && (packet->family == FAMILY_IPV6 || packet->protocol == AUTHENTICATION)) {
		forget_memory();
		verdict = decode_chain(frame, state, packet);
		if (verdict != DECODED)
			return verdict;
		traits = protocol_entry(packet->protocol);
	}
	packet->class = traits & IS_EXTENSION ? PROTOCOL_OTHER : traits >> 8 & 0xff;
	if (packet->class == PROTOCOL_NO_NEXT_HEADER)
		packet->class = class_of_last(packet->marks >> 8);
	if (packet->marks >> 16 & NOT_FIRST)
		traits = 0;
	packet->traits = traits;
	if (traits & (HAS_PORTS | HAS_TYPE)) {
		verdict = decode_transport(frame, packet);
		if (verdict != DECODED)
			return verdict;
	}
	if (gso_size(frame))
		count_segments(frame, packet);
	return DECODED;
}

inlined __u32 decode(struct frame *frame, struct cpu_state *state, struct packet *packet)
{
	__u16 ethertype;
	__u32 verdict;
	__u64 path;
	int network;

	packet->direction = frame->direction;
	packet->packets = 1;
	if (gso_size(frame))
		packet->packets = gso_segments(frame) ?: 1;
	packet->packets = forget(frame, packet->packets);
	begin_frame(frame);
	network = frame->has_link_header ? read_link_header(frame, &ethertype) : read_bare_packet(frame, &ethertype);
	if (network < 0)
		return UNDECODABLE_TRUNCATED_LINK_HEADER;
	begin_frame(frame);
	packet->network = forget(frame, network) & FARTHEST_NETWORK;
	if (packet->network > LARGEST_LINK_HEADER)
		return UNDECODABLE_TRUNCATED_LINK_HEADER;
	packet->available = frame->length - packet->network;
	packet->bytes = packet->available;
	if (ethertype != ETHERTYPE_IPV6 && ethertype != ETHERTYPE_IPV4)
		return OTHER_FAMILY;
	packet->family = ethertype == ETHERTYPE_IPV6 ? FAMILY_IPV6 : FAMILY_IPV4;
	if (!(settings.families & 1 << packet->family) && !gso_size(frame)) {
		measure_other(frame, packet, packet->family == FAMILY_IPV4);
		return OTHER_FAMILY;
	}
	verdict = decode_network(frame, state, packet);
	if (!(settings.families & 1 << packet->family))
		return OTHER_FAMILY;
	if (verdict == DECODED && frame->interface >= LARGEST_INTERFACE)
		return UNDECODABLE_INTERFACE_INDEX_TOO_LARGE;
	path = packet->protocol | packet->direction << PATH_DIRECTION_BIT | packet->family << PATH_FAMILY_BIT |
	       frame->interface << PATH_INTERFACE_BIT;
	packet->key[LAST_WORD] = packet->ports | path << 32;
	return verdict;
}

#endif
