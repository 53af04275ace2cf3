/* SPDX-License-Identifier: GPL-2.0 */
/* The records that leave the kernel. Their TypeScript is generated from BTF (tools/generate-codecs.ts), with the words below as types. */
#ifndef FLOW_H
#define FLOW_H

#include <linux/types.h>

typedef __u64 byte_count;
typedef __u64 packet_count;
typedef __u32 line_packets;
typedef __u32 monotonic_2p20ns;		/* CLOCK_MONOTONIC in units of 2^20 ns; wraps after 52 days. In the kernel: jiffies, see tell_time */
typedef __u64 tick_count;
typedef __u64 monotonic_ns;
typedef __u32 flow_path;		/* interface | family | direction | protocol, see enum path_bit */
typedef __u16 port_be16;
typedef __u8 header_mask;		/* bit n: enum extension_header n was met */
typedef __u8 fragment_mask;		/* bit n: enum fragment_position n was met */
typedef __u8 tcp_flags;
typedef struct { __u64 words[2]; } ipv6_address;	/* network order; IPv4 as ::ffff:a.b.c.d */
typedef __u64 clause_set;

/* Names the enum that counts an array's index; arrays of arrays name one enum for each. */
#define BY(enumeration) __attribute__((btf_decl_tag("by " #enumeration)))

enum direction : __u8 { DIRECTION_INGRESS, DIRECTION_EGRESS };
enum family : __u8 { FAMILY_IPV4, FAMILY_IPV6 };

enum path_bit : __u8 { PATH_PROTOCOL_BIT = 0, PATH_DIRECTION_BIT = 8, PATH_FAMILY_BIT = 9, PATH_INTERFACE_BIT = 10 };

enum extension_header : __u8 {
	EXTENSION_HOP_BY_HOP,
	EXTENSION_ROUTING,
	EXTENSION_FRAGMENT,
	EXTENSION_AUTHENTICATION,
	EXTENSION_DESTINATION_OPTIONS,
	EXTENSION_MOBILITY,
	EXTENSION_HIP,
	EXTENSION_SHIM6,
};

enum fragment_position : __u8 { FRAGMENT_FIRST, FRAGMENT_LATER, FRAGMENT_LAST, FRAGMENT_ATOMIC };

enum protocol_class : __u8 {
	PROTOCOL_OTHER,
	PROTOCOL_TCP,
	PROTOCOL_UDP,
	PROTOCOL_ICMPV6,
	PROTOCOL_ICMP,
	PROTOCOL_SCTP,
	PROTOCOL_ESP,
	PROTOCOL_GRE,
	PROTOCOL_IPV4_INSIDE,
	PROTOCOL_IPV6_INSIDE,
	PROTOCOL_NO_NEXT_HEADER,
	PROTOCOL_MOBILITY,
	PROTOCOL_HIP,
	PROTOCOL_SHIM6,
};
#define PROTOCOL_CLASSES (PROTOCOL_SHIM6 + 1)

/* By the packet's L3 bytes on the wire: at most so many. */
enum size_class : __u8 {
	SIZE_64,
	SIZE_128,
	SIZE_256,
	SIZE_512,
	SIZE_1024,
	SIZE_1280,
	SIZE_1536,
	SIZE_4096,
	SIZE_9216,
	SIZE_LARGER,
};
#define SIZE_CLASSES (SIZE_LARGER + 1)

enum undecodable_reason : __u8 {
	UNDECODABLE_TRUNCATED_LINK_HEADER,
	UNDECODABLE_TRUNCATED_IP_HEADER,
	UNDECODABLE_BAD_VERSION,
	UNDECODABLE_BAD_HEADER_LENGTH,
	UNDECODABLE_TRUNCATED_CHAIN,
	UNDECODABLE_CHAIN_TOO_LONG,
	UNDECODABLE_TRUNCATED_TRANSPORT_HEADER,
	UNDECODABLE_NOT_READABLE,
	UNDECODABLE_INTERFACE_INDEX_TOO_LARGE,
};
#define UNDECODABLE_REASONS (UNDECODABLE_INTERFACE_INDEX_TOO_LARGE + 1)

/* How a copied frame begins: with an Ethernet header, or with the IP header. */
enum link_kind : __u8 { LINK_NONE, LINK_ETHERNET };

/* Why a packet was copied: its ICMPv6 type was asked for, or it has extension headers (or a chain that ends nowhere). */
enum copy_kind : __u8 { COPY_ICMPV6, COPY_CHAIN };

/* How the walk along a chain ended. */
enum chain_end : __u8 { CHAIN_DECODED, CHAIN_TRUNCATED, CHAIN_TOO_LONG };

#define LONGEST_CHAIN 16
#define HEADER_SETS 256
#define FRAGMENT_SETS 16

struct flow_key {
	ipv6_address	source;
	ipv6_address	destination;
	port_be16	source_port;		/* ICMP, ICMPv6: type << 8 | code; 0 without a transport header */
	port_be16	destination_port;
	flow_path	path;			/* 0 in a line that is free: interfaces count from 1 */
};

struct flow_count {
	byte_count		bytes;
	line_packets		packets;
	tcp_flags		tcp_flags;
	header_mask		headers;
	fragment_mask		fragments;
	__u8			spare;
	monotonic_2p20ns	first;
	monotonic_2p20ns	last;
};

/* Exactly one cache line. */
struct flow_line {
	struct flow_key		key;
	struct flow_count	count;
};

struct tally {
	packet_count	packets;
	byte_count	bytes;
};

/* seen = other_family + rejected + in flows + overflow + undecodable. From protocols on: the packets that passed the filter. */
struct direction_totals {
	struct tally	seen;
	struct tally	other_family;
	struct tally	rejected;
	struct tally	overflow;
	struct tally	undecodable[UNDECODABLE_REASONS] BY(undecodable_reason);
	struct tally	protocols[2][PROTOCOL_CLASSES] BY(family) BY(protocol_class);
	packet_count	sizes[SIZE_CLASSES] BY(size_class);
	packet_count	chain_depths[LONGEST_CHAIN + 1];	/* packets with n > 0 extension headers */
	packet_count	header_sets[HEADER_SETS];		/* by header_mask, where one was met */
	packet_count	fragment_sets[FRAGMENT_SETS];		/* by fragment_mask, where one was met */
	packet_count	icmp_types[256];
	packet_count	icmpv6_types[256];
	packet_count	copied;				/* records in the ring */
	packet_count	over_budget[256];		/* by ICMPv6 type: to be copied, but too many came */
	packet_count	ring_full[256];
	packet_count	chains_over_budget;		/* the same for packets that were to be copied for their chain */
	packet_count	chains_ring_full;
	struct tally	chains_overflow;		/* packets whose chain found no place among the counted ones */
};

/* Extension headers in their order, and what follows them: in a later fragment, what its Fragment header names. */
struct chain_key {
	enum direction	direction;
	enum family	family;
	enum chain_end	end;
	__u8		depth;
	__u8		protocol;
	__u8		spare[3];
	__u8		headers[LONGEST_CHAIN];
};

struct chain_count {
	struct chain_key key;
	struct tally	tally;
};

/* So many bytes of the frame follow, from the link header on, and then up to 7 of padding. */
struct packet_copy {
	monotonic_ns	time;
	__u32		interface;
	__u32		length;			/* of the frame on the wire */
	__u16		captured;
	__u16		tag;			/* VLAN tag that the kernel took out of the frame, where tag_protocol is not 0 */
	__u16		tag_protocol;		/* ethertype */
	__u16		segment_size;		/* of a GSO packet, otherwise 0 */
	__u16		segments;
	enum direction	direction;
	enum link_kind	link;
	enum copy_kind	kind;
	__u8		spare[3];
};

struct totals {
	struct direction_totals directions[2] BY(direction);
};

#endif
