/* An agent for tests of the way to it: it reads its port from the settings it is given, and how to behave from the names of the interfaces there. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char chunk[65536];

static void send_megabytes(int client, long megabytes)
{
	for (long i = 0; i < megabytes * 16; i++) {
		memset(chunk, 'a' + i % 26, sizeof(chunk));
		for (size_t sent = 0; sent < sizeof(chunk);) {
			ssize_t taken = write(client, chunk + sent, sizeof(chunk) - sent);
			if (taken <= 0)
				return;
			sent += taken;
		}
	}
}

/* "bulk N" is answered with N MiB and the end, anything else with itself. */
static void serve(int client)
{
	char received[65536];
	ssize_t length;

	while ((length = read(client, received, sizeof(received) - 1)) > 0) {
		received[length] = 0;
		if (!strncmp(received, "bulk ", 5)) {
			send_megabytes(client, atol(received + 5));
			return;
		}
		if (write(client, received, length) != length)
			return;
	}
}

static void end(int signal)
{
	_exit(0);
}

static int fail(const char *words, int status)
{
	fprintf(stderr, "%s\n", words);
	return status;
}

int main(int argc, char **argv)
{
	const char *settings = argc > 1 ? argv[1] : "";
	const char *port = strstr(settings, "\"port\":");
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int server = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

	signal(SIGTERM, end);
	signal(SIGCHLD, SIG_IGN);
	if (strstr(settings, "\"exits\""))
		return fail("the first line\ncannot go on", 3);
	if (strstr(settings, "\"taken\""))
		return fail("{\"type\":\"failed\",\"code\":\"port-taken\",\"message\":\"the port is taken\",\"advice\":\"again\"}", 2);
	while (strstr(settings, "\"deaf\""))
		pause();
	address.sin_port = htons(port ? atoi(port + 7) : 0);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(server, (struct sockaddr *)&address, sizeof(address)) || listen(server, 64))
		return fail("cannot listen", 2);
	for (;;) {
		int client = accept(server, NULL, NULL);
		if (fork() == 0) {
			serve(client);
			_exit(0);
		}
		close(client);
	}
}
