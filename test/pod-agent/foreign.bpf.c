// SPDX-License-Identifier: GPL-2.0
/* Somebody else's programs: they count, and let a packet pass in a way that ends the chain. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

__u64 foreign_count;

SEC("tcx/ingress")
int foreign_tc(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&foreign_count, 1);
	return TC_ACT_OK;
}

SEC("xdp")
int foreign_xdp(struct xdp_md *xdp)
{
	__sync_fetch_and_add(&foreign_count, 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
