// SPDX-License-Identifier: GPL-2.0
/* What the kernel's tracepoints tell. Each program stands alone: a kernel that lacks its tracepoint costs no other. */
#include "neighbour.h"
#include "retransmission.h"
#include "drop.h"

char LICENSE[] SEC("license") = "GPL";
