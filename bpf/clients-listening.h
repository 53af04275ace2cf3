/* SPDX-License-Identifier: GPL-2.0 */
/* Who listens where. */
#ifndef CLIENTS_LISTENING_H
#define CLIENTS_LISTENING_H

#include "clients-socket.h"

/* How many sockets listen there: what they accept has its own address, and no word of theirs. */
struct listening {
	ipv6_address	address;
	__u32		network;
	__u16		port;
	enum family	socket;
	__u8		spare;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct listening);
	__type(value, __u32);
} listening SEC(".maps");

inlined enum family socket_family(const struct sock *sock)
{
	return BPF_CORE_READ(sock, __sk_common.skc_family) == INET6 ? FAMILY_IPV6 : FAMILY_IPV4;
}

inlined struct listening place_of(const struct sock *sock, __u32 network)
{
	struct listening place = {
		.network = network,
		.port = port_of(sock),
		.socket = socket_family(sock),
	};

	read_local(sock, &place.address);
	return place;
}

inlined void note_listener(const struct sock *sock, __u32 network)
{
	struct listening place = place_of(sock, network);
	__u32 none = 0, *sockets;

	/* Nobody chose one: listen(2) does afterwards. */
	if (!place.port)
		return;
	bpf_map_update_elem(&listening, &place, &none, BPF_NOEXIST);
	sockets = bpf_map_lookup_elem(&listening, &place);
	if (sockets)
		count_one(*sockets);
}

inlined void forget_listener(const struct sock *sock, __u32 network)
{
	struct listening place = place_of(sock, network);
	__u32 *sockets = bpf_map_lookup_elem(&listening, &place);

	if (sockets && __sync_fetch_and_add(sockets, -1) == 1)
		bpf_map_delete_elem(&listening, &place);
}

inlined void make_wildcard(ipv6_address *address, enum family socket)
{
	if (socket == FAMILY_IPV4)
		map_ipv4(address, 0);
	else
		__builtin_memset(address, 0, sizeof(*address));
}

/* By the address that the socket has, or else by its family's wildcard; without either, that address stands for it. */
inlined bool find_listener(const struct sock *sock, struct client_key *key)
{
	struct listening wanted = {
		.network = key->network,
		.port = BPF_CORE_READ(sock, __sk_common.skc_num),
		.socket = key->socket,
	};

	read_local(sock, &wanted.address);
	key->listener = wanted.address;
	key->port = wanted.port;
	if (!bpf_map_lookup_elem(&listening, &wanted)) {
		make_wildcard(&wanted.address, key->socket);
		if (!bpf_map_lookup_elem(&listening, &wanted))
			return false;
	}
	key->listener = wanted.address;
	return true;
}

#endif
