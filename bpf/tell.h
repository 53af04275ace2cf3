/* SPDX-License-Identifier: GPL-2.0 */
/* What is told of single packets. Not inlined: the way of all other packets stays as short as it is without. */
#ifndef TELL_H
#define TELL_H

#include "wire.h"
#include "copies.h"
#include "chain-counts.h"

inlined void tell(const struct frame *frame, struct cpu_state *state)
{
	struct subject *subject = &state->subject;
	struct direction_totals *totals = &state->totals.directions[subject->direction & 1];

	if (settings.chains && subject->has_chain)
		count_chain(frame, totals, subject);
	if (is_asked_for(subject))
		copy_packet(frame, totals, subject, COPY_ICMPV6, subject->type + (subject->is_from_nobody & 1) * BUDGETS_FROM_NOBODY);
	else if (settings.chains && subject->has_chain)
		copy_packet(frame, totals, subject, COPY_CHAIN, BUDGETS_OF_CHAINS + subject->headers);
}

inlined bool is_broken_chain(__u32 verdict)
{
	return verdict == UNDECODABLE_TRUNCATED_CHAIN || verdict == UNDECODABLE_CHAIN_TOO_LONG;
}

inlined void describe_subject(const struct frame *frame, struct subject *subject, const struct packet *packet)
{
	subject->bytes = packet->bytes;
	subject->packets = packet->packets;
	subject->length = frame->length;
	subject->interface = frame->interface;
	subject->depth = packet->depth;
	subject->chain = packet->network + IPV6_HEADER + packet->artifact;
	subject->names_first = packet->network + (packet->artifact ? IPV6_HEADER : 6);
	subject->segment_size = gso_size(frame);
	subject->protocol = packet->protocol;
	subject->type = packet->ports;
	subject->headers = packet->marks >> 8;
	subject->direction = frame->direction;
	subject->family = packet->family;
	subject->link = frame->has_link_header ? LINK_ETHERNET : LINK_NONE;
	subject->is_icmpv6 = packet->traits & HAS_TYPE && packet->family == FAMILY_IPV6;
	subject->is_from_nobody = !(packet->key[0] | packet->key[1]);
	subject->has_chain = packet->family == FAMILY_IPV6 && packet->depth;
}

inlined int decode_and_tell(struct frame *frame, __u32 slot)
{
	struct cpu_state *state = bpf_map_lookup_elem(&cpu_states, &slot);
	struct packet packet = {};

	if (!state)
		return 0;
	frame->nothing = &state->nothing;
	state->subject.verdict = decode(frame, state, &packet);
	describe_subject(frame, &state->subject, &packet);
	if (frame->hook == HOOK_XDP)
		state->subject.length = bpf_xdp_get_buff_len(frame->context);
	tell(frame, state);
	return 0;
}

/* Decodes once more, with registers of its own. Not static: then the verifier looks at it once, not again for each way that leads here. */
__noinline int tell_skb(struct __sk_buff *skb, __u32 slot, __u32 direction, __u32 has_link_header)
{
	struct frame frame = skb_frame(skb, direction & 1, has_link_header & 1);

	return decode_and_tell(&frame, slot);
}

__noinline int tell_xdp(struct xdp_md *xdp, __u32 slot, __u32 has_link_header)
{
	struct frame frame = xdp_frame(xdp, has_link_header & 1);

	return decode_and_tell(&frame, slot);
}

inlined void tell_packet(const struct frame *frame, __u32 slot)
{
	if (frame->hook == HOOK_XDP)
		tell_xdp(frame->context, slot, frame->has_link_header);
	else
		tell_skb(frame->context, slot, frame->direction, frame->has_link_header);
}

/* Whose ports nobody knows cannot pass a filter. */
inlined void tell_undecodable(const struct frame *frame, __u32 slot, __u32 verdict)
{
	if (settings.tells_broken && is_broken_chain(verdict) && settings.directions & 1 << frame->direction)
		tell_packet(frame, slot);
}

inlined void tell_decoded(const struct frame *frame, __u32 slot, const struct packet *packet)
{
	if (settings.tells && (packet->class == PROTOCOL_ICMPV6 || packet->depth))
		tell_packet(frame, slot);
}

#endif
