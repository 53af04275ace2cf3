/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs of clients.bpf.c share: the tables, how a socket is read, and how something is counted. */
#ifndef CLIENTS_SOCKET_H
#define CLIENTS_SOCKET_H

#include "socket.h"
#include "match.h"
#include "clients.h"

#define TCP 6
#define UDP 17

/* The port in network order stays there when the kernel takes it back from a socket that ends. */
struct inet_sock { __be16 inet_sport; } CORE;
enum sock_flags { SOCK_DONE = 1 };

const volatile struct client_settings client_settings SEC(".rodata.clients") = {};

/* Names for bpftool and the code generator; no program uses them. */
struct client_vocabulary {
	enum reporter		reporter;
	enum connection_event	event;
	enum connection_end	end;
	struct connection_change change;
	struct client_tally	tally;
	struct client_losses	losses;
	struct client_settings	settings;
} *client_vocabulary SEC(".vocabulary");

struct tallies {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct client_key);
	__type(value, struct client_tally);
};

struct tallies clients SEC(".maps");
/* Of those for whom there is no room, by listener alone: so that the sums stay exact. */
struct tallies crowds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} changes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct client_losses);
} client_losses SEC(".maps");

#define count_one(word) __sync_fetch_and_add(&(word), 1)
#define lost(what) do { __u32 only = 0; struct client_losses *all = bpf_map_lookup_elem(&client_losses, &only); if (all) count_one(all->what); } while (0)

inlined bool is_mapped(const ipv6_address *address)
{
	return !address->words[0] && (__u32)address->words[1] == bpf_htonl(0xffff);
}

inlined void read_local(const struct sock *sock, ipv6_address *address)
{
	if (BPF_CORE_READ(sock, __sk_common.skc_family) == INET6)
		BPF_CORE_READ_INTO(address, sock, __sk_common.skc_v6_rcv_saddr);
	else
		map_ipv4(address, BPF_CORE_READ(sock, __sk_common.skc_rcv_saddr));
}

inlined void read_remote(const struct sock *sock, ipv6_address *address)
{
	if (BPF_CORE_READ(sock, __sk_common.skc_family) == INET6)
		BPF_CORE_READ_INTO(address, sock, __sk_common.skc_v6_daddr);
	else
		map_ipv4(address, BPF_CORE_READ(sock, __sk_common.skc_daddr));
}

inlined __u16 port_of(const struct sock *sock)
{
	const struct inet_sock *inet = (void *)sock;

	return bpf_ntohs(BPF_CORE_READ(inet, inet_sport));
}

inlined __u32 network_of(const struct sock *sock)
{
	return BPF_CORE_READ(sock, __sk_common.skc_net.net, ns.inum);
}

inlined bool is_elsewhere(__u32 network)
{
	return client_settings.only_network && network != client_settings.only_network;
}

/* The client is the source, the listener's end the destination; ingress is what was opened to here. */
inlined bool is_asked_for(const struct client_key *key, const ipv6_address *address, __u16 client_port)
{
	clause_set matched = 0;
	__u64 ends[4] = {key->client.words[0], key->client.words[1], address->words[0], address->words[1]};

	if (key->port == client_settings.own_port && key->network == client_settings.own_network)
		return false;
	if (!(settings.families >> key->family & 1) || !(settings.directions >> key->reporter & 1))
		return false;
	if (!settings.clauses)
		return true;
	match_addresses(&matched, ends);
	match_protocol(&matched, key->protocol);
	match_ports(&matched, bpf_htons(client_port) | (__u32)bpf_htons(key->port) << 16);
	return all_hold(matched);
}

/* NULL: there is no room, not even by listener. */
inlined struct client_tally *tally_in(void *table, const struct client_key *key, const struct client_tally *none)
{
	struct client_tally *tally = bpf_map_lookup_elem(table, key);

	if (tally)
		return tally;
	bpf_map_update_elem(table, key, none, BPF_NOEXIST);
	return bpf_map_lookup_elem(table, key);
}

inlined struct client_key crowd_of(const struct client_key *key)
{
	struct client_key crowd = *key;

	crowd.client.words[0] = 0;
	crowd.client.words[1] = 0;
	if (key->reporter == REPORTER_SOURCE) {
		crowd.listener = crowd.client;
		crowd.port = 0;
	}
	return crowd;
}

inlined struct client_tally *tally_of(const struct client_key *key, const ipv6_address *address)
{
	struct client_tally *tally, none = {.address = *address};
	struct client_key crowd;

	tally = tally_in(&clients, key, &none);
	if (tally)
		return tally;
	crowd = crowd_of(key);
	tally = tally_in(&crowds, &crowd, &none);
	if (!tally)
		lost(untallied);
	return tally;
}

#endif
