/* ahead.c - see ahead.h
 *
 * Two buffers go round: the thread fills one while the caller has the other. */
#include "base/ahead.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/fd.h"

enum { PIECE = 1 << 20 };

struct piece {
	char *data;
	ssize_t size; /* 0: empty, to be filled */
	int num;      /* errno of a failed read */
};

struct lam_ahead {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct piece pieces[2];
	int turn; /* which one the caller has next */
	int held; /* the caller has the other one */
	int stop;
	int fd;
	uint64_t unread, unseen; /* bytes: by the thread, by the caller */
};

/* Waits until a piece is empty; 0 when it is time to stop. */
static int wait_for_room(struct lam_ahead *a, struct piece *piece)
{
	int stop;

	pthread_mutex_lock(&a->lock);
	while (piece->size != 0 && !a->stop)
		pthread_cond_wait(&a->changed, &a->lock);
	stop = a->stop;
	pthread_mutex_unlock(&a->lock);
	return !stop;
}

static void hand_over(struct lam_ahead *a, struct piece *piece, ssize_t size, int num)
{
	pthread_mutex_lock(&a->lock);
	piece->size = size;
	piece->num = num;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

static void *read_all(void *data)
{
	struct lam_ahead *a = data;
	int turn = 0;

	while (a->unread > 0) {
		struct piece *piece = &a->pieces[turn];
		size_t want = a->unread < PIECE ? (size_t)a->unread : PIECE;
		struct lam_err err = { .num = ESTALE };
		ssize_t n;

		if (!wait_for_room(a, piece))
			return NULL;
		n = lam_fd_read_full(a->fd, piece->data, want, "it", &err);
		if (n < (ssize_t)want) {
			hand_over(a, piece, -1, err.num);
			return NULL;
		}
		hand_over(a, piece, n, 0);
		a->unread -= want;
		turn = !turn;
	}
	return NULL;
}

static struct lam_ahead *fail(struct lam_ahead *a, int num, struct lam_err *err)
{
	free(a->pieces[0].data);
	free(a);
	lam_err_set(err, num, "read ahead");
	return NULL;
}

struct lam_ahead *lam_ahead_new(int fd, uint64_t size, struct lam_err *err)
{
	struct lam_ahead *a = calloc(1, sizeof(*a));
	int rc;

	if (!a) {
		lam_err_set(err, ENOMEM, "read ahead");
		return NULL;
	}
	a->fd = fd;
	a->unread = a->unseen = size;
	a->pieces[0].data = malloc(2 * PIECE);
	if (!a->pieces[0].data)
		return fail(a, ENOMEM, err);
	a->pieces[1].data = a->pieces[0].data + PIECE;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	rc = pthread_create(&a->thread, NULL, read_all, a);
	return rc == 0 ? a : fail(a, rc, err);
}

/* Gives the piece that the caller had back, and waits for the next one. */
static struct piece *exchange(struct lam_ahead *a)
{
	struct piece *piece = &a->pieces[a->turn];

	pthread_mutex_lock(&a->lock);
	if (a->held) {
		a->pieces[!a->turn].size = 0;
		pthread_cond_signal(&a->changed);
	}
	while (piece->size == 0)
		pthread_cond_wait(&a->changed, &a->lock);
	pthread_mutex_unlock(&a->lock);
	a->held = 1;
	a->turn = !a->turn;
	return piece;
}

ssize_t lam_ahead_next(struct lam_ahead *a, const char **data, struct lam_err *err)
{
	struct piece *piece;

	if (a->unseen == 0)
		return 0;
	piece = exchange(a);
	if (piece->size < 0)
		return lam_err_set(err, piece->num, "read%s",
				   piece->num == ESTALE ? ": it changed meanwhile" : "");
	a->unseen -= (uint64_t)piece->size;
	*data = piece->data;
	return piece->size;
}

void lam_ahead_free(struct lam_ahead *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = 1;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->changed);
	free(a->pieces[0].data);
	free(a);
}
