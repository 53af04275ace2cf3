/* SPDX-License-Identifier: GPL-2.0 */
/* TCP connections: from the state changes of sockets. */
#ifndef CLIENTS_TCP_H
#define CLIENTS_TCP_H

#include "clients-listening.h"

/* include/net/tcp_states.h */
enum tcp_state {
	ESTABLISHED = 1, SYN_SENT, SYN_RECEIVED, FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT, CLOSED, CLOSE_WAIT, LAST_ACK, LISTENING, CLOSING,
};

#define BROKEN_PIPE 32
#define CONNECTION_RESET 104
#define TIMED_OUT 110
#define REFUSED 111

inlined void tell(const struct connection *connection, enum connection_event event, enum connection_end end)
{
	struct connection_change *told;

	if (!client_settings.tells_changes)
		return;
	told = bpf_ringbuf_reserve(&changes, sizeof(*told), 0);
	if (!told) {
		lost(changes);
		return;
	}
	told->time = bpf_ktime_get_ns();
	told->connection = *connection;
	told->event = event;
	told->end = end;
	__builtin_memset(told->spare, 0, sizeof(told->spare));
	bpf_ringbuf_submit(told, NO_WAKEUP);
}

/* Payload: each end's SYN and FIN take a number of the sequence too (RFC 9293 section 3.4), and the kernel counts them, but for the SYN that a
 * listener sends or gets. */
inlined void read_bytes(const struct sock *sock, int state, struct connection *connection)
{
	struct tcp_sock *tcp = (void *)sock;
	bool is_source = connection->key.reporter == REPORTER_SOURCE;
	__u64 here = BPF_CORE_READ(tcp, bytes_acked), there = BPF_CORE_READ(tcp, bytes_received);
	bool has_ended = state == FIN_WAIT_1 || state == FIN_WAIT_2 || state == CLOSING || state == LAST_ACK;

	if (here && is_source)
		here--;
	if (here && has_ended && BPF_CORE_READ(tcp, snd_una) == BPF_CORE_READ(tcp, write_seq))
		here--;
	if (there && BPF_CORE_READ(sock, __sk_common.skc_flags) >> bpf_core_enum_value(enum sock_flags, SOCK_DONE) & 1)
		there--;
	connection->received = (is_source ? here : there) - connection->received_before;
	connection->sent = (is_source ? there : here) - connection->sent_before;
}

/* What is known when both ends are. */
inlined void read_ends(const struct sock *sock, struct connection *connection)
{
	struct client_key *key = &connection->key;
	ipv6_address local, remote;

	read_local(sock, &local);
	read_remote(sock, &remote);
	key->family = is_mapped(&remote) ? FAMILY_IPV4 : FAMILY_IPV6;
	if (key->reporter == REPORTER_SOURCE) {
		key->listener = remote;
		key->client = local;
		key->port = bpf_ntohs(BPF_CORE_READ(sock, __sk_common.skc_dport));
		connection->client_port = port_of(sock);
		connection->address = remote;
	} else {
		key->client = remote;
		connection->client_port = bpf_ntohs(BPF_CORE_READ(sock, __sk_common.skc_dport));
		connection->address = local;
	}
}

inlined struct connection new_connection(const struct sock *sock, enum reporter reporter, __u32 network)
{
	return (struct connection){.key = {
		.network = network,
		.protocol = TCP,
		.reporter = reporter,
		.socket = socket_family(sock),
	}};
}

/* The port that it comes from is chosen later. */
inlined void begin(const struct sock *sock, __u32 network)
{
	__u64 place = (__u64)sock;
	struct connection connection = new_connection(sock, REPORTER_SOURCE, network);

	if (bpf_map_update_elem(&connections, &place, &connection, BPF_ANY))
		lost(untracked);
}

inlined void open(const struct sock *sock, int state, __u32 network)
{
	__u64 place = (__u64)sock;
	struct connection *begun = bpf_map_lookup_elem(&connections, &place);
	struct connection connection = begun ? *begun : new_connection(sock, REPORTER_DESTINATION, network);
	struct client_tally *tally;

	/* There was no room for it when it began. */
	if (!begun && state == SYN_SENT)
		return;
	if (!begun)
		find_listener(sock, &connection.key);
	read_ends(sock, &connection);
	if (!is_asked_for(&connection.key, &connection.address, connection.client_port)) {
		lost(filtered);
		if (begun)
			bpf_map_delete_elem(&connections, &place);
		return;
	}
	connection.opened = bpf_ktime_get_ns();
	connection.is_open = 1;
	if (bpf_map_update_elem(&connections, &place, &connection, BPF_ANY)) {
		lost(untracked);
		return;
	}
	tally = tally_of(&connection.key, &connection.address);
	if (tally)
		count_one(tally->opened);
	tell(&connection, CONNECTION_OPENED, END_FINISHED);
}

/* Every connect that came to nothing. */
inlined void fail(const struct sock *sock, struct connection *connection)
{
	int error = BPF_CORE_READ(sock, sk_err);
	struct client_tally *tally;

	read_ends(sock, connection);
	if (!is_asked_for(&connection->key, &connection->address, connection->client_port)) {
		lost(filtered);
		return;
	}
	tally = tally_of(&connection->key, &connection->address);
	if (error == REFUSED) {
		if (tally)
			count_one(tally->refused);
		tell(connection, CONNECTION_REFUSED, END_FINISHED);
	} else if (!error || error == TIMED_OUT) {	/* none: the application waited no longer */
		if (tally)
			count_one(tally->unanswered);
		tell(connection, CONNECTION_UNANSWERED, END_FINISHED);
	} else {
		if (tally)
			count_one(tally->unreachable);
		tell(connection, CONNECTION_UNREACHABLE, END_FINISHED);
	}
}

/* Whoever closes with data unread, or at once with SO_LINGER, has sent no FIN before, and sends a reset. */
inlined enum connection_end end_of(const struct sock *sock, int state)
{
	int error = BPF_CORE_READ(sock, sk_err);

	if (error == TIMED_OUT)
		return END_TIMED_OUT;
	if (error == CONNECTION_RESET || error == BROKEN_PIPE || state == ESTABLISHED || state == CLOSE_WAIT)
		return END_RESET;
	return END_FINISHED;
}

inlined void close(const struct sock *sock, int state, struct connection *connection)
{
	struct client_tally *tally = tally_of(&connection->key, &connection->address);
	enum connection_end end = end_of(sock, state);

	read_bytes(sock, state, connection);
	if (tally) {
		__sync_fetch_and_add(&tally->received, connection->received);
		__sync_fetch_and_add(&tally->sent, connection->sent);
		if (end == END_RESET)
			count_one(tally->reset);
		if (end == END_TIMED_OUT)
			count_one(tally->timed_out);
		count_one(tally->closed);
	}
	tell(connection, CONNECTION_CLOSED, end);
}

inlined void end(const struct sock *sock, int state)
{
	__u64 place = (__u64)sock;
	struct connection *connection = bpf_map_lookup_elem(&connections, &place);

	if (!connection)
		return;
	if (connection->is_open)
		close(sock, state, connection);
	else if (state == SYN_SENT)
		fail(sock, connection);
	bpf_map_delete_elem(&connections, &place);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_set_state, const struct sock *sock, const int before, const int after)
{
	__u32 network;

	if (BPF_CORE_READ(sock, sk_protocol) != TCP)
		return 0;
	network = network_of(sock);
	if (is_elsewhere(network))
		return 0;
	if (after == CLOSED && before == LISTENING)
		forget_listener(sock, network);
	else if (after == CLOSED)
		end(sock, before);
	else if (after == LISTENING)
		note_listener(sock, network);
	else if (after == SYN_SENT)
		begin(sock, network);
	/* With data in its SYN (RFC 7413) a connection may be served, and closed here, before it is established. */
	else if (after == ESTABLISHED || before == SYN_RECEIVED)
		open(sock, before, network);
	return 0;
}

#endif
