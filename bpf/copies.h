/* SPDX-License-Identifier: GPL-2.0 */
/* Packets that are shown whole, within a budget: copied into memory that the agent reads. What is left out is counted. */
#ifndef COPIES_H
#define COPIES_H

#include "claims.h"

#define ONE_COPY 1024
#define COPY_ROOM (1 << 19)
#define COPY_MARGIN 2048

struct budget {
	__u32 tokens;
	__u32 refilled;		/* jiffies */
};

/* A flood of one kind takes nothing from another: by ICMPv6 type, of which apart what comes from :: (duplicate address detection, RFC 4862 §5.4.2) and what goes to one node; by the set of extension headers; and by enum claim_news, what that leaves out. */
#define BUDGETS_FROM_NOBODY 256
#define BUDGETS_TO_ONE 512
#define BUDGETS_OF_CHAINS 768
#define BUDGETS_OF_CLAIMS 1024
#define BUDGETS (BUDGETS_OF_CLAIMS + CLAIM_CHANGED + 1)

/* One for each CPU: a ring of its own costs no lock and no call. A record that begins before the end of the room goes on into the margin;
 * the next begins where it would after a turn. Positions are bytes since the load. */
struct copy_room {
	byte_count	written;
	__u8		spare[56];
	byte_count	read;		/* by the agent */
	__u8		spare_too[56];
	struct budget	budgets[2][BUDGETS];
	__u8		bytes[COPY_ROOM + COPY_MARGIN];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct copy_room);
} copy_rooms SEC(".maps");

/* What is to be copied, and for which reason. */
struct told {
	__u32	kind;
	__u32	budget;
	__u32	packets;	/* on the wire */
	__u32	most;		/* bytes of the frame */
	__u32	transport;	/* offset in the frame */
	bool	is_claim;
	packet_count *over;	/* where to count it when it is not copied */
	packet_count *full;
};

inlined struct copy_room *own_room(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&copy_rooms, &cpu);
}

inlined bool take_budget(struct budget *budget)
{
	__u32 now = bpf_jiffies64();
	__u64 tokens = budget->tokens + (__u64)(now - budget->refilled) * settings.copy_gain;

	if (tokens > settings.copy_burst)
		tokens = settings.copy_burst;
	budget->refilled = now;
	budget->tokens = tokens < ONE_COPY ? tokens : tokens - ONE_COPY;
	return tokens >= ONE_COPY;
}

inlined void describe_copy(const struct frame *frame, const struct told *told, struct packet_copy *copy)
{
	volatile struct __sk_buff *skb = frame->context;

	copy->time = bpf_ktime_get_ns();
	copy->interface = frame->interface;
	copy->segment_size = frame->size_of_segments;
	copy->segments = told->packets;
	copy->direction = frame->direction;
	copy->link = frame->has_link_header ? LINK_ETHERNET : LINK_NONE;
	copy->kind = told->kind;
	copy->tag = 0;
	copy->tag_protocol = 0;
	if (frame->hook == HOOK_XDP || !skb->vlan_present)
		return;
	copy->tag = skb->vlan_tci;
	copy->tag_protocol = bpf_ntohs(skb->vlan_proto);
}

inlined struct packet_copy *next_copy(struct copy_room *room)
{
	return (void *)&room->bytes[room->written & (COPY_ROOM - 1)];
}

/* Writes a record behind the last one, where nobody reads yet, and returns its size, or 0 when there is no room. */
inlined __u32 write_copy(const struct frame *frame, const struct told *told, struct copy_room *room)
{
	struct packet_copy *copy = next_copy(room);
	__u32 length = frame->hook == HOOK_XDP ? bpf_xdp_get_buff_len(frame->context) : frame->length;
	__u32 size, last = (length < told->most ? length : told->most) - 1;

	/* Compared and used in one register, or the verifier does not believe it; that of 6.1 learns nothing from "not 0". */
	asm volatile("" : "+r"(last));
	if (last >= LARGEST_COPY)
		return 0;
	size = (sizeof(*copy) + last + 8) & ~7;
	if (room->written + size - room->read > COPY_ROOM || load_bytes(frame, 0, copy + 1, last + 1))
		return 0;
	copy->length = length;
	copy->captured = last + 1;
	describe_copy(frame, told, copy);
	return size;
}

/* Within the budget, or news of its own budget. */
inlined bool is_worth_telling(const struct frame *frame, const struct told *told, struct copy_room *room, bool is_within)
{
	const struct packet_copy *copy = next_copy(room);
	enum claim_news news;

	if (!told->is_claim)
		return true;
	news = remember_claim(frame, copy + 1, told->transport, copy->captured);
	return is_within || (news && take_budget(&room->budgets[frame->direction][BUDGETS_OF_CLAIMS + news]));
}

inlined void copy_packet(const struct frame *frame, struct direction_totals *totals, const struct told *told)
{
	struct copy_room *room = own_room();
	__u32 size, budget = told->budget;
	bool is_within;

	/* The verifier of 6.1 loses the bounds of an index that was put together with "or". */
	asm volatile("" : "+r"(budget));
	if (!room || budget >= BUDGETS_OF_CLAIMS)
		return;
	is_within = take_budget(&room->budgets[frame->direction][budget]);
	size = is_within || told->is_claim ? write_copy(frame, told, room) : 0;
	if (is_within && !size) {
		*told->full += told->packets;
		return;
	}
	if (!size || !is_worth_telling(frame, told, room, is_within)) {
		*told->over += told->packets;
		return;
	}
	/* Atomic, since a store could be seen before the record on machines that reorder stores. */
	__sync_fetch_and_add(&room->written, size);
	totals->copied += told->packets;
}

inlined bool is_asked_for(__u32 type)
{
	return settings.copied_types[type >> 6 & 3] >> (type & 63) & 1;
}

inlined void copy_icmpv6(const struct frame *frame, struct direction_totals *totals, const struct packet *packet)
{
	__u32 type = packet->ports & 0xff;
	bool is_from_nobody = !(packet->key[0] | packet->key[1]), is_to_one = bpf_be64_to_cpu(packet->key[2]) >> 56 != 0xff;
	struct told told = {
		.kind = COPY_ICMPV6,
		.budget = type + (is_from_nobody ? BUDGETS_FROM_NOBODY : is_to_one ? BUDGETS_TO_ONE : 0),
		.packets = packet->packets,
		.most = LARGEST_COPY,
		.transport = packet->offset,
		.is_claim = is_claim(type, is_from_nobody),
		.over = &totals->over_budget[type],
		.full = &totals->ring_full[type],
	};

	if (is_asked_for(type))
		copy_packet(frame, totals, &told);
}

#endif
