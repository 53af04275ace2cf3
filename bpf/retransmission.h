/* SPDX-License-Identifier: GPL-2.0 */
/* What TCP sockets send again. */
#ifndef RETRANSMISSION_H
#define RETRANSMISSION_H

#include "traced.h"

RECORDS(retransmissions);

inlined bool is_mapped(const ipv6_address *address)
{
	return !address->words[0] && (__u32)address->words[1] == bpf_htonl(0xffff);
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(on_tcp_retransmit, struct sock *sock, struct sk_buff *skb)
{
	struct retransmission told = {.time = bpf_ktime_get_ns()};
	struct sock_common *common = &sock->__sk_common;
	struct tcp_sock *tcp = (void *)sock;
	struct tcp_skb_cb *segment = (void *)__builtin_preserve_access_index(&skb->cb);

	if (trace_settings.only_network && BPF_CORE_READ(common, skc_net.net, ns.inum) != trace_settings.network)
		return 0;
	if (BPF_CORE_READ(common, skc_family) == INET6) {
		BPF_CORE_READ_INTO(&told.source, common, skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&told.destination, common, skc_v6_daddr);
	} else {
		map_ipv4(&told.source, BPF_CORE_READ(common, skc_rcv_saddr));
		map_ipv4(&told.destination, BPF_CORE_READ(common, skc_daddr));
	}
	/* A socket of both families speaks IPv4 to a mapped address. */
	if (!(trace_settings.families >> (is_mapped(&told.destination) ? FAMILY_IPV4 : FAMILY_IPV6) & 1))
		return 0;
	told.source_port = BPF_CORE_READ(common, skc_num);
	told.destination_port = bpf_ntohs(BPF_CORE_READ(common, skc_dport));
	told.state = BPF_CORE_READ(common, skc_state);
	told.sequence = BPF_CORE_READ(segment, seq);
	told.length = BPF_CORE_READ(skb, len);
	told.segment_size = BPF_CORE_READ(tcp, mss_cache);
	told.unacknowledged = BPF_CORE_READ(tcp, snd_una);
	told.acknowledged = BPF_CORE_READ(tcp, bytes_acked);
	told.header_length = BPF_CORE_READ(tcp, tcp_header_len);
	told.heard = told.time - trace_settings.tick * (__u32)(bpf_jiffies64() - BPF_CORE_READ(tcp, rcv_tstamp));
	if (bpf_ringbuf_output(&retransmissions, &told, sizeof(told), NO_WAKEUP))
		lost(retransmissions);
	return 0;
}

#endif
