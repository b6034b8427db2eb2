/* gate.c - see gate.h */
#define _GNU_SOURCE
#include "net/gate.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static int is_link_local4(const struct in_addr *address)
{
	return ntohl(address->s_addr) >> 16 == 0xa9fe; /* 169.254/16 */
}

static int is_link_local6(const struct in6_addr *address)
{
	struct in_addr mapped;

	if (!IN6_IS_ADDR_V4MAPPED(address))
		return IN6_IS_ADDR_LINKLOCAL(address);
	memcpy(&mapped, &address->s6_addr[12], sizeof(mapped));
	return is_link_local4(&mapped);
}

int lam_gate_is_link_local(const char *host)
{
	char text[INET6_ADDRSTRLEN + 1];
	int is_6 = *host == '[';
	size_t len = strcspn(host + is_6, is_6 ? "]%" : ":");
	struct in6_addr six;
	struct in_addr four;

	if (len >= sizeof(text))
		return 0;
	memcpy(text, host + is_6, len);
	text[len] = '\0';
	if (is_6)
		return inet_pton(AF_INET6, text, &six) == 1 && is_link_local6(&six);
	return inet_pton(AF_INET, text, &four) == 1 && is_link_local4(&four);
}

static int leads_link_local(const struct curl_sockaddr *to)
{
	const void *address = &to->addr;

	if (to->family == AF_INET6)
		return is_link_local6(&((const struct sockaddr_in6 *)address)->sin6_addr);
	return to->family == AF_INET &&
	       is_link_local4(&((const struct sockaddr_in *)address)->sin_addr);
}

curl_socket_t lam_gate_open(void *data, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct lam_gate *gate = data;

	(void)purpose;
	if (leads_link_local(to) && !gate->admits_link_local) {
		gate->has_refused = 1;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}
