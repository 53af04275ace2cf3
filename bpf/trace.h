/* SPDX-License-Identifier: GPL-2.0 */
/* What tracepoints tell: the records, and what the agent fills in. Their offsets are generated from BTF (tools/generate-codecs.ts). */
#ifndef TRACE_H
#define TRACE_H

#include "flow.h"

typedef __u64 kernel_address;		/* stays on the node: the agent tells names */

enum neighbour_event : __u8 {
	NEIGHBOUR_CREATE,
	NEIGHBOUR_UPDATE,
	NEIGHBOUR_TIMER,
	NEIGHBOUR_SEND,
	NEIGHBOUR_REMOVE,
};

#define LARGEST_MAC 8
#define NOT_KNOWN 0xff

struct neighbour_change {
	monotonic_ns		time;
	ipv6_address		address;
	__u32			interface;
	__u32			flags;			/* NTF_* of <linux/neighbour.h> */
	__u8			mac[LARGEST_MAC];
	__u8			old_mac[LARGEST_MAC];
	__u8			state;			/* NUD_* */
	__u8			old_state;		/* NOT_KNOWN: not met before */
	enum neighbour_event	event;
	__u8			mac_length;
	__u8			spare[4];
};

struct retransmission {
	monotonic_ns	time;
	monotonic_ns	heard;			/* when the last acknowledgement came, to the jiffy */
	byte_count	acknowledged;		/* of all that was ever sent */
	ipv6_address	source;
	ipv6_address	destination;
	__u32		sequence;
	__u32		length;			/* bytes of payload */
	__u32		segment_size;
	__u32		unacknowledged;
	__u16		source_port;
	__u16		destination_port;
	__u16		header_length;		/* of TCP, with the options of a usual segment */
	__u8		state;
	__u8		spare[1];
};

#define INTERFACE_NAME 16

/* Drops are told apart by this. */
struct drop_key {
	kernel_address	location;
	__u32		reason;
	__u32		network;		/* inode of the namespace, 0 where it cannot be told */
	__u32		interface;
	__u8		name[INTERFACE_NAME - 1]; /* of the interface, without its last zero: its index means nothing in another namespace */
	__u8		announces;		/* 1: a neighbour advertisement to a group, which nobody asked for */
	enum family	family;
	__u8		protocol;		/* behind all extension headers that could be read */
	enum direction	direction;
	__u8		icmp_type;		/* NOT_KNOWN: none */
};

/* And by this as far as there is room: the rest is in the count of its kind alone. */
struct drop_pair {
	struct drop_key	kind;
	ipv6_address	source;
	ipv6_address	destination;
};

struct drop_tally {
	packet_count	count;
	packet_count	copied;
	monotonic_ns	turn;			/* when the budget of copies was full */
	packet_count	copies;			/* asked for since then */
};

#define LARGEST_DROP_COPY 256

/* So many bytes follow, from the IP header on, and then up to 7 of padding. */
struct drop_copy {
	monotonic_ns	time;
	struct drop_key	key;
	__u32		length;			/* of the packet, from the IP header on */
	__u16		captured;
	__u16		spare;
};

/* Per CPU: what is missing in the records. */
struct trace_losses {
	packet_count	drops;			/* counted nowhere else: the table is full */
	packet_count	drops_filtered;		/* not asked for */
	packet_count	drop_copies;
	packet_count	neighbours;
	packet_count	retransmissions;
};

struct trace_settings {
	__u32	network;		/* inode of the observed namespace: neighbours of others are left out */
	__u32	only_network;		/* so are drops and retransmissions */
	__u32	families;		/* bit n: enum family n is asked for */
	__u32	copies_a_place;		/* copies at once and in each copied_every, for each kind of drop and CPU */
	__u32	only_discovery;		/* drops that are no evidence for a diagnosis are passed over, and of the others no pairs are counted */
	__u32	spare;
	monotonic_ns copied_every;
	monotonic_ns tick;		/* length of a jiffy */
};

#endif
