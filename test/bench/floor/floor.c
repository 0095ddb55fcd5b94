/* The floor: an epoll loop that parses nothing and answers every read with the
 * same bytes. What a server does beyond this is what it costs. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static char *reply[3];
static size_t length[3];
static const size_t size[3] = {1 << 10, 10 << 10, 100 << 10};

struct conn { int fd; const char *at; size_t rest; };

static void build(void) {
	for (int i = 0; i < 3; i++) {
		reply[i] = malloc(size[i] + 256);
		int n = sprintf(reply[i], "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n", size[i]);
		memset(reply[i] + n, 'x', size[i]);
		length[i] = n + size[i];
	}
}

static int pump(struct conn *c) {
	while (c->rest > 0) {
		ssize_t n = write(c->fd, c->at, c->rest);
		if (n < 0) return errno == EAGAIN ? 0 : -1;
		c->at += n;
		c->rest -= n;
	}
	return 0;
}

static int serve(struct conn *c) {
	char in[4096];
	ssize_t n = read(c->fd, in, sizeof in);
	if (n == 0 || (n < 0 && errno != EAGAIN)) return -1;
	if (n < 8) return 0;
	/* "GET /1k", "GET /10k", "GET /100k": the digits tell which. */
	int i = in[6] != '0' ? 0 : in[7] != '0' ? 1 : 2;
	c->at = reply[i];
	c->rest = length[i];
	return pump(c);
}

int main(int argc, char **argv) {
	int one = 1, ep = epoll_create1(0), ls = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (argc < 2 || bind(ls, (struct sockaddr *)&a, sizeof a) || listen(ls, 1024)) return 1;
	build();
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL}, evs[128];
	epoll_ctl(ep, EPOLL_CTL_ADD, ls, &ev);
	for (;;) {
		int n = epoll_wait(ep, evs, 128, -1);
		for (int i = 0; i < n; i++) {
			struct conn *c = evs[i].data.ptr;
			if (!c) {
				int fd = accept4(ls, NULL, NULL, SOCK_NONBLOCK);
				if (fd < 0) continue;
				setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
				c = calloc(1, sizeof *c);
				c->fd = fd;
				ev.events = EPOLLIN | EPOLLOUT | EPOLLET;
				ev.data.ptr = c;
				epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
				continue;
			}
			int r = c->rest ? pump(c) : 0;
			if (r == 0 && (evs[i].events & EPOLLIN) && c->rest == 0) r = serve(c);
			if (r) { close(c->fd); free(c); }
		}
	}
}
