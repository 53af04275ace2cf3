// SPDX-License-Identifier: GPL-2.0
/* For the bench: programs that do nothing, and one that turns one frame into as many flows as asked before it hands it to the program under test. */
#include "kernel.h"

/* The low half of the source address of an untagged IPv6 frame. */
#define SOURCE_TAIL 34

const volatile __u32 flow_mask SEC(".rodata.drive");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} packets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} tested SEC(".maps");

/* Murmur3's finalizer: as good as random, and every value of 32 bits once. */
inlined __u32 scramble(__u32 number)
{
	number = (number ^ number >> 16) * 0x85ebca6b;
	number = (number ^ number >> 13) * 0xc2b2ae35;
	return number ^ number >> 16;
}

SEC("tcx/ingress")
int drive_flows(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
	__u32 zero = 0, *count = bpf_map_lookup_elem(&packets, &zero);

	if (!count || data + SOURCE_TAIL + sizeof(*count) > data_end)
		return LET_THE_NEXT_RUN;
	*(__u32 *)(data + SOURCE_TAIL) = scramble((*count)++) & flow_mask;
	bpf_tail_call(skb, &tested, 0);
	return LET_THE_NEXT_RUN;
}

SEC("tcx/ingress")
int nothing_tc(struct __sk_buff *skb)
{
	return LET_THE_NEXT_RUN;
}

SEC("xdp")
int nothing_xdp(struct xdp_md *xdp)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
