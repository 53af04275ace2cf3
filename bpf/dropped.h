/* SPDX-License-Identifier: GPL-2.0 */
/* What can be known of a packet that is being dropped: where it was, and what its headers say. */
#ifndef DROPPED_H
#define DROPPED_H

#include "traced.h"
#include "chain.h"
#include "settings.h"

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

/* Of enum skb_drop_reason; where a kernel lacks one, nothing has its number. */
enum skb_drop_reason {
	SKB_DROP_REASON_CPU_BACKLOG = 1000,
	SKB_DROP_REASON_XDP,
	SKB_DROP_REASON_PKT_TOO_BIG,
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
		bpf_probe_read_kernel(key->name, sizeof(key->name), __builtin_preserve_access_index(&device->name));
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
	bpf_probe_read_kernel(key->name, sizeof(key->name), __builtin_preserve_access_index(&device->name));
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

#define NEIGHBOUR_ADVERTISEMENT 136
#define IS_SOLICITED 0x40

/* RFC 4861 §7.2.6: each node hears them, and most have no use for them. */
inlined bool is_announcement(struct sk_buff *skb, const struct dropped *dropped)
{
	__u8 flags;

	return (dropped->pair.destination.words[0] & 0xff) == 0xff &&
	       read_linear(skb, dropped->offset + 4, &flags, sizeof(flags)) && !(flags & IS_SOLICITED);
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
	if (key->family == FAMILY_IPV6 && key->icmp_type == NEIGHBOUR_ADVERTISEMENT)
		key->announces = is_announcement(skb, dropped);
}

#endif
