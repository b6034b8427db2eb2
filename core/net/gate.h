/* gate.h - which addresses a connection may go to.
 *
 * Link-local ones answer with what only this machine is told, a cloud's credentials for one. So
 * they are for those alone who name them: no redirect, and no name that leads there, gets that far.
 */
#ifndef LAM_NET_GATE_H
#define LAM_NET_GATE_H

#include "net/curl.h"

struct lam_gate {
	int admits_link_local, has_refused;
};

/* Whether a host, as a URL has it, is a link-local address. */
int lam_gate_is_link_local(const char *host);

/* For CURLOPT_OPENSOCKETFUNCTION; its data is a struct lam_gate. */
curl_socket_t lam_gate_open(void *data, curlsocktype purpose, struct curl_sockaddr *to);

#endif
