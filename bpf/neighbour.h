/* SPDX-License-Identifier: GPL-2.0 */
/* Changes of the observed namespace's IPv6 neighbour table. */
#ifndef NEIGHBOUR_H
#define NEIGHBOUR_H

#include "traced.h"

RECORDS(neighbours);

struct last_seen {
	__u8	mac[LARGEST_MAC];
	__u8	state;
	__u8	is_router;
	__u8	spare[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct last_seen);
} known_neighbours SEC(".maps");

#define NTF_ROUTER 0x80

inlined bool is_observed(struct neighbour *neighbour)
{
	return BPF_CORE_READ(neighbour, tbl, family) == INET6 && network_of(BPF_CORE_READ(neighbour, dev)) == trace_settings.network;
}

inlined void see(struct neighbour *neighbour, struct last_seen *seen)
{
	bpf_probe_read_kernel(seen->mac, LARGEST_MAC, __builtin_preserve_access_index(&neighbour->ha));
	seen->state = neighbour->nud_state;
	seen->is_router = !!(neighbour->flags & NTF_ROUTER);
}

inlined bool same(const struct last_seen *a, const struct last_seen *b)
{
	return *(__u64 *)a->mac == *(__u64 *)b->mac && a->state == b->state && a->is_router == b->is_router;
}

inlined void describe(struct neighbour_change *change, struct net_device *device, const void *address)
{
	__u8 mac_length = BPF_CORE_READ(device, addr_len);

	__builtin_memset(change, 0, sizeof(*change));
	change->time = bpf_ktime_get_ns();
	bpf_probe_read_kernel(&change->address, sizeof(change->address), address);
	change->interface = BPF_CORE_READ(device, ifindex);
	change->mac_length = mac_length < LARGEST_MAC ? mac_length : LARGEST_MAC;
	change->old_state = NOT_KNOWN;
}

inlined void tell_neighbour(struct neighbour_change *change)
{
	if (bpf_ringbuf_output(&neighbours, change, sizeof(*change), NO_WAKEUP))
		lost(neighbours);
}

/* What is as it was is not told. */
inlined int tell_change(struct neighbour *neighbour, enum neighbour_event event)
{
	struct neighbour_change change;
	struct last_seen now = {}, *last;
	__u64 key = (__u64)neighbour;

	if (!is_observed(neighbour))
		return 0;
	see(neighbour, &now);
	last = bpf_map_lookup_elem(&known_neighbours, &key);
	if (last && event != NEIGHBOUR_REMOVE && same(last, &now))
		return 0;
	describe(&change, BPF_CORE_READ(neighbour, dev), __builtin_preserve_access_index(&neighbour->primary_key));
	change.event = event;
	change.state = now.state;
	change.flags = neighbour->flags;
	__builtin_memcpy(change.mac, now.mac, LARGEST_MAC);
	if (last) {
		change.old_state = last->state;
		__builtin_memcpy(change.old_mac, last->mac, LARGEST_MAC);
	}
	if (event == NEIGHBOUR_REMOVE)
		bpf_map_delete_elem(&known_neighbours, &key);
	else
		bpf_map_update_elem(&known_neighbours, &key, &now, BPF_ANY);
	tell_neighbour(&change);
	return 0;
}

SEC("tp_btf/neigh_create")
int BPF_PROG(on_neigh_create, struct neigh_table *table, struct net_device *device, const void *unread,
	     struct neighbour *neighbour)
{
	struct neighbour_change change;
	struct last_seen now = {};
	__u64 key = (__u64)neighbour;
	const void *address;

	/* 6.12 refuses the access to an argument that is a pointer to const void. */
	if (bpf_probe_read_kernel(&address, sizeof(address), &ctx[2]))
		return 0;

	if (table->family != INET6 || network_of(device) != trace_settings.network)
		return 0;
	describe(&change, device, address);
	change.event = NEIGHBOUR_CREATE;
	bpf_map_update_elem(&known_neighbours, &key, &now, BPF_ANY);
	tell_neighbour(&change);
	return 0;
}

/* Before the change: so that one that was there before us is told with what it was. */
SEC("tp_btf/neigh_update")
int BPF_PROG(on_neigh_update, struct neighbour *neighbour)
{
	struct last_seen now = {};
	__u64 key = (__u64)neighbour;

	if (!is_observed(neighbour))
		return 0;
	see(neighbour, &now);
	bpf_map_update_elem(&known_neighbours, &key, &now, BPF_ANY);
	return 0;
}

SEC("tp_btf/neigh_update_done")
int BPF_PROG(on_neigh_update_done, struct neighbour *neighbour)
{
	return tell_change(neighbour, NEIGHBOUR_UPDATE);
}

SEC("tp_btf/neigh_timer_handler")
int BPF_PROG(on_neigh_timer, struct neighbour *neighbour)
{
	return tell_change(neighbour, NEIGHBOUR_TIMER);
}

SEC("tp_btf/neigh_event_send_done")
int BPF_PROG(on_neigh_send, struct neighbour *neighbour)
{
	return tell_change(neighbour, NEIGHBOUR_SEND);
}

SEC("tp_btf/neigh_cleanup_and_release")
int BPF_PROG(on_neigh_remove, struct neighbour *neighbour)
{
	return tell_change(neighbour, NEIGHBOUR_REMOVE);
}

#endif
