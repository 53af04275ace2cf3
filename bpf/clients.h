/* SPDX-License-Identifier: GPL-2.0 */
/* Who speaks with whom over TCP and UDP: the records, and what the agent fills in. Their offsets are generated from BTF (tools/generate-codecs.ts). */
#ifndef CLIENTS_H
#define CLIENTS_H

#include "flow.h"

typedef __u64 connection_count;

/* Which end is here. A connection within this kernel is told by both. */
enum reporter : __u8 { REPORTER_DESTINATION, REPORTER_SOURCE };

/* Bytes and counts are kept by this. */
struct client_key {
	ipv6_address	listener;	/* what the listening socket is bound to; reported by the source: where it connects to */
	ipv6_address	client;
	__u32		network;	/* inode of the namespace */
	__u16		port;		/* of the listener */
	__u8		protocol;
	enum reporter	reporter;
	enum family	family;		/* of the addresses: IPv4 also where an AF_INET6 socket holds ::ffff:a.b.c.d */
	enum family	socket;		/* of the socket that is here */
	__u8		spare[6];
};

struct client_tally {
	ipv6_address		address;	/* of the listener's end, as the latest had it */
	connection_count	existing;	/* when the programs were attached */
	connection_count	opened;		/* since then */
	connection_count	closed;		/* of both */
	connection_count	reset;		/* of these, by either end */
	connection_count	timed_out;	/* of these, with an end that fell silent */
	connection_count	refused;
	connection_count	unanswered;
	connection_count	unreachable;
	byte_count		received;	/* payload from the client, of what is closed; UDP: of all */
	byte_count		sent;
	packet_count		datagrams_received;
	packet_count		datagrams_sent;
};

/* One that is open, or is being opened. */
struct connection {
	struct client_key	key;
	ipv6_address		address;	/* of the listener's end */
	monotonic_ns		opened;		/* 0: not yet, or before the programs were attached */
	byte_count		received;	/* up to the last sweep */
	byte_count		sent;
	byte_count		received_before;	/* the programs were attached */
	byte_count		sent_before;
	__u16			client_port;
	__u8			is_open;
	__u8			is_old;
	__u8			spare[4];
};

enum connection_event : __u8 {
	CONNECTION_OPENED,
	CONNECTION_CLOSED,
	CONNECTION_REFUSED,
	CONNECTION_UNANSWERED,
	CONNECTION_UNREACHABLE,
};

enum connection_end : __u8 { END_FINISHED, END_RESET, END_TIMED_OUT };

struct connection_change {
	monotonic_ns		time;
	struct connection	connection;
	enum connection_event	event;
	enum connection_end	end;
	__u8			spare[6];
};

/* What is missing in the records, or was left out. */
struct client_losses {
	connection_count	untracked;	/* opened, and no room to follow it */
	connection_count	untallied;	/* neither a client nor its listener found room */
	connection_count	changes;	/* not told: the ring was full */
	connection_count	filtered;
};

struct client_settings {
	__u32	own_network;	/* the agent's own port is nobody's business */
	__u32	only_network;	/* inode; 0: all */
	__u16	own_port;
	__u8	tells_changes;
	__u8	spare;
};

#endif
