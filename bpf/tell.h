/* SPDX-License-Identifier: GPL-2.0 */
/* What is told of single packets. Not inlined: the way of all other packets stays as short as it is without. */
#ifndef TELL_H
#define TELL_H

#include "wire.h"
#include "copies.h"
#include "chain-counts.h"

inlined bool is_told_as_icmpv6(const struct packet *packet)
{
	return settings.copies_icmpv6 && packet->class == PROTOCOL_ICMPV6 && packet->traits & HAS_TYPE && packet->family == FAMILY_IPV6;
}

inlined void tell_chain(const struct frame *frame, struct cpu_state *state, const struct packet *packet)
{
	struct subject *subject = &state->subject;
	struct direction_totals *totals = &state->totals.directions[frame->direction];
	struct told told = {
		.kind = COPY_CHAIN,
		.budget = BUDGETS_OF_CHAINS + subject->headers,
		.packets = subject->packets,
		.most = LARGEST_COPY,
		.over = &totals->chains_over_budget,
		.full = &totals->chains_ring_full,
	};

	if (subject->family != FAMILY_IPV6)
		return;
	/* A chain of which not even the first header is there is counted too: it is told. */
	if (subject->depth || subject->verdict != DECODED)
		count_chain(frame, totals, subject);
	if (!(is_told_as_icmpv6(packet) && is_asked_for(packet->ports & 0xff)))
		copy_packet(frame, totals, &told);
}

/* Also a chain that is whole, while what it leads to is not there: as a first fragment hides its message (RFC 7112 §5). */
inlined bool is_broken_chain(const struct packet *packet, __u32 verdict)
{
	return verdict == UNDECODABLE_TRUNCATED_CHAIN || verdict == UNDECODABLE_CHAIN_TOO_LONG ||
	       (verdict == UNDECODABLE_TRUNCATED_TRANSPORT_HEADER && packet->depth);
}

inlined void describe_subject(const struct frame *frame, struct subject *subject, const struct packet *packet)
{
	subject->bytes = packet->bytes;
	subject->packets = packet->packets;
	subject->depth = packet->depth;
	subject->chain = packet->network + IPV6_HEADER + packet->artifact;
	subject->names_first = packet->network + (packet->artifact ? IPV6_HEADER : 6);
	subject->protocol = packet->protocol;
	subject->headers = packet->marks >> 8;
	subject->direction = frame->direction;
	subject->family = packet->family;
}

/* What the caller has decoded into this slot's state. */
inlined int tell_decoded_packet(struct frame *frame, __u32 slot, __u32 verdict)
{
	struct cpu_state *state = bpf_map_lookup_elem(&cpu_states, &slot);

	if (!state)
		return 0;
	frame->nothing = &state->nothing;
	begin_frame(frame);
	state->subject.verdict = verdict;
	describe_subject(frame, &state->subject, &state->packet);
	tell_chain(frame, state, &state->packet);
	return 0;
}

/* With registers of its own. Not static: then the verifier looks at it once, not again for each way that leads here. */
__noinline int tell_skb(struct __sk_buff *skb, __u32 slot, __u32 verdict, __u32 direction, __u32 has_link_header)
{
	struct frame frame = skb_frame(skb, direction & 1, has_link_header & 1);

	return tell_decoded_packet(&frame, slot, verdict);
}

__noinline int tell_xdp(struct xdp_md *xdp, __u32 slot, __u32 verdict, __u32 has_link_header)
{
	struct frame frame = xdp_frame(xdp, has_link_header & 1);

	return tell_decoded_packet(&frame, slot, verdict);
}

inlined void tell_packet(const struct frame *frame, __u32 slot, __u32 verdict)
{
	if (frame->hook == HOOK_XDP)
		tell_xdp(frame->context, slot, verdict, frame->has_link_header);
	else
		tell_skb(frame->context, slot, verdict, frame->direction, frame->has_link_header);
}

/* Whose ports nobody knows cannot pass a filter; but where ICMPv6 is asked for, what hides its message is told (RFC 7113 §2). */
inlined void tell_undecodable(const struct frame *frame, const struct packet *packet, __u32 slot, __u32 verdict)
{
	if (settings.chains && (!settings.clauses || settings.copies_icmpv6) && is_broken_chain(packet, verdict) &&
	    settings.directions & 1 << frame->direction)
		tell_packet(frame, slot, verdict);
}

/* No Next Header and the numbers for experiments (RFC 4727 §3.2) are news without any header before them. */
inlined bool ends_oddly(const struct packet *packet)
{
	return packet->family == FAMILY_IPV6 && (packet->protocol == 59 || packet->protocol >= 253);
}

inlined void tell_decoded(const struct frame *frame, struct direction_totals *totals, const struct packet *packet, __u32 slot)
{
	if (is_told_as_icmpv6(packet))
		copy_icmpv6(frame, totals, packet);
	if (settings.chains && (packet->depth || ends_oddly(packet)))
		tell_packet(frame, slot, DECODED);
}

#endif
