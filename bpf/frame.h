/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes of a frame, from an skb or from XDP, in the linear area or behind it. */
#ifndef FRAME_H
#define FRAME_H

#include "kernel.h"
#include "flow.h"

enum hook { HOOK_TC, HOOK_XDP };

struct frame {
	void		*context;
	const volatile __u32 *nothing;	/* always 0, but the verifier does not know */
	void		*data;
	void		*data_end;
	__u32		length;
	__u32		interface;
	__u32		size_of_segments;	/* see gso_size() */
	enum hook	hook;
	enum direction	direction;
	bool		has_link_header;	/* Ethernet, or nothing (tun, wireguard, ip6tnl) */
	__u16		protocol;		/* the kernel's word for a frame without a link header; 0 on XDP */
};

inlined struct frame skb_frame(volatile struct __sk_buff *skb, enum direction direction, bool has_link_header)
{
	return (struct frame){
		.context = (void *)skb,
		.length = skb->len,
		.interface = skb->ifindex,
		.size_of_segments = skb->gso_size,
		.hook = HOOK_TC,
		.direction = direction,
		.has_link_header = has_link_header,
		.protocol = bpf_ntohs(skb->protocol),
	};
}

inlined struct frame xdp_frame(volatile struct xdp_md *xdp, bool has_link_header)
{
	return (struct frame){
		.context = (void *)xdp,
		.interface = xdp->ingress_ifindex,
		.hook = HOOK_XDP,
		.direction = DIRECTION_INGRESS,
		.has_link_header = has_link_header,
	};
}

/* The same value, of which the verifier knows nothing any more: paths that differ only in it are verified once. */
inlined __u32 forget(const struct frame *frame, __u32 value)
{
	return value + *frame->nothing;
}

/* What stands in map memory is read again from here on: paths that differ only in it are verified once. */
inlined void forget_memory(void)
{
	asm volatile("" ::: "memory");
}

/* 0 for a packet that is no GSO packet. */
inlined __u32 gso_size(const struct frame *frame)
{
	return frame->hook == HOOK_XDP ? 0 : forget(frame, frame->size_of_segments);
}

/* 0 where nobody counted them: a guest's or a tap's packet. Read only when it is a GSO packet. */
inlined __u32 gso_segments(const struct frame *frame)
{
	return frame->hook == HOOK_XDP ? 0 : ((volatile struct __sk_buff *)frame->context)->gso_segs;
}

/* Read again, these pointers are as good as new: the verifier forgets how far they were checked, and verifies what follows once. */
inlined void begin_frame(struct frame *frame)
{
	__u64 length;

	if (frame->hook == HOOK_XDP) {
		frame->data = (void *)(long)((volatile struct xdp_md *)frame->context)->data;
		frame->data_end = (void *)(long)((volatile struct xdp_md *)frame->context)->data_end;
		/* One register, or the compiler subtracts in 32 bits, which the verifier allows no pointer. */
		length = frame->data_end - frame->data;
		asm("" : "+r"(length));
		frame->length = length;
	} else {
		frame->data = (void *)(long)((volatile struct __sk_buff *)frame->context)->data;
		frame->data_end = (void *)(long)((volatile struct __sk_buff *)frame->context)->data_end;
	}
}

inlined long load_bytes(const struct frame *frame, __u32 offset, void *to, __u32 size)
{
	if (frame->hook == HOOK_XDP)
		return bpf_xdp_load_bytes(frame->context, offset, to, size);
	return bpf_skb_load_bytes(frame->context, offset, to, size);
}

/* The verifier refuses packet offsets that could pass 0xffff. */
#define FARTHEST_OFFSET 0xff00

/* Where the bytes from an offset are, if they are in the linear area; NULL beyond FARTHEST_OFFSET. Compared and used in one register: the
 * verifier of 6.1 takes no bound over from a copy. */
inlined const void *bytes_at(const struct frame *frame, __u32 offset)
{
	asm("" : "+r"(offset));
	return offset > FARTHEST_OFFSET ? NULL : frame->data + offset;
}

inlined bool is_linear(const struct frame *frame, __u32 offset, __u32 size)
{
	return frame->data + offset + size <= frame->data_end;
}

inlined bool is_vlan(__u16 ethertype)
{
	return ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_SERVICE_VLAN ||
	       ethertype == ETHERTYPE_OLD_SERVICE_VLAN;
}

inlined long read_ethertype(const struct frame *frame, __u32 offset, __u16 *ethertype)
{
	__be16 word;

	if (is_linear(frame, offset, sizeof(word)))
		word = *(__be16 *)(frame->data + offset);
	else if (load_bytes(frame, offset, &word, sizeof(word)))
		return -1;
	*ethertype = bpf_ntohs(word);
	return 0;
}

/* The frame's own ethertype counts, not skb->protocol: that is what an AF_PACKET sender claims. Returns the offset of the network header, or -1. */
inlined int read_link_header(const struct frame *frame, __u16 *ethertype)
{
	int offset = ETHERNET_HEADER;

	if (read_ethertype(frame, offset - 2, ethertype))
		return -1;
	for (int tag = 0; tag < 2; tag++) {
		if (!is_vlan(*ethertype))
			break;
		offset += VLAN_TAG;
		if (read_ethertype(frame, offset - 2, ethertype))
			return -1;
	}
	return offset;
}

/* Without a link header and without the kernel's word (XDP), the version says what it is. */
inlined int read_bare_packet(const struct frame *frame, __u16 *ethertype)
{
	__u8 version;

	*ethertype = frame->protocol;
	if (frame->hook != HOOK_XDP)
		return 0;
	if (!is_linear(frame, 0, 1))
		return -1;
	version = *(__u8 *)frame->data >> 4;
	*ethertype = version == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
	return 0;
}

#endif
