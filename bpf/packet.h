/* SPDX-License-Identifier: GPL-2.0 */
/* From a frame to a flow's key and to what is counted for it. */
#ifndef PACKET_H
#define PACKET_H

#include "state.h"

#define IPV6_HEADER 40
#define FARTHEST_NETWORK 31	/* behind an Ethernet header and two tags; the verifier of 6.1 must see it */
#define IPV4_HEADER 20
#define LARGEST_INTERFACE (1 << 22)
#define JUMBO_OPTION 0xc2
#define NOT_FIRST (1 << FRAGMENT_LATER | 1 << FRAGMENT_LAST)
#define AUTHENTICATION 51

/* Cuts the link's padding off. A GSO packet's length field may be 0 or too small for what it carries (BIG TCP). */
inlined void set_length(const struct frame *frame, struct packet *packet, __u32 total)
{
	/* What XDP shows may be only the first part of a frame; asking for the rest is a call. */
	if (frame->hook == HOOK_XDP && total > packet->available)
		packet->available = bpf_xdp_get_buff_len(frame->context) - packet->network;
	if (gso_size(frame) || total > packet->available)
		total = packet->available;
	total = forget(frame, total);
	packet->bytes = total;
	packet->end = packet->network + total;
}

/* Linux 5.19 puts a hop-by-hop header with only a jumbo option into its own GSO packets. It never reaches a wire. */
inlined void skip_big_tcp(const struct frame *frame, struct packet *packet)
{
	__u64 words;

	if (!gso_size(frame) || packet->protocol != 0 || read_extension(frame, packet->offset, &words))
		return;
	if ((words >> 8 & 0xff) != 0 || (words >> 16 & 0xff) != JUMBO_OPTION)
		return;
	packet->protocol = words & 0xff;
	packet->offset += sizeof(words);
	packet->artifact = sizeof(words);
}

inlined __u32 decode_ipv6(const struct frame *frame, struct cpu_state *state, struct packet *packet)
{
	const struct ipv6_header *header = &state->header;
	__u32 payload;

	if (is_linear(frame, packet->network, IPV6_HEADER))
		header = frame->data + packet->network;
	else if (packet->available < IPV6_HEADER)
		return UNDECODABLE_TRUNCATED_IP_HEADER;
	else if (load_bytes(frame, packet->network, &state->header, IPV6_HEADER))
		return UNDECODABLE_NOT_READABLE;
	if (header->version >> 4 != 6)
		return UNDECODABLE_BAD_VERSION;

	payload = bpf_ntohs(header->payload_length);
	packet->key[0] = header->source.words[0];
	packet->key[1] = header->source.words[1];
	packet->key[2] = header->destination.words[0];
	packet->key[3] = header->destination.words[1];
	packet->protocol = header->next_header;
	packet->offset = packet->network + IPV6_HEADER;
	set_length(frame, packet, IPV6_HEADER + payload);
	if (!payload)
		skip_big_tcp(frame, packet);
	return DECODED;
}

inlined __u64 mapped_address(__be32 address)
{
	return (__u64)address << 32 | 0xffff0000;
}

inlined __u32 decode_ipv4(const struct frame *frame, struct cpu_state *state, struct packet *packet)
{
	const struct ipv4_header *header = (void *)&state->header;
	__u32 length, total, fragment;

	if (is_linear(frame, packet->network, IPV4_HEADER))
		header = frame->data + packet->network;
	else if (packet->available < IPV4_HEADER)
		return UNDECODABLE_TRUNCATED_IP_HEADER;
	else if (load_bytes(frame, packet->network, &state->header, IPV4_HEADER))
		return UNDECODABLE_NOT_READABLE;
	if (header->version_and_words >> 4 != 4)
		return UNDECODABLE_BAD_VERSION;

	length = (header->version_and_words & 0xf) * 4;
	total = bpf_ntohs(header->total_length);
	if (length < IPV4_HEADER || (total < length && !gso_size(frame)))
		return UNDECODABLE_BAD_HEADER_LENGTH;
	if (length > packet->available)
		return UNDECODABLE_TRUNCATED_IP_HEADER;
	packet->key[0] = 0;
	packet->key[1] = mapped_address(header->source);
	packet->key[2] = 0;
	packet->key[3] = mapped_address(header->destination);
	packet->protocol = header->protocol;
	packet->offset = packet->network + length;
	set_length(frame, packet, total);
	fragment = bpf_ntohs(header->fragment);
	if (fragment & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET))
		packet->marks = fragment_bit(fragment & IPV4_FRAGMENT_OFFSET, fragment / IPV4_MORE_FRAGMENTS & 1) << 16;
	return DECODED;
}

inlined __u32 decode_chain(const struct frame *frame, struct cpu_state *state, struct packet *packet)
{
	volatile struct walk *walk = &state->walk;

	walk->end = packet->end;
	walk->offset = packet->offset;
	walk->protocol = packet->protocol;
	walk->headers = 0;
	walk->fragments = packet->marks >> 16;
	walk_chain(frame, walk);
	packet->offset = walk->offset;
	packet->protocol = walk->protocol & 0xff;
	packet->depth = walk->depth;
	packet->marks = walk->headers << 8 | walk->fragments << 16;
	return walk->verdict;
}

/* Ports, or ICMP's type and code; TCP's flags where they are in the packet. */
inlined __u32 decode_transport(const struct frame *frame, struct packet *packet)
{
	__u32 ports, offset = packet->offset;
	__u8 flags = 0;
	const void *transport = bytes_at(frame, offset);

	if (!transport)
		return UNDECODABLE_CHAIN_TOO_LONG;
	if (offset + sizeof(ports) > packet->end)
		return UNDECODABLE_TRUNCATED_TRANSPORT_HEADER;
	if (transport + sizeof(ports) <= frame->data_end)
		ports = *(__u32 *)transport;
	else if (load_bytes(frame, offset, &ports, sizeof(ports)))
		return UNDECODABLE_NOT_READABLE;
	if (packet->traits & IS_TCP && offset + 14 <= packet->end) {
		if (transport + 14 <= frame->data_end)
			flags = *(__u8 *)(transport + 13);
		else if (load_bytes(frame, offset + 13, &flags, sizeof(flags)))
			return UNDECODABLE_NOT_READABLE;
	}
	packet->marks |= flags;
	packet->ports = packet->traits & HAS_PORTS ? ports : ports & 0xffff;
	return DECODED;
}

#endif
