// Binds every ordered pair of addresses under every setting of the reuse flags, and prints what happened: the kernel's own word, beside
// which the matrix of bindcheck is laid. With an address it listens there until it is killed.
// usage: bind-matrix PORT [IPV6_ADDRESS]
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct plan {
	const char *address;
	int v6only; // -1: the family has none
	int reuseaddr, reuseport;
};

enum mode { TCP_BOUND, TCP_LISTEN, UDP };

static const char *mode_names[] = {"tcp-bound", "tcp-listen", "udp"};
static const struct plan addresses[] = {
	{"0.0.0.0", -1}, {"::", 0}, {"::", 1}, {"127.0.0.1", -1}, {"::1", 0}, {"::ffff:0.0.0.0", 0}, {"::ffff:127.0.0.1", 0},
};
#define ADDRESSES (int)(sizeof(addresses) / sizeof(addresses[0]))
static int port;

static const char *name_of(int error)
{
	return error == 0 ? "ok" : strerrorname_np(error);
}

static int make(struct plan plan, enum mode mode)
{
	int fd = socket(plan.v6only < 0 ? AF_INET : AF_INET6, mode == UDP ? SOCK_DGRAM : SOCK_STREAM, 0);
	int one = 1;

	if (fd < 0) {
		perror("socket");
		exit(2);
	}
	if (plan.v6only >= 0)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &plan.v6only, sizeof(int));
	if (plan.reuseaddr)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (plan.reuseport)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	return fd;
}

static int try_bind(int fd, struct plan plan)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	if (plan.v6only < 0) {
		inet_pton(AF_INET, plan.address, &in4.sin_addr);
		return bind(fd, (struct sockaddr *)&in4, sizeof(in4)) ? errno : 0;
	}
	inet_pton(AF_INET6, plan.address, &in6.sin6_addr);
	return bind(fd, (struct sockaddr *)&in6, sizeof(in6)) ? errno : 0;
}

static void show(const struct plan *plans, int count, enum mode mode)
{
	const char *bound[3] = {"null", "null", "null"}, *heard[3] = {"null", "null", "null"};
	bool fine = true;
	int fds[3];

	for (int i = 0; i < count; i++)
		fds[i] = make(plans[i], mode);
	for (int i = 0; i < count && fine; i++) {
		bound[i] = name_of(try_bind(fds[i], plans[i]));
		fine = strcmp(bound[i], "ok") == 0;
		if (fine && mode == TCP_LISTEN) {
			heard[i] = name_of(listen(fds[i], 8) ? errno : 0);
			fine = strcmp(heard[i], "ok") == 0;
		}
	}
	for (int i = 0; i < count && fine && mode == TCP_BOUND; i++) {
		heard[i] = name_of(listen(fds[i], 8) ? errno : 0);
		fine = strcmp(heard[i], "ok") == 0;
	}
	printf("%s", mode_names[mode]);
	for (int i = 0; i < count; i++) {
		printf(" | %s %d %d %d %s %s", plans[i].address, plans[i].v6only, plans[i].reuseaddr, plans[i].reuseport, bound[i],
		       heard[i]);
		close(fds[i]);
	}
	printf(" | %s\n", fine ? "coexist" : "refused");
}

static struct plan with(struct plan plan, int flags)
{
	plan.reuseaddr = flags & 1;
	plan.reuseport = (flags & 2) != 0;
	return plan;
}

static int hold(const char *address)
{
	struct plan plan = {address, 0};
	int fd = make(plan, TCP_LISTEN);

	if (try_bind(fd, plan) || listen(fd, 8)) {
		perror(address);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	return pause();
}

int main(int argc, char **argv)
{
	// Bits: 1 SO_REUSEADDR, 2 SO_REUSEPORT; of the first and the second socket.
	static const int flags[][2] = {{0, 0}, {1, 1}, {1, 0}, {0, 1}, {2, 2}, {2, 0}, {0, 2}, {1, 2}, {3, 3}};
	static const int openings[][2] = {{0, 2}, {2, 0}, {5, 2}, {2, 5}};

	port = argc > 1 ? atoi(argv[1]) : 0;
	if (argc > 2)
		return hold(argv[2]);
	for (enum mode mode = TCP_BOUND; mode <= UDP; mode++) {
		for (int setting = 0; setting < 9; setting++)
			for (int one = 0; one < ADDRESSES; one++)
				for (int other = 0; other < ADDRESSES; other++) {
					struct plan pair[] = {with(addresses[one], flags[setting][0]), with(addresses[other], flags[setting][1])};

					show(pair, 2, mode);
				}
		for (int opening = 0; opening < 4; opening++)
			for (int third = 0; third < ADDRESSES; third++) {
				struct plan triple[] = {addresses[openings[opening][0]], addresses[openings[opening][1]], addresses[third]};

				show(triple, 3, mode);
			}
	}
	return 0;
}
