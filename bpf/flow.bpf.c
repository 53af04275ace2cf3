// SPDX-License-Identifier: GPL-2.0
/* Every packet of an interface: counted exactly, and filed under its flow. Nothing is changed, nothing is stopped. */
#include "wire.h"
#include "filter.h"
#include "table.h"
#include "totals.h"
#include "plain.h"

inlined void observe(struct frame *frame, struct cpu_state *state, __u32 slot)
{
	struct direction_totals *totals = &state->totals.directions[frame->direction];
	struct packet *packet = &state->packet;
	__u32 verdict;

	*packet = (struct packet){};
	frame->nothing = &state->nothing;
	verdict = decode(frame, state, packet);
	add(&totals->seen, packet);
	if (verdict == OTHER_FAMILY)
		return add(&totals->other_family, packet);
	if (verdict != DECODED) {
		add_undecodable(totals, packet, verdict);
		return tell_undecodable(frame, packet, slot, verdict);
	}
	if (!passes_filter(state, packet))
		return add(&totals->rejected, packet);
	add_decoded(totals, packet);
	file_packet(state, slot, packet);
	tell_decoded(frame, totals, packet, slot);
}

/* By parity of the generation and CPU. */
inlined __u32 own_slot(void)
{
	return (generation & 1) * settings.cpus + bpf_get_smp_processor_id();
}

/* The long way reads the frame again: of what the short way has learned about it the verifier would follow each case apart. */
inlined int observe_skb(struct __sk_buff *skb, enum direction direction, bool has_link_header)
{
	__u32 slot = own_slot();
	struct cpu_state *state = bpf_map_lookup_elem(&cpu_states, &slot);
	struct frame frame = skb_frame(skb, direction, has_link_header);

	if (!state || count_plain(&frame, state, slot))
		return LET_THE_NEXT_RUN;
	frame = skb_frame(skb, direction, has_link_header);
	observe(&frame, state, slot);
	return LET_THE_NEXT_RUN;
}

inlined int observe_xdp(struct xdp_md *xdp, bool has_link_header)
{
	__u32 slot = own_slot();
	struct cpu_state *state = bpf_map_lookup_elem(&cpu_states, &slot);
	struct frame frame = xdp_frame(xdp, has_link_header);

	if (!state || count_plain(&frame, state, slot))
		return XDP_PASS;
	frame = xdp_frame(xdp, has_link_header);
	observe(&frame, state, slot);
	return XDP_PASS;
}

SEC("tcx/ingress")
int on_tc_ingress(struct __sk_buff *skb)
{
	return observe_skb(skb, DIRECTION_INGRESS, true);
}

SEC("tcx/egress")
int on_tc_egress(struct __sk_buff *skb)
{
	return observe_skb(skb, DIRECTION_EGRESS, true);
}

/* For devices without a link header: tun, wireguard, ip6tnl, sit, gre. */
SEC("tcx/ingress")
int on_bare_ingress(struct __sk_buff *skb)
{
	return observe_skb(skb, DIRECTION_INGRESS, false);
}

SEC("tcx/egress")
int on_bare_egress(struct __sk_buff *skb)
{
	return observe_skb(skb, DIRECTION_EGRESS, false);
}

SEC("xdp.frags")
int on_xdp(struct xdp_md *xdp)
{
	return observe_xdp(xdp, true);
}

SEC("xdp.frags")
int on_bare_xdp(struct xdp_md *xdp)
{
	return observe_xdp(xdp, false);
}

/* Lines are stamped with jiffies, the one clock that costs no call (a call costs 13 ns where returns are made safe against SRSO). The agent turns
 * them into CLOCK_MONOTONIC by this pair: jiffies advance by CLOCK_MONOTONIC. */
SEC("tcx/ingress")
int tell_time(struct __sk_buff *skb)
{
	tick.jiffies = bpf_jiffies64();
	tick.monotonic = bpf_ktime_get_ns();
	return LET_THE_NEXT_RUN;
}

char LICENSE[] SEC("license") = "GPL";
