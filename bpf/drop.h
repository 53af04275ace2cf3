/* SPDX-License-Identifier: GPL-2.0 */
/* Packets that the kernel drops: those that pass the filter are counted, by kind and by who sent them to whom; some are copied. */
#ifndef DROP_H
#define DROP_H

#include "dropped.h"
#include "match.h"

RECORDS(drop_copies);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1);
	__type(key, struct drop_key);
	__type(value, struct drop_tally);
} drops SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 1);
	__type(key, struct drop_pair);
	__type(value, packet_count);
} drop_pairs SEC(".maps");

struct drop_record {
	struct drop_copy	copy;
	__u8			bytes[LARGEST_DROP_COPY];
};

/* ICMPv6 types from a listener query to a version 2 report. */
#define FIRST_DISCOVERY 130
#define LAST_DISCOVERY 143

/* What a diagnosis of neighbours and of path MTUs asks for: lost discovery, and what a router had to answer with Packet Too Big. */
inlined bool is_evidence(const struct drop_key *key)
{
	if (key->family != FAMILY_IPV6)
		return false;
	return (key->icmp_type >= FIRST_DISCOVERY && key->icmp_type <= LAST_DISCOVERY) ||
	       reason_is(key->reason, SKB_DROP_REASON_PKT_TOO_BIG);
}

inlined bool is_asked_for(struct dropped *dropped)
{
	volatile clause_set *matched = &dropped->matched;
	const struct drop_pair *pair = &dropped->pair;

	/* The filter is of the messages that are shown. */
	if (trace_settings.only_discovery)
		return is_evidence(&pair->kind);
	if (!(settings.directions & 1 << pair->kind.direction))
		return false;
	if (!settings.clauses)
		return true;
	if (dropped->header_offset != UNSET_OFFSET) {
		match_addresses(matched, pair->source.words);
		match_protocol(matched, pair->kind.protocol);
	}
	if (dropped->traits & HAS_PORTS)
		match_ports(matched, dropped->ports);
	if (dropped->traits & HAS_TYPE)
		match_icmp_type(matched, dropped->ports & 0xff);
	return all_hold(*matched);
}

inlined void count_pair(const struct drop_pair *pair)
{
	__u64 one = 1, *count = bpf_map_lookup_elem(&drop_pairs, pair);

	if (!count && bpf_map_update_elem(&drop_pairs, pair, &one, BPF_NOEXIST))
		count = bpf_map_lookup_elem(&drop_pairs, pair);	/* another CPU was first */
	else if (!count)
		return;
	if (count)
		++*count;
}

/* NULL: the table is full. */
inlined struct drop_tally *count_drop(const struct drop_key *key)
{
	struct drop_tally none = {}, *tally = bpf_map_lookup_elem(&drops, key);

	if (!tally) {
		bpf_map_update_elem(&drops, key, &none, BPF_NOEXIST);
		tally = bpf_map_lookup_elem(&drops, key);
	}
	if (tally)
		tally->count++;
	else
		lost(drops);
	return tally;
}

inlined bool may_copy(struct drop_tally *tally)
{
	__u64 now = bpf_ktime_get_ns();

	if (now - tally->turn > trace_settings.copied_every) {
		tally->turn = now;
		tally->copies = 0;
	}
	return tally->copies++ < trace_settings.copies_a_place;
}

inlined void copy_drop(struct sk_buff *skb, const struct dropped *dropped, struct drop_tally *tally)
{
	struct drop_record *record;
	__u32 header = dropped->header_offset, start = skb->data - skb->head, captured, length;

	if (header == UNSET_OFFSET || !may_copy(tally))
		return;
	record = bpf_ringbuf_reserve(&drop_copies, sizeof(*record), 0);
	if (!record) {
		lost(drop_copies);
		return;
	}
	tally->copied++;
	record->copy.time = bpf_ktime_get_ns();
	record->copy.key = dropped->pair.kind;
	record->copy.spare = 0;
	/* Data begins behind the IP header once the transport has the packet. */
	length = start > header ? skb->len + (start - header) : skb->len - (header - start);
	record->copy.length = length;
	captured = skb->tail - header;
	if (captured > length)
		captured = length;
	if (captured > LARGEST_DROP_COPY)
		captured = LARGEST_DROP_COPY;
	asm volatile("" : "+r"(captured));
	if (captured > LARGEST_DROP_COPY || bpf_probe_read_kernel(record->bytes, captured, skb->head + header))
		captured = 0;
	record->copy.captured = captured;
	bpf_ringbuf_submit(record, NO_WAKEUP);
}

inlined int on_drop(struct sk_buff *skb, void *location, __u32 reason)
{
	__u32 only = 0;
	struct dropped *dropped = bpf_map_lookup_elem(&dropping, &only);
	struct drop_tally *tally;
	struct drop_key *key;

	if (!dropped)
		return 0;
	__builtin_memset(dropped, 0, sizeof(*dropped));
	key = &dropped->pair.kind;
	key->location = (__u64)location;
	key->reason = reason;
	key->icmp_type = NOT_KNOWN;
	if (!find_family(skb, dropped))
		return 0;
	find_interface(skb, key);
	if (trace_settings.only_network && key->network != trace_settings.network)
		return 0;
	key->direction = direction_of(skb, key->interface, reason);
	read_packet(skb, dropped);
	if (!is_asked_for(dropped)) {
		lost(drops_filtered);
		return 0;
	}
	tally = count_drop(key);
	if (!tally)
		return 0;
	if (dropped->header_offset != UNSET_OFFSET && !trace_settings.only_discovery)
		count_pair(&dropped->pair);
	copy_drop(skb, dropped, tally);
	return 0;
}

/* The socket that Linux 6.10 added comes behind the reason. */
SEC("tp_btf/kfree_skb")
int BPF_PROG(on_kfree_skb, struct sk_buff *skb, void *location, int reason)
{
	return on_drop(skb, location, reason);
}

/* Before Linux 5.17 there was no reason. */
SEC("tp_btf/kfree_skb")
int BPF_PROG(on_kfree_skb_alone, struct sk_buff *skb, void *location)
{
	return on_drop(skb, location, 0);
}

#endif
