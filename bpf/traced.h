/* SPDX-License-Identifier: GPL-2.0 */
/* What the tracing programs share: the members of kernel structs that they read, the rings, and what did not fit. */
#ifndef TRACED_H
#define TRACED_H

#include "socket.h"
#include "trace.h"

#define UNSET_OFFSET 0xffff

struct net_device { int ifindex; char name[INTERFACE_NAME]; unsigned char addr_len; possible_net_t nd_net; } CORE;
struct neigh_table { int family; } CORE;
struct neighbour {
	struct neigh_table *tbl;
	__u8 nud_state;
	__u32 flags;
	unsigned char ha[32];
	struct net_device *dev;
	__u8 primary_key[];
} CORE;
struct tcp_skb_cb { __u32 seq, end_seq; } CORE;
struct dst_entry { struct net_device *dev; } CORE;
struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	int skb_iif;
	unsigned int len;
	__be16 protocol;
	__u16 network_header;
	unsigned int tail;
	unsigned long _skb_refdst;
	unsigned char *head, *data;
	char cb[48];
} CORE;

const volatile struct trace_settings trace_settings SEC(".rodata.trace") = {.families = 3};

/* Names for bpftool and the code generator; no program uses them. */
struct trace_vocabulary {
	enum neighbour_event	neighbour_event;
	struct neighbour_change	neighbour_change;
	struct retransmission	retransmission;
	struct drop_copy	drop_copy;
	struct drop_pair	drop_pair;
	struct drop_tally	drop_tally;
	struct trace_losses	trace_losses;
	struct trace_settings	trace_settings;
} *trace_vocabulary SEC(".vocabulary");

#define RECORDS(name) struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } name SEC(".maps")

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct trace_losses);
} losses SEC(".maps");

inlined struct trace_losses *losses_here(void)
{
	__u32 only = 0;

	return bpf_map_lookup_elem(&losses, &only);
}

#define lost(what) do { struct trace_losses *here = losses_here(); if (here) __sync_fetch_and_add(&here->what, 1); } while (0)

/* By helper: for each struct that is followed directly the verifier searches all type names of the kernel several times (5 ms; 6.12, 6.18). */
inlined __u32 network_of(struct net_device *device)
{
	return BPF_CORE_READ(device, nd_net.net, ns.inum);
}

#endif
