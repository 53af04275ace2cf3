/* SPDX-License-Identifier: GPL-2.0 */
/* What is done for all connections at once: bytes of those that are open, and the connections that were there before us. */
#ifndef CLIENTS_SWEEP_H
#define CLIENTS_SWEEP_H

#include "clients-tcp.h"

/* Whether the socket still is this connection: its memory may be another's by now. */
inlined bool is_still(const struct sock *sock, const struct connection *connection)
{
	bool is_source = connection->key.reporter == REPORTER_SOURCE;
	__u16 here = BPF_CORE_READ(sock, __sk_common.skc_num), there = bpf_ntohs(BPF_CORE_READ(sock, __sk_common.skc_dport));

	return here == (is_source ? connection->client_port : connection->key.port) &&
	       there == (is_source ? connection->key.port : connection->client_port);
}

static long sweep_one(void *table, const __u64 *place, struct connection *connection, void *context)
{
	const struct sock *sock = (void *)*place;
	struct connection now;

	if (!connection->is_open)
		return 0;
	now = *connection;
	read_bytes(sock, BPF_CORE_READ(sock, __sk_common.skc_state), &now);
	/* Looked at afterwards: what was read is this connection's. */
	if (is_still(sock, &now)) {
		connection->received = now.received;
		connection->sent = now.sent;
	}
	return 0;
}

/* Run by the agent before it reads the table. */
SEC("syscall")
int sweep(void *unused)
{
	return bpf_for_each_map_elem(&connections, sweep_one, NULL, 0) < 0;
}

struct bpf_iter__tcp { void *meta; struct sock_common *sk_common; } CORE;

/* One that was there before us: what it carried until now is no count of ours. */
inlined void adopt(const struct sock *sock, __u32 network, int state)
{
	__u64 place = (__u64)sock;
	struct connection connection = new_connection(sock, REPORTER_DESTINATION, network);
	struct client_tally *tally;

	connection.is_open = 1;
	connection.is_old = 1;
	if (!find_listener(sock, &connection.key))
		connection.key.reporter = REPORTER_SOURCE;
	read_ends(sock, &connection);
	if (!is_asked_for(&connection.key, &connection.address, connection.client_port))
		return;
	read_bytes(sock, state, &connection);
	connection.received_before = connection.received;
	connection.sent_before = connection.sent;
	connection.received = connection.sent = 0;
	/* It may have been opened since the programs were attached. */
	if (bpf_map_update_elem(&connections, &place, &connection, BPF_NOEXIST))
		return;
	tally = tally_of(&connection.key, &connection.address);
	if (tally)
		count_one(tally->existing);
	tell(&connection, CONNECTION_OPENED, END_FINISHED);
	/* It may have been closed since we looked. */
	if (BPF_CORE_READ(sock, __sk_common.skc_state) == CLOSED)
		end(sock, state);
}

/* Read in each network namespace, listeners first: the kernel walks them so. */
SEC("iter/tcp")
int adopt_connections(struct bpf_iter__tcp *context)
{
	const struct sock *sock = (void *)context->sk_common;
	__u32 network;
	int state;

	if (!sock)
		return 0;
	state = BPF_CORE_READ(sock, __sk_common.skc_state);
	/* Neither is a whole socket. */
	if (state == TIME_WAIT || state > CLOSING)
		return 0;
	network = network_of(sock);
	if (is_elsewhere(network))
		return 0;
	if (state == LISTENING)
		note_listener(sock, network);
	else if (state == SYN_SENT)
		begin(sock, network);
	else if (state != CLOSED && state != SYN_RECEIVED)
		adopt(sock, network, state);
	return 0;
}

#endif
