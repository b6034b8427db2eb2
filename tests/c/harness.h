/* harness.h - a C test file is a table of cases; the program runs them all, or those named.
 *
 *	static void refuses_a_second_writer(void) { CHECK(...); }
 *	static const struct test_case cases[] = { CASE(refuses_a_second_writer), CASE_END };
 *	int main(int argc, char **argv) { return test_main(cases, argc, argv); } */
#ifndef LAM_TEST_HARNESS_H
#define LAM_TEST_HARNESS_H

#include <stdio.h>
#include <string.h>

struct test_case {
	const char *name;
	void (*run)(void);
};

#define CASE(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}
#define CASE_END                                                                                   \
	{                                                                                          \
		NULL, NULL                                                                         \
	}

static int test_failures;

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("  %s:%d: %s\n", __FILE__, __LINE__, #condition);                   \
			test_failures++;                                                           \
		}                                                                                  \
	} while (0)

static int test_main(const struct test_case *cases, int argc, char **argv)
{
	int failed = 0;

	for (; cases->name; cases++) {
		if (argc > 1 && !strstr(cases->name, argv[1]))
			continue;
		test_failures = 0;
		cases->run();
		printf("%s %s\n", test_failures ? "not ok" : "ok", cases->name);
		fflush(stdout);
		failed += test_failures > 0;
	}
	return failed > 0;
}

#endif
