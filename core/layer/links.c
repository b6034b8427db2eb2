/* links.c - see links.h: a hash table with open addressing */
#include "layer/links.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	dev_t dev;
	ino_t ino;
	char *path; /* NULL: free */
};

struct lam_links {
	struct slot *slots;
	size_t cap, count; /* cap is a power of two */
};

struct lam_links *lam_links_new(struct lam_err *err)
{
	struct lam_links *links = calloc(1, sizeof(*links));

	if (!links)
		lam_err_set(err, ENOMEM, "hard links");
	return links;
}

static struct slot *find(struct slot *slots, size_t cap, dev_t dev, ino_t ino)
{
	size_t at = (size_t)((ino * UINT64_C(0x9E3779B97F4A7C15)) ^ dev) & (cap - 1);

	while (slots[at].path && (slots[at].ino != ino || slots[at].dev != dev))
		at = (at + 1) & (cap - 1);
	return &slots[at];
}

static int grow(struct lam_links *links, struct lam_err *err)
{
	size_t cap = links->cap ? 2 * links->cap : 256;
	struct slot *slots;

	if (2 * (links->count + 1) < links->cap)
		return 0;
	slots = calloc(cap, sizeof(*slots));
	if (!slots)
		return lam_err_set(err, ENOMEM, "hard links");
	for (size_t i = 0; i < links->cap; i++)
		if (links->slots[i].path)
			*find(slots, cap, links->slots[i].dev, links->slots[i].ino) =
			    links->slots[i];
	free(links->slots);
	links->slots = slots;
	links->cap = cap;
	return 0;
}

const char *lam_links_first(struct lam_links *links, const struct stat *st, const char *path,
			    struct lam_err *err)
{
	struct slot *slot;

	if (grow(links, err) < 0)
		return NULL;
	slot = find(links->slots, links->cap, st->st_dev, st->st_ino);
	if (!slot->path) {
		*slot = (struct slot){ st->st_dev, st->st_ino, strdup(path) };
		if (!slot->path) {
			lam_err_set(err, ENOMEM, "hard links");
			return NULL;
		}
		links->count++;
	}
	return slot->path;
}

void lam_links_free(struct lam_links *links)
{
	if (!links)
		return;
	for (size_t i = 0; i < links->cap; i++)
		free(links->slots[i].path);
	free(links->slots);
	free(links);
}
