/* Holds a pod's namespaces open, reaps what its containers leave behind, and ends on SIGTERM. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int signal_number)
{
	(void)signal_number;
	_exit(0);
}

static void reap(int signal_number)
{
	(void)signal_number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

int main(void)
{
	struct sigaction ending = { .sa_handler = end };
	struct sigaction reaping = { .sa_handler = reap, .sa_flags = SA_NOCLDSTOP };

	sigaction(SIGTERM, &ending, NULL);
	sigaction(SIGINT, &ending, NULL);
	sigaction(SIGCHLD, &reaping, NULL);
	for (;;)
		pause();
}
