// SPDX-License-Identifier: Apache-2.0
/* Short connections at a steady rate, over IPv4 and IPv6 in turn, to sockets of its own on [::]: each sends 100 bytes, gets 10, and is closed by both ends
 * with a FIN. A process on each processor is both ends of half of them, a batch at once, so that nothing is paid but the connections: no process waits
 * for another. Prints, for each family: connections, bytes sent, bytes received; then the seconds that it took.
 *   connections FIRST_PORT RATE SECONDS */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 2
#define PORTS 4	/* of each */
#define BATCH 32

struct counts {
	long done[2], sent[2], received[2];
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static int listen_on(int port)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int listener = socket(AF_INET6, SOCK_STREAM, 0), off = 0, on = 1;

	setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (void *)&address, sizeof(address)) || listen(listener, BATCH)) {
		perror("listen");
		exit(1);
	}
	return listener;
}

static int reach(int is_six, int port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int made = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	if (is_six ? connect(made, (void *)&six, sizeof(six)) : connect(made, (void *)&four, sizeof(four))) {
		close(made);
		return -1;
	}
	return made;
}

static void answer(int listener)
{
	char bytes[256];
	int connection = accept(listener, NULL, NULL);

	if (recv(connection, bytes, sizeof(bytes), 0) <= 0 || send(connection, "0123456789", 10, MSG_NOSIGNAL) != 10)
		perror("answer");
	close(connection);
}

static void visit(int listener, int port, struct counts *counts)
{
	static const char question[100];
	char bytes[256];
	int made[BATCH];

	for (int each = 0; each < BATCH; each++) {
		made[each] = reach(each & 1, port);
		if (made[each] < 0)
			continue;
		counts->done[each & 1]++;
		counts->sent[each & 1] += send(made[each], question, sizeof(question), MSG_NOSIGNAL);
	}
	for (int each = 0; each < BATCH; each++)
		if (made[each] >= 0)
			answer(listener);
	for (int each = 0; each < BATCH; each++)
		if (made[each] >= 0) {
			counts->received[each & 1] += recv(made[each], bytes, sizeof(bytes), 0);
			close(made[each]);
		}
}

static void make(int process, int first, double rate, int seconds, struct counts *counts)
{
	int listeners[PORTS];
	double began, ahead;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(process, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	for (int port = 0; port < PORTS; port++)
		listeners[port] = listen_on(first + port);
	began = now();
	for (long batch = 0; batch * BATCH < rate * seconds && now() - began < seconds; batch++) {
		ahead = began + batch * BATCH / rate - now();
		if (ahead > 0)
			usleep(ahead * 1e6);
		visit(listeners[batch % PORTS], first + batch % PORTS, counts);
	}
	sleep(1);	/* the last are closed */
}

int main(int count, char **words)
{
	int first = atoi(words[1]), seconds = atoi(words[3]);
	struct counts *counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), all = {0};
	double began = now();

	for (int process = 0; process < PROCESSES; process++)
		if (fork() == 0) {
			make(process, first + process * PORTS, atof(words[2]) / PROCESSES, seconds, &counts[process]);
			exit(0);
		}
	while (wait(NULL) > 0)
		;
	for (int process = 0; process < PROCESSES; process++)
		for (int family = 0; family < 2; family++) {
			all.done[family] += counts[process].done[family];
			all.sent[family] += counts[process].sent[family];
			all.received[family] += counts[process].received[family];
		}
	printf("%ld %ld %ld %ld %ld %ld %.2f\n", all.done[0], all.sent[0], all.received[0], all.done[1], all.sent[1], all.received[1], now() - began - 1);
	return 0;
}
