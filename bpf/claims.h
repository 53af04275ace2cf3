/* SPDX-License-Identifier: GPL-2.0 */
/* Who claims which address: remembered so that a claim which contradicts another is told even in a flood of claims. */
#ifndef CLAIMS_H
#define CLAIMS_H

#include "packet.h"

#define LARGEST_COPY (LARGEST_LINK_HEADER + 1500)
#define CLAIM_BITS 12
/* In 256 jiffies, which are 0.3 to 2.6 seconds. */
#define LONG_AGO 64

/* RFC 4861 §4.3, §4.4; in an advertisement the option is mostly the target link-layer address. */
struct claim_message {
	__u8		type, code;
	__u16		checksum;
	__u32		flags;
	ipv6_address	target;
	__u64		option;
};

/* Again: the same claim, some 256 jiffies after it was last heard. */
enum claim_news { CLAIM_KNOWN, CLAIM_AGAIN, CLAIM_NEW, CLAIM_CHANGED };

/* 24 bits that tell the target from others in this place, 24 bits of who claims it, and when. One store, so CPUs may share it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << CLAIM_BITS);
	__type(key, __u32);
	__type(value, __u64);
} claims SEC(".maps");

/* An advertisement, or a probe of duplicate address detection (RFC 4862 §5.4.2). */
inlined bool is_claim(__u32 type, bool is_from_nobody)
{
	return type == 136 || (type == 135 && is_from_nobody);
}

inlined __u64 hash_target(const struct frame *frame, const struct claim_message *message)
{
	const volatile hash_seed *seeds = settings.seeds;
	__u64 one = message->target.words[0], other = message->target.words[1];

	return (seeds[0] + (one >> 32)) * (seeds[1] + (__u32)one) + (seeds[2] + (other >> 32)) * (seeds[3] + (__u32)other) +
	       seeds[4] * frame->interface;
}

/* The sender on the link and the address it names: either may be what contradicts. */
inlined __u32 claimant(const struct frame *frame, const void *bytes, const struct claim_message *message, bool has_option)
{
	__u64 sum = has_option ? message->option : 0;

	if (frame->has_link_header)
		sum += (*(__u64 *)(bytes + 4) >> 16) * settings.seeds[5];
	return (__u32)((sum ^ sum >> 32) * settings.seeds[6]) >> 8;
}

/* From a copy of the frame, of which so many bytes are there. */
inlined enum claim_news remember_claim(const struct frame *frame, const void *bytes, __u32 transport, __u32 captured)
{
	const __u32 without_option = sizeof(struct claim_message) - sizeof(__u64);
	const struct claim_message *message;
	__u64 hash, claim, *kept, known;
	__u32 place, now = (__u16)(bpf_jiffies64() >> 8);

	asm volatile("" : "+r"(transport));
	if (transport > LARGEST_COPY || transport + without_option > captured)
		return CLAIM_KNOWN;
	message = bytes + transport;
	hash = hash_target(frame, message);
	place = hash >> (64 - CLAIM_BITS);
	kept = bpf_map_lookup_elem(&claims, &place);
	if (!kept)
		return CLAIM_KNOWN;
	known = *kept;
	claim = (hash >> 16 << 40) | (__u64)claimant(frame, bytes, message, transport + sizeof(*message) <= captured) << 16 | now;
	if (claim == known)
		return CLAIM_KNOWN;
	/* A place keeps its target until that has been silent for long: a flood of targets does not push the others out. */
	if ((claim ^ known) >> 40 && known && (__u16)(now - known) < LONG_AGO)
		return CLAIM_KNOWN;
	*kept = claim;
	if ((claim ^ known) >> 40)
		return CLAIM_NEW;
	return (claim ^ known) >> 16 ? CLAIM_CHANGED : CLAIM_AGAIN;
}

#endif
