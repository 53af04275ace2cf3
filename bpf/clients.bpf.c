// SPDX-License-Identifier: GPL-2.0
/* Clients of listening sockets, and the connections that are made from here. */
#include "clients-sweep.h"
#include "clients-udp.h"

char LICENSE[] SEC("license") = "GPL";
