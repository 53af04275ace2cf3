/* SPDX-License-Identifier: GPL-2.0 */
/* One datagram, as the packet and its socket have it. */
#ifndef CLIENTS_DATAGRAM_H
#define CLIENTS_DATAGRAM_H

#include "clients-listening.h"

#define UDP_HEADER 8
/* include/net/sock.h: bind(2) was given a port. */
#define SOCK_BINDPORT_LOCK 8

struct skb_shared_info { unsigned short gso_segs, gso_size; } CORE;
struct sk_buff {
	struct sock *sk;
	unsigned int len, end;
	__u16 network_header, transport_header;
	unsigned char *head;
} CORE;

/* As the packet has it, and the socket that it is for or from. */
struct datagram {
	struct client_key	served;		/* as if the socket here were the server's */
	ipv6_address		source;
	ipv6_address		destination;
	__u64			bytes;
	__u64			count;
	__u64			socket;
	__u16			source_port;
	__u16			destination_port;
	__u8			is_sent;	/* what arrived is an answer */
	__u8			is_counted;
	__u8			has_own_port;	/* somebody chose it: the socket may be a server's */
	__u8			is_connected;
};

/* The latest that this CPU delivered; and two pointers, which come back as numbers. */
struct delivery {
	struct datagram	datagram;
	__u64		skb;
	__u64		socket;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct delivery);
} deliveries SEC(".maps");

inlined bool read_header(const struct sk_buff *skb, const struct sock *sock, struct datagram *datagram)
{
	unsigned char *head = BPF_CORE_READ(skb, head), *network = head + BPF_CORE_READ(skb, network_header);
	struct skb_shared_info *shared = (void *)(head + BPF_CORE_READ(skb, end));
	struct client_key *served = &datagram->served;
	struct ipv6_header ipv6;
	struct ipv4_header ipv4;
	__be16 ports[2];
	__u32 segments;

	__builtin_memset(datagram, 0, sizeof(*datagram));
	datagram->socket = (__u64)sock;
	served->network = network_of(sock);
	if (is_elsewhere(served->network) || bpf_probe_read_kernel(&ipv4, sizeof(ipv4), network) ||
	    bpf_probe_read_kernel(ports, sizeof(ports), head + BPF_CORE_READ(skb, transport_header)))
		return false;
	if (ipv4.version_and_words >> 4 == 4) {
		map_ipv4(&datagram->source, ipv4.source);
		map_ipv4(&datagram->destination, ipv4.destination);
	} else {
		if (bpf_probe_read_kernel(&ipv6, sizeof(ipv6), network))
			return false;
		datagram->source = ipv6.source;
		datagram->destination = ipv6.destination;
	}
	served->family = ipv4.version_and_words >> 4 == 4 ? FAMILY_IPV4 : FAMILY_IPV6;
	served->socket = socket_family(sock);
	served->protocol = UDP;
	served->port = BPF_CORE_READ(sock, __sk_common.skc_num);
	read_local(sock, &served->listener);
	datagram->source_port = bpf_ntohs(ports[0]);
	datagram->destination_port = bpf_ntohs(ports[1]);
	segments = BPF_CORE_READ(shared, gso_size) ? BPF_CORE_READ(shared, gso_segs) : 1;
	datagram->count = segments ? segments : 1;
	datagram->is_connected = !!BPF_CORE_READ(sock, __sk_common.skc_dport);
	datagram->has_own_port = !!(BPF_CORE_READ_BITFIELD_PROBED(sock, sk_userlocks) & SOCK_BINDPORT_LOCK);
	return true;
}

/* NULL: nothing of ours. These programs may not follow a socket's pointer, numbers that are addresses they may. */
inlined struct datagram *read_datagram(struct __sk_buff *packet)
{
	__u32 only = 0;
	struct delivery *delivery = bpf_map_lookup_elem(&deliveries, &only);
	const struct sk_buff *skb;
	const struct sock *sock;
	__u32 headers;

	if (!delivery || !packet->sk)
		return NULL;
	*(volatile __u64 *)&delivery->skb = (__u64)packet;
	*(volatile __u64 *)&delivery->socket = (__u64)packet->sk;
	skb = (void *)*(volatile __u64 *)&delivery->skb;
	sock = (void *)*(volatile __u64 *)&delivery->socket;
	if (BPF_CORE_READ(sock, sk_protocol) != UDP || !read_header(skb, sock, &delivery->datagram))
		return NULL;
	headers = BPF_CORE_READ(skb, transport_header) - BPF_CORE_READ(skb, network_header) + UDP_HEADER;
	delivery->datagram.bytes = packet->len - headers;
	return &delivery->datagram;
}

#endif
