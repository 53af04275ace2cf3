/* SPDX-License-Identifier: GPL-2.0 */
/* Packets that are shown whole, within a budget: copied into a ring. What is left out is counted. */
#ifndef COPIES_H
#define COPIES_H

#include "packet.h"

#define LARGEST_COPY (LARGEST_LINK_HEADER + 1500)
#define LARGEST_CHAIN_COPY 256
#define ONE_COPY 1024
#define NO_WAKEUP 1

struct budget {
	__u32 tokens;
	__u32 refilled;		/* jiffies */
};

/* A flood of one kind takes nothing from another: by ICMPv6 type, the same from :: (duplicate address detection, RFC 4862 §5.4.2), and by the set of extension headers. */
#define BUDGETS_FROM_NOBODY 256
#define BUDGETS_OF_CHAINS 512
#define BUDGETS 768

struct copy_state {
	struct budget		budgets[2][BUDGETS];
	struct packet_copy	copy;
	__u8			bytes[LARGEST_COPY];	/* directly behind the header: they leave together */
	__u8			spare[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct copy_state);
} copy_states SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} copies SEC(".maps");

inlined bool take_budget(struct budget *budget)
{
	__u32 now = bpf_jiffies64();
	__u64 tokens = budget->tokens + (__u64)(now - budget->refilled) * settings.copy_gain;

	if (tokens > settings.copy_burst)
		tokens = settings.copy_burst;
	budget->refilled = now;
	budget->tokens = tokens < ONE_COPY ? tokens : tokens - ONE_COPY;
	return tokens >= ONE_COPY;
}

inlined void describe_copy(const struct frame *frame, const struct subject *subject, struct packet_copy *copy)
{
	volatile struct __sk_buff *skb = frame->context;

	copy->time = bpf_ktime_get_ns();
	copy->interface = subject->interface;
	copy->length = subject->length;
	copy->segment_size = subject->segment_size;
	copy->segments = subject->packets;
	copy->direction = subject->direction;
	copy->link = subject->link;
	copy->tag = 0;
	copy->tag_protocol = 0;
	if (frame->hook == HOOK_XDP || !skb->vlan_present)
		return;
	copy->tag = skb->vlan_tci;
	copy->tag_protocol = bpf_ntohs(skb->vlan_proto);
}

inlined long write_copy(const struct frame *frame, struct copy_state *state, __u32 most)
{
	__u32 last = (state->copy.length < most ? state->copy.length : most) - 1;

	/* Compared and used in one register, or the verifier does not believe it; that of 6.1 learns nothing from "not 0". */
	asm volatile("" : "+r"(last));
	if (last >= LARGEST_COPY)
		return -1;
	state->copy.captured = last + 1;
	if (load_bytes(frame, 0, state->bytes, last + 1))
		return -1;
	return bpf_ringbuf_output(&copies, &state->copy, sizeof(state->copy) + last + 1, NO_WAKEUP);
}

inlined void copy_packet(const struct frame *frame, struct direction_totals *totals, const struct subject *subject,
			 enum copy_kind kind, __u32 budget)
{
	__u32 only = 0, packets = subject->packets;
	struct copy_state *state = bpf_map_lookup_elem(&copy_states, &only);

	/* The verifier of 6.1 loses the bounds of an index that was put together with "or". */
	asm volatile("" : "+r"(budget));
	if (!state || budget >= BUDGETS)
		return;
	if (!take_budget(&state->budgets[subject->direction & 1][budget])) {
		if (kind == COPY_ICMPV6)
			totals->over_budget[subject->type] += packets;
		else
			totals->chains_over_budget += packets;
		return;
	}
	describe_copy(frame, subject, &state->copy);
	state->copy.kind = kind;
	if (!write_copy(frame, state, kind == COPY_ICMPV6 ? LARGEST_COPY : LARGEST_CHAIN_COPY))
		totals->copied += packets;
	else if (kind == COPY_ICMPV6)
		totals->ring_full[subject->type] += packets;
	else
		totals->chains_ring_full += packets;
}

inlined bool is_asked_for(const struct subject *subject)
{
	return settings.copies_icmpv6 && subject->is_icmpv6 &&
	       settings.copied_types[subject->type >> 6] >> (subject->type & 63) & 1;
}

#endif
