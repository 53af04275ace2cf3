/* SPDX-License-Identifier: GPL-2.0 */
/* UDP: datagrams on their way into a socket's queue, and from sockets to the link. Whoever speaks first is the client. */
#ifndef CLIENTS_UDP_H
#define CLIENTS_UDP_H

#include "clients-datagram.h"

/* Sockets that have spoken first to somebody, and their ports: the memory may be another's by now. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u16);
} askers SEC(".maps");

/* What the filter leaves out: who spoke first there is remembered too, or the answer would be taken for a question the other way. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct client_key);
	__type(value, __u8);
} left_out SEC(".maps");

inlined void leave_out(const struct client_key *key)
{
	__u8 yes = 1;

	lost(filtered);
	if (!bpf_map_lookup_elem(&left_out, key))
		bpf_map_update_elem(&left_out, key, &yes, BPF_ANY);
}

inlined void note_asker(const struct datagram *datagram)
{
	__u16 *port = bpf_map_lookup_elem(&askers, &datagram->socket);

	if (!port || *port != datagram->served.port)
		bpf_map_update_elem(&askers, &datagram->socket, &datagram->served.port, BPF_ANY);
}

/* A socket whose port nobody chose: a socket at a chosen one may be a server that has a question of its own. */
inlined bool is_asker(const struct datagram *datagram)
{
	__u16 *port;

	if (datagram->has_own_port)
		return false;
	port = bpf_map_lookup_elem(&askers, &datagram->socket);
	return port && *port == datagram->served.port;
}

/* A server may connect a socket to each client beside the one that it waits with, as HAProxy does for QUIC: it counts with that. */
inlined struct client_tally *find_served(struct datagram *datagram)
{
	struct client_tally *tally = bpf_map_lookup_elem(&clients, &datagram->served);
	struct client_key waiting;

	if (tally || !datagram->is_connected)
		return tally;
	waiting = datagram->served;
	make_wildcard(&waiting.listener, waiting.socket);
	tally = bpf_map_lookup_elem(&clients, &waiting);
	if (tally)
		datagram->served = waiting;
	return tally;
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

inlined struct client_tally *tally_of_arrived(struct datagram *datagram)
{
	struct client_key *served = &datagram->served;
	const ipv6_address *address = datagram->is_sent ? &datagram->source : &datagram->destination;

	if (is_asked_for(served, address, datagram->is_sent ? datagram->destination_port : datagram->source_port))
		return tally_of(served, address);
	leave_out(served);
	return NULL;
}

inlined void count_arrived(struct datagram *datagram)
{
	struct client_key *served = &datagram->served, asked;
	struct client_tally *tally;

	served->client = datagram->source;
	tally = find_served(datagram);
	if (!tally) {
		turn(served, &datagram->source, &datagram->destination, datagram->source_port, &asked);
		tally = bpf_map_lookup_elem(&clients, &asked);
		/* Who asked one address may be answered from another: that is no client of the port that the kernel had given it. */
		if (tally || is_asker(datagram) || bpf_map_lookup_elem(&left_out, &asked)) {
			*served = asked;
			datagram->is_sent = 1;
		}
	}
	if (!tally)
		tally = tally_of_arrived(datagram);
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
	tally = find_served(datagram);
	/* A server with more clients than there is room for answers one of these: it waited before it spoke. */
	if (!tally && !is_asker(datagram)) {
		asked = crowd_of(served);
		tally = bpf_map_lookup_elem(&crowds, &asked);
	}
	if (tally) {
		add_sent(tally, datagram);
		return;
	}
	if (bpf_map_lookup_elem(&left_out, served)) {
		lost(filtered);
		return;
	}
	note_asker(datagram);
	turn(served, &datagram->destination, &datagram->source, datagram->destination_port, &asked);
	if (!is_asked_for(&asked, &datagram->destination, datagram->source_port)) {
		leave_out(&asked);
		return;
	}
	tally = tally_of(&asked, &datagram->destination);
	if (tally)
		add_received(tally, datagram);
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
