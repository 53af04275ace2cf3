// SPDX-License-Identifier: GPL-2.0
/* For the bench: a program on the tracepoint of drops that does nothing. */
#include "kernel.h"

SEC("tp_btf/kfree_skb")
int nothing_dropped(void *context)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
