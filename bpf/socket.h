/* SPDX-License-Identifier: GPL-2.0 */
/* The members of sockets that tracing programs read; CO-RE finds where this kernel has them. */
#ifndef SOCKET_H
#define SOCKET_H

#include "kernel.h"
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#define NO_WAKEUP 1
#define INET 2
#define INET6 10
#define CORE __attribute__((preserve_access_index))

struct ns_common { unsigned int inum; } CORE;
struct net_device;
struct net { struct ns_common ns; struct net_device *loopback_dev; } CORE;
typedef struct { struct net *net; } CORE possible_net_t;
struct in6_addr { __u8 bytes[16]; };
struct sock_common {
	unsigned short skc_family;
	volatile unsigned char skc_state;
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
	possible_net_t skc_net;
	unsigned long skc_flags;
} CORE;
struct sock {
	struct sock_common __sk_common;
	int sk_err;
	__u8 sk_userlocks : 4;
	__u16 sk_protocol;
} CORE;
struct tcp_sock { __u64 bytes_acked, bytes_received; __u32 snd_una, write_seq, mss_cache, rcv_tstamp; __u16 tcp_header_len; } CORE;

inlined void map_ipv4(ipv6_address *address, __be32 ipv4)
{
	address->words[0] = 0;
	address->words[1] = (__u64)ipv4 << 32 | bpf_htonl(0xffff);
}

#endif
