/* SPDX-License-Identifier: GPL-2.0 */
/* What we take from the kernel's headers, and the few words that Debian 12's <linux/bpf.h> (6.1) does not have. */
#ifndef KERNEL_H
#define KERNEL_H

#include <linux/types.h>
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "flow.h"

#ifndef NULL
#define NULL ((void *)0)
#endif
#define inlined static __always_inline

/* TCX_NEXT of Linux 6.6, which is TC_ACT_UNSPEC for a clsact filter: the next program runs. */
#define LET_THE_NEXT_RUN -1

enum ethertype : __u16 {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_SERVICE_VLAN = 0x88a8,
	ETHERTYPE_OLD_SERVICE_VLAN = 0x9100,
};

#define ETHERNET_HEADER 14
#define VLAN_TAG 4
#define LARGEST_LINK_HEADER (ETHERNET_HEADER + 2 * VLAN_TAG)

struct ipv6_header {
	__u8	version;	/* in the high half; the low half begins the traffic class */
	__u8	rest[3];
	__be16	payload_length;
	__u8	next_header;
	__u8	hop_limit;
	ipv6_address source;
	ipv6_address destination;
};

struct ipv4_header {
	__u8	version_and_words;
	__u8	service_class;
	__be16	total_length;
	__be16	id;
	__be16	fragment;
	__u8	hop_limit;
	__u8	protocol;
	__be16	checksum;
	__be32	source;
	__be32	destination;
};

#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_FRAGMENT_OFFSET 0x1fff

#endif
