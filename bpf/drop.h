/* SPDX-License-Identifier: GPL-2.0 */
/* Packets that the kernel drops: all are counted, some are copied. */
#ifndef DROP_H
#define DROP_H

#include "traced.h"

RECORDS(drop_copies);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1);
	__type(key, struct drop_key);
	__type(value, __u64);
} drops SEC(".maps");

struct copy_turn {
	__u64	began;
	__u32	count;
	__u32	spare;
};

struct place {
	kernel_address	location;
	__u32		reason;
	__u32		spare;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 1);
	__type(key, struct place);
	__type(value, struct copy_turn);
} copy_turns SEC(".maps");

struct drop_record {
	struct drop_copy	copy;
	__u8			bytes[LARGEST_DROP_COPY];
};


/* The word may be another thing in queues of sockets (dev_scratch, a tree's node): a device is what its own namespace leads back to. */
inlined __u32 network_of_device(struct net_device *device)
{
	struct net *network = device->nd_net.net;

	if (!network || network->loopback_dev->nd_net.net != network || device->ifindex <= 0)
		return 0;
	return network->ns.inum;
}

inlined void find_interface(struct sk_buff *skb, struct drop_key *key)
{
	struct net_device *device = skb->dev;
	__u32 network = network_of_device(device);

	if (network) {
		key->network = network;
		key->interface = device->ifindex;
		bpf_probe_read_kernel(key->name, INTERFACE_NAME, __builtin_preserve_access_index(&device->name));
		return;
	}
	key->interface = skb->skb_iif;
	/* Read once: what was found not to be NULL is what is followed. */
	key->network = BPF_CORE_READ(skb, sk, __sk_common.skc_net.net, ns.inum);
}

struct ip_start {
	__u8	bytes[sizeof(struct ipv4_header)];
};

/* False for what is neither, as far as the packet tells. */
inlined bool find_protocol(struct sk_buff *skb, struct drop_key *key)
{
	__u16 type = bpf_ntohs(skb->protocol), offset = skb->network_header;
	struct ip_start start = {};

	if (type && type != ETHERTYPE_IPV6 && type != ETHERTYPE_IPV4)
		return false;
	if (offset == UNSET_OFFSET || bpf_probe_read_kernel(&start, sizeof(start), skb->head + offset))
		offset = UNSET_OFFSET;
	if (!type && start.bytes[0] >> 4 == 6)
		type = ETHERTYPE_IPV6;
	if (!type && start.bytes[0] >> 4 == 4)
		type = ETHERTYPE_IPV4;
	if (!type)
		return false;
	key->family = type == ETHERTYPE_IPV6 ? FAMILY_IPV6 : FAMILY_IPV4;
	if (start.bytes[0] >> 4 == (key->family == FAMILY_IPV6 ? 6 : 4))
		key->protocol = key->family == FAMILY_IPV6 ? start.bytes[6] : start.bytes[9];
	return trace_settings.families >> key->family & 1;
}

inlined void count_drop(const struct drop_key *key)
{
	__u64 none = 0, *count = bpf_map_lookup_elem(&drops, key);

	if (!count) {
		bpf_map_update_elem(&drops, key, &none, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&drops, key);
	}
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		lost(drops);
}

inlined bool may_copy(const struct drop_key *key)
{
	struct place place = {.location = key->location, .reason = key->reason};
	struct copy_turn first = {.began = bpf_ktime_get_ns(), .count = 1}, *turn;

	turn = bpf_map_lookup_elem(&copy_turns, &place);
	if (!turn) {
		bpf_map_update_elem(&copy_turns, &place, &first, BPF_ANY);
		return true;
	}
	if (first.began - turn->began > trace_settings.copied_every) {
		*turn = first;
		return true;
	}
	return turn->count++ < trace_settings.copies_a_place;
}

inlined void copy_drop(struct sk_buff *skb, const struct drop_key *key)
{
	struct drop_record *record;
	__u32 header = skb->network_header, start = skb->data - skb->head, captured;

	if (header == UNSET_OFFSET || !may_copy(key))
		return;
	record = bpf_ringbuf_reserve(&drop_copies, sizeof(*record), 0);
	if (!record) {
		lost(drop_copies);
		return;
	}
	record->copy.time = bpf_ktime_get_ns();
	record->copy.key = *key;
	record->copy.spare = 0;
	/* Data begins behind the IP header once the transport has the packet. */
	record->copy.length = start > header ? skb->len + (start - header) : skb->len - (header - start);
	captured = record->copy.length < LARGEST_DROP_COPY ? record->copy.length : LARGEST_DROP_COPY;
	asm volatile("" : "+r"(captured));
	if (captured > LARGEST_DROP_COPY || bpf_probe_read_kernel(record->bytes, captured, skb->head + header))
		captured = 0;
	record->copy.captured = captured;
	bpf_ringbuf_submit(record, NO_WAKEUP);
}

inlined int on_drop(struct sk_buff *skb, void *location, __u32 reason)
{
	struct drop_key key = {.location = (__u64)location, .reason = reason};

	if (!find_protocol(skb, &key))
		return 0;
	find_interface(skb, &key);
	if (trace_settings.only_network && key.network != trace_settings.network)
		return 0;
	count_drop(&key);
	copy_drop(skb, &key);
	return 0;
}

/* The socket that Linux 6.10 added comes behind the reason. */
SEC("tp_btf/kfree_skb")
int BPF_PROG(on_kfree_skb, struct sk_buff *skb, void *location, int reason)
{
	return on_drop(skb, location, reason);
}

/* Before Linux 5.17 there was no reason. */
SEC("tp_btf/kfree_skb")
int BPF_PROG(on_kfree_skb_alone, struct sk_buff *skb, void *location)
{
	return on_drop(skb, location, 0);
}

#endif
