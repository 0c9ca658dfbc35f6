/* Looks names up with getaddrinfo(3), all at once, and prints the result of each: `NAME 0`, or its error. */
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **names) {
  for (int i = 1; i < count; i++) {
    if (fork() == 0) {
      struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
      printf("%s %d\n", names[i], getaddrinfo(names[i], 0, &hints, &found));
      return 0;
    }
  }
  while (wait(0) > 0) {}
  return 0;
}
