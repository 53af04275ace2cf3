/* SPDX-License-Identifier: GPL-2.0 */
/* UDP: datagrams on their way into a socket's queue, and from sockets to the link. Whoever speaks first is the client. */
#ifndef CLIENTS_UDP_H
#define CLIENTS_UDP_H

#include "clients-listening.h"

#define UDP_HEADER 8

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
	__u8			spare[2];
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
	return true;
}

/* The same, as the client's socket sees it. */
inlined void turn(const struct client_key *served, const ipv6_address *there, const ipv6_address *here, __u16 port, struct client_key *asked)
{
	*asked = *served;
	asked->reporter = REPORTER_SOURCE;
	asked->listener = *there;
	asked->client = *here;
	asked->port = port;
}

inlined void add_received(struct client_tally *tally, const struct datagram *datagram)
{
	__sync_fetch_and_add(&tally->received, datagram->bytes);
	__sync_fetch_and_add(&tally->datagrams_received, datagram->count);
}

inlined void add_sent(struct client_tally *tally, const struct datagram *datagram)
{
	__sync_fetch_and_add(&tally->sent, datagram->bytes);
	__sync_fetch_and_add(&tally->datagrams_sent, datagram->count);
}

inlined void count_arrived(struct datagram *datagram)
{
	struct client_key *served = &datagram->served, asked;
	struct client_tally *tally;

	served->client = datagram->source;
	tally = bpf_map_lookup_elem(&clients, served);
	if (!tally) {
		turn(served, &datagram->source, &datagram->destination, datagram->source_port, &asked);
		tally = bpf_map_lookup_elem(&clients, &asked);
		if (tally) {
			*served = asked;
			datagram->is_sent = 1;
		} else if (!is_asked_for(served, &datagram->destination, datagram->source_port)) {
			lost(filtered);
			return;
		}
	}
	if (!tally)
		tally = tally_of(served, &datagram->destination);
	if (!tally)
		return;
	datagram->is_counted = 1;
	if (datagram->is_sent)
		add_sent(tally, datagram);
	else
		add_received(tally, datagram);
}

inlined void count_sent(struct datagram *datagram)
{
	struct client_key *served = &datagram->served, asked;
	struct client_tally *tally;

	served->client = datagram->destination;
	tally = bpf_map_lookup_elem(&clients, served);
	if (tally) {
		add_sent(tally, datagram);
		return;
	}
	turn(served, &datagram->destination, &datagram->source, datagram->destination_port, &asked);
	if (!is_asked_for(&asked, &datagram->destination, datagram->source_port)) {
		lost(filtered);
		return;
	}
	tally = tally_of(&asked, &datagram->destination);
	if (tally)
		add_received(tally, datagram);
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

/* All that it says is: let it pass. */
#define PASS 1

SEC("cgroup_skb/ingress")
int on_datagram(struct __sk_buff *packet)
{
	struct datagram *datagram = read_datagram(packet);

	if (datagram)
		count_arrived(datagram);
	return PASS;
}

SEC("cgroup_skb/egress")
int on_datagram_sent(struct __sk_buff *packet)
{
	struct datagram *datagram = read_datagram(packet);

	if (datagram)
		count_sent(datagram);
	return PASS;
}

/* The queue was full: what was delivered just before on this CPU is taken back. */
SEC("tp_btf/udp_fail_queue_rcv_skb")
int BPF_PROG(on_datagram_dropped, int error, struct sock *sock)
{
	__u32 only = 0;
	struct delivery *delivery = bpf_map_lookup_elem(&deliveries, &only);
	struct datagram *datagram;
	struct client_tally *tally;

	if (!delivery)
		return 0;
	datagram = &delivery->datagram;
	if (!datagram->is_counted || datagram->socket != (__u64)sock)
		return 0;
	datagram->is_counted = 0;
	datagram->bytes = -datagram->bytes;
	datagram->count = -datagram->count;
	tally = tally_of(&datagram->served, &datagram->destination);
	if (tally && datagram->is_sent)
		add_sent(tally, datagram);
	else if (tally)
		add_received(tally, datagram);
	return 0;
}

#endif
