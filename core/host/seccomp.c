/* seccomp.c - run while building: writes the compiled filter for the default capabilities as C.
 *
 * libseccomp takes twenty milliseconds for it, longer than all else that starting a container
 * takes. Other sets of capabilities are compiled when they are asked for. */
#include <stdio.h>

#include "sys/caps.h"
#include "sys/seccomp.h"
#include "sys/seccomp_default.h"

/* This program makes it; here there is none yet. */
const struct lam_seccomp_code lam_seccomp_default[2] = { { NULL, 0 }, { NULL, 0 } };

static void write_part(const char *name, const struct lam_seccomp_part *part)
{
	printf("static const struct sock_filter %s[] = {\n", name);
	for (unsigned i = 0; i < part->len; i++)
		printf("\t{ %u, %u, %u, %uu },\n", part->code[i].code, part->code[i].jt,
		       part->code[i].jf, part->code[i].k);
	printf("};\n");
}

int main(void)
{
	struct lam_seccomp filter = { { NULL, 0 }, { NULL, 0 } };
	struct lam_err err;

	if (lam_seccomp_compile(lam_caps_default(), &filter, &err) < 0) {
		fprintf(stderr, "seccomp: %s\n", err.text);
		return 1;
	}
	printf("#include \"sys/seccomp_default.h\"\n\n");
	write_part("calls", &filter.calls);
	write_part("uses", &filter.uses);
	printf("const struct lam_seccomp_code lam_seccomp_default[2] = {\n"
	       "\t{ calls, %u },\n\t{ uses, %u },\n};\n",
	       filter.calls.len, filter.uses.len);
	lam_seccomp_free(&filter);
	return 0;
}
