// SPDX-License-Identifier: Apache-2.0
/* Going on in the background, in such a way that a script can wait for readiness by waiting for the command. */
#include "labctl.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

void in_background(void (*prepare)(char **args), void (*run)(void), char **args)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC))
		fail_errno("pipe");
	pid = fork();
	if (pid < 0)
		fail_errno("fork");
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		setsid();
		prepare(args);
		printf("%d\n", (int)getpid());
		fflush(stdout);
		/* let go of the script's pipes, or a $(labctl …) never ends */
		for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
			dup2(null, fd);
		close(null);
		if (write(ready[1], "r", 1) != 1)
			exit(1);
		run();
		exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		waitpid(pid, &status, 0);
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
}
