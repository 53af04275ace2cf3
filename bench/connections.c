// SPDX-License-Identifier: Apache-2.0
/* Short connections at a steady rate, over IPv4 and IPv6 in turn, to servers of its own on one [::] socket for each port: each sends 100 bytes and
 * gets 10. As many as it manages in that time. Prints, for each family: connections, bytes sent, bytes received; then the seconds that it took.
 *   connections FIRST_PORT RATE SECONDS */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORTS 8

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void *serve(void *argument)
{
	int listener = (int)(long)argument;
	char bytes[256];

	for (;;) {
		int connection = accept(listener, NULL, NULL);

		if (connection < 0)
			continue;
		while (read(connection, bytes, sizeof(bytes)) > 0)
			if (write(connection, "0123456789", 10) != 10)
				break;
		close(connection);
	}
	return NULL;
}

static void start_server(int port)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int listener = socket(AF_INET6, SOCK_STREAM, 0), off = 0, on = 1;
	pthread_t thread;

	setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (void *)&address, sizeof(address)) || listen(listener, 4096)) {
		perror("listen");
		exit(1);
	}
	pthread_create(&thread, NULL, serve, (void *)(long)listener);
}

static int reach(int family, int port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int made = socket(family, SOCK_STREAM, 0);

	if (family == AF_INET6 ? connect(made, (void *)&six, sizeof(six)) : connect(made, (void *)&four, sizeof(four))) {
		close(made);
		return -1;
	}
	return made;
}

int main(int count, char **words)
{
	int first = atoi(words[1]), rate = atoi(words[2]), seconds = atoi(words[3]);
	long done[2] = {0}, sent[2] = {0}, received[2] = {0};
	double began;
	char bytes[100] = {0};

	signal(SIGPIPE, SIG_IGN);
	for (int port = 0; port < PORTS; port++)
		start_server(first + port);
	began = now();
	for (long each = 0; each < (long)rate * seconds && now() - began < seconds; each++) {
		int is_six = each & 1, connection;
		double ahead = began + each / (double)rate - now();
		ssize_t got;

		if (ahead > 0.001)
			usleep(ahead * 1e6);
		connection = reach(is_six ? AF_INET6 : AF_INET, first + each / 2 % PORTS);
		if (connection < 0)
			continue;
		done[is_six]++;
		got = write(connection, bytes, sizeof(bytes));
		sent[is_six] += got > 0 ? got : 0;
		got = read(connection, bytes, sizeof(bytes));
		received[is_six] += got > 0 ? got : 0;
		close(connection);
	}
	printf("%ld %ld %ld %ld %ld %ld %.2f\n", done[0], sent[0], received[0], done[1], sent[1], received[1], now() - began);
	sleep(1);	/* the last are closed */
	return 0;
}
