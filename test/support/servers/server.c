// Listens in every way that C leaves to the kernel, on 9801 last, until its stdin ends.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void hold(int type, const char *address, int port, int v6only)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, type, 0);

	inet_pton(AF_INET6, address, &in6.sin6_addr);
	if (v6only >= 0)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(int));
	if (bind(fd, (struct sockaddr *)&in6, sizeof(in6)) || (type == SOCK_STREAM && listen(fd, SOMAXCONN))) {
		perror(address);
		exit(1);
	}
}

int main(void)
{
	hold(SOCK_STREAM, "::", 9802, 1);
	hold(SOCK_STREAM, "::ffff:0.0.0.0", 9803, -1);
	hold(SOCK_DGRAM, "::", 9804, -1);
	hold(SOCK_STREAM, "::", 9801, -1);
	while (getchar() != EOF)
		;
	return 0;
}
