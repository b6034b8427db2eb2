/* l_container.h - a container's specification out of a Lua table. */
#ifndef LAM_BIND_L_CONTAINER_H
#define LAM_BIND_L_CONTAINER_H

#include "bind/lamlua.h"
#include "sys/container.h"

/* A container with what it borrows; a userdata whose collection releases the descriptors. */
struct lamL_container {
	struct lam_container spec;
	struct lam_mount *mounts; /* trees are owned here */
	int root;                 /* owned */
};

void lamL_container_type(lua_State *L);

/* Reads the table at `index` into a new userdata on the top of the stack. Raises on misuse;
 * returns NULL with *err filled when the system refuses. `joins`: the root and mounts of a
 * running container are used, so none may be given. */
struct lamL_container *lamL_container_new(lua_State *L, int index, int joins, struct lam_err *err);

#endif
