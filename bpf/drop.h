/* SPDX-License-Identifier: GPL-2.0 */
/* Packets that the kernel drops: those that pass the filter are counted, by kind and by who sent them to whom; some are copied. */
#ifndef DROP_H
#define DROP_H

#include "traced.h"
#include "chain.h"
#include "match.h"

RECORDS(drop_copies);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1);
	__type(key, struct drop_key);
	__type(value, struct drop_tally);
} drops SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 1);
	__type(key, struct drop_pair);
	__type(value, packet_count);
} drop_pairs SEC(".maps");

/* What is known of the packet; in map memory, of which the verifier knows nothing. Only one program at a time drops on a CPU. */
struct dropped {
	struct drop_pair	pair;
	union {
		struct ipv6_header ipv6;
		struct ipv4_header ipv4;
	}			header;
	clause_set		matched;
	__u32			header_offset;		/* UNSET_OFFSET: the IP header cannot be read */
	__u32			offset;			/* of what follows the headers that were walked */
	__u32			traits;			/* of the protocol, 0 where its header is not in this packet */
	__u32			ports;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dropped);
} dropping SEC(".maps");

struct drop_record {
	struct drop_copy	copy;
	__u8			bytes[LARGEST_DROP_COPY];
};

/* Of enum skb_drop_reason; where a kernel lacks one, nothing has its number. */
enum skb_drop_reason {
	SKB_DROP_REASON_CPU_BACKLOG = 1000,
	SKB_DROP_REASON_XDP,
};

#define reason_is(reason, name)                                                                                        \
	(bpf_core_enum_value_exists(enum skb_drop_reason, name) &&                                                     \
	 (reason) == bpf_core_enum_value(enum skb_drop_reason, name))

/* The word may be another thing in queues of sockets (dev_scratch, a tree's node): a device is what its own namespace leads back to. */
inlined __u32 network_of_device(struct net_device *device)
{
	struct net *network = device->nd_net.net;

	if (!network || network->loopback_dev->nd_net.net != network || device->ifindex <= 0)
		return 0;
	return network->ns.inum;
}

/* The same, of a device that the packet's route names: what is sent has no other before it reaches one, what waits for fragments has lost it. */
inlined struct net_device *device_of_route(struct sk_buff *skb)
{
	struct dst_entry *route = (void *)(skb->_skb_refdst & ~1UL);
	struct net_device *device = BPF_CORE_READ(route, dev);
	struct net *network = BPF_CORE_READ(device, nd_net.net);

	return network && BPF_CORE_READ(network, loopback_dev, nd_net.net) == network ? device : NULL;
}

/* Where the packet was received is known from the interface that took it in; what has none begins here, or has not yet come so far. */
inlined enum direction direction_of(struct sk_buff *skb, __u32 interface, __u32 reason)
{
	if (reason_is(reason, SKB_DROP_REASON_CPU_BACKLOG) || reason_is(reason, SKB_DROP_REASON_XDP))
		return DIRECTION_INGRESS;
	__u32 received = skb->skb_iif;

	if (!received)
		return skb->_skb_refdst || skb->sk ? DIRECTION_EGRESS : DIRECTION_INGRESS;
	return received == interface ? DIRECTION_INGRESS : DIRECTION_EGRESS;
}

inlined void find_interface(struct sk_buff *skb, struct drop_key *key)
{
	struct net_device *device = skb->dev;
	__u32 network = network_of_device(device), index;

	if (network) {
		key->network = network;
		key->interface = device->ifindex;
		bpf_probe_read_kernel(key->name, INTERFACE_NAME, __builtin_preserve_access_index(&device->name));
		return;
	}
	key->interface = skb->skb_iif;
	device = device_of_route(skb);
	if (!device) {
		/* Read once: what was found not to be NULL is what is followed. */
		key->network = BPF_CORE_READ(skb, sk, __sk_common.skc_net.net, ns.inum);
		return;
	}
	key->network = BPF_CORE_READ(device, nd_net.net, ns.inum);
	index = BPF_CORE_READ(device, ifindex);
	if (key->interface && key->interface != index)
		return;
	key->interface = index;
	bpf_probe_read_kernel(key->name, INTERFACE_NAME, __builtin_preserve_access_index(&device->name));
}

inlined bool read_linear(struct sk_buff *skb, __u32 offset, void *to, __u32 size)
{
	return offset + size <= skb->tail && !bpf_probe_read_kernel(to, size, skb->head + offset);
}

/* False for what is neither, as far as the packet tells. */
inlined bool find_family(struct sk_buff *skb, struct dropped *dropped)
{
	struct drop_key *key = &dropped->pair.kind;
	__u16 type = bpf_ntohs(skb->protocol);
	__u32 version = 0, offset = skb->network_header;
	bool is_whole;

	if (type && type != ETHERTYPE_IPV6 && type != ETHERTYPE_IPV4)
		return false;
	is_whole = read_linear(skb, offset, &dropped->header, sizeof(dropped->header.ipv6));
	if (is_whole || read_linear(skb, offset, &dropped->header, sizeof(dropped->header.ipv4)))
		version = dropped->header.ipv6.version >> 4;
	if (!type && version != 6 && version != 4)
		return false;
	key->family = type == ETHERTYPE_IPV6 || (!type && version == 6) ? FAMILY_IPV6 : FAMILY_IPV4;
	if (key->family == FAMILY_IPV6 ? version != 6 || !is_whole : version != 4)
		offset = UNSET_OFFSET;
	dropped->header_offset = offset;
	return trace_settings.families >> key->family & 1;
}

/* Follows what RFC 8200 §4 chains, to the first header that is no extension, or to a fragment that is not the first. */
inlined void walk_headers(struct sk_buff *skb, struct dropped *dropped)
{
	__u32 offset = dropped->offset, protocol = dropped->pair.kind.protocol, traits = 0;
	__u64 words;

	for (__u32 depth = 0; depth < LONGEST_CHAIN; depth++) {
		const volatile struct protocol_entry *entry = &protocol_table[protocol & 0xff];

		traits = entry->traits;
		if (!(traits & IS_EXTENSION) || !read_linear(skb, offset, &words, sizeof(words)))
			break;
		protocol = words & 0xff;
		offset += 8 + ((words >> 8 & entry->length_mask) << (entry->length_shift & 3));
		if (traits & IS_FRAGMENT && bpf_ntohs(words >> 16 & 0xffff) & FRAGMENT_IS_NOT_FIRST) {
			traits = 0;
			break;
		}
	}
	dropped->offset = offset;
	dropped->pair.kind.protocol = protocol;
	dropped->traits = traits & IS_EXTENSION ? 0 : traits;
}

inlined void read_ipv6(struct sk_buff *skb, struct dropped *dropped)
{
	const struct ipv6_header *header = &dropped->header.ipv6;
	struct drop_pair *pair = &dropped->pair;

	pair->source = header->source;
	pair->destination = header->destination;
	pair->kind.protocol = header->next_header;
	dropped->offset = dropped->header_offset + sizeof(*header);
	walk_headers(skb, dropped);
}

inlined void read_ipv4(struct dropped *dropped)
{
	const struct ipv4_header *header = &dropped->header.ipv4;
	struct drop_pair *pair = &dropped->pair;

	map_ipv4(&pair->source, header->source);
	map_ipv4(&pair->destination, header->destination);
	pair->kind.protocol = header->protocol;
	dropped->offset = dropped->header_offset + (header->version_and_words & 0xf) * 4;
	if (!(bpf_ntohs(header->fragment) & IPV4_FRAGMENT_OFFSET))
		dropped->traits = protocol_entry(header->protocol) & 0xff;
}

/* Addresses, protocol, ICMP's type, and ports where the filter asks for them. */
inlined void read_packet(struct sk_buff *skb, struct dropped *dropped)
{
	struct drop_key *key = &dropped->pair.kind;
	__u32 ports;

	if (dropped->header_offset == UNSET_OFFSET)
		return;
	if (key->family == FAMILY_IPV6)
		read_ipv6(skb, dropped);
	else
		read_ipv4(dropped);
	if (!(dropped->traits & HAS_TYPE) && !(dropped->traits & HAS_PORTS && settings.range_count))
		return;
	if (!read_linear(skb, dropped->offset, &ports, sizeof(ports))) {
		dropped->traits = 0;
		return;
	}
	dropped->ports = ports;
	if (dropped->traits & HAS_TYPE)
		key->icmp_type = ports & 0xff;
}

/* ICMPv6 types from a listener query to a version 2 report. */
#define FIRST_DISCOVERY 130
#define LAST_DISCOVERY 143

inlined bool is_discovery(const struct drop_key *key)
{
	return key->family == FAMILY_IPV6 && key->icmp_type >= FIRST_DISCOVERY && key->icmp_type <= LAST_DISCOVERY;
}

inlined bool is_asked_for(struct dropped *dropped)
{
	volatile clause_set *matched = &dropped->matched;
	const struct drop_pair *pair = &dropped->pair;

	if (trace_settings.only_discovery && !is_discovery(&pair->kind))
		return false;
	if (!(settings.directions & 1 << pair->kind.direction))
		return false;
	if (!settings.clauses)
		return true;
	if (dropped->header_offset != UNSET_OFFSET) {
		match_addresses(matched, pair->source.words);
		match_protocol(matched, pair->kind.protocol);
	}
	if (dropped->traits & HAS_PORTS)
		match_ports(matched, dropped->ports);
	if (dropped->traits & HAS_TYPE)
		match_icmp_type(matched, dropped->ports & 0xff);
	return all_hold(*matched);
}

inlined void count_pair(const struct drop_pair *pair)
{
	__u64 one = 1, *count = bpf_map_lookup_elem(&drop_pairs, pair);

	if (!count && bpf_map_update_elem(&drop_pairs, pair, &one, BPF_NOEXIST))
		count = bpf_map_lookup_elem(&drop_pairs, pair);	/* another CPU was first */
	else if (!count)
		return;
	if (count)
		++*count;
}

/* NULL: the table is full. */
inlined struct drop_tally *count_drop(const struct drop_key *key)
{
	struct drop_tally none = {}, *tally = bpf_map_lookup_elem(&drops, key);

	if (!tally) {
		bpf_map_update_elem(&drops, key, &none, BPF_NOEXIST);
		tally = bpf_map_lookup_elem(&drops, key);
	}
	if (tally)
		tally->count++;
	else
		lost(drops);
	return tally;
}

inlined bool may_copy(struct drop_tally *tally)
{
	__u64 now = bpf_ktime_get_ns();

	if (now - tally->turn > trace_settings.copied_every) {
		tally->turn = now;
		tally->copies = 0;
	}
	return tally->copies++ < trace_settings.copies_a_place;
}

inlined void copy_drop(struct sk_buff *skb, const struct dropped *dropped, struct drop_tally *tally)
{
	struct drop_record *record;
	__u32 header = dropped->header_offset, start = skb->data - skb->head, captured, length;

	if (header == UNSET_OFFSET || !may_copy(tally))
		return;
	record = bpf_ringbuf_reserve(&drop_copies, sizeof(*record), 0);
	if (!record) {
		lost(drop_copies);
		return;
	}
	tally->copied++;
	record->copy.time = bpf_ktime_get_ns();
	record->copy.key = dropped->pair.kind;
	record->copy.spare = 0;
	/* Data begins behind the IP header once the transport has the packet. */
	length = start > header ? skb->len + (start - header) : skb->len - (header - start);
	record->copy.length = length;
	captured = skb->tail - header;
	if (captured > length)
		captured = length;
	if (captured > LARGEST_DROP_COPY)
		captured = LARGEST_DROP_COPY;
	asm volatile("" : "+r"(captured));
	if (captured > LARGEST_DROP_COPY || bpf_probe_read_kernel(record->bytes, captured, skb->head + header))
		captured = 0;
	record->copy.captured = captured;
	bpf_ringbuf_submit(record, NO_WAKEUP);
}

inlined int on_drop(struct sk_buff *skb, void *location, __u32 reason)
{
	__u32 only = 0;
	struct dropped *dropped = bpf_map_lookup_elem(&dropping, &only);
	struct drop_tally *tally;
	struct drop_key *key;

	if (!dropped)
		return 0;
	__builtin_memset(dropped, 0, sizeof(*dropped));
	key = &dropped->pair.kind;
	key->location = (__u64)location;
	key->reason = reason;
	key->icmp_type = NOT_KNOWN;
	if (!find_family(skb, dropped))
		return 0;
	find_interface(skb, key);
	if (trace_settings.only_network && key->network != trace_settings.network)
		return 0;
	key->direction = direction_of(skb, key->interface, reason);
	read_packet(skb, dropped);
	if (!is_asked_for(dropped)) {
		lost(drops_filtered);
		return 0;
	}
	tally = count_drop(key);
	if (!tally)
		return 0;
	if (dropped->header_offset != UNSET_OFFSET && !trace_settings.only_discovery)
		count_pair(&dropped->pair);
	copy_drop(skb, dropped, tally);
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
