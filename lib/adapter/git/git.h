/* SPDX-License-Identifier: MIT */
/*
 * git, on the checkout of the application. The repository is not trusted: no hook, filter or other program that it
 * or its configuration names is run, no path is followed that it sets (core.worktree), and its source is reached by
 * http(s), ssh, git or a path alone. Files get the
 * modes of the commit, whatever the umask. A password in a source's URL reaches git through a file, never
 * through an argument list.
 */
#ifndef ADAPTER_GIT_H
#define ADAPTER_GIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

/*
 * Clones BRANCH (NULL or "": the source's own) of SOURCE as DIR, which must not be there: it appears
 * whole or not at all. User and password of an http URL are kept in the file CREDENTIALS (0600) alone. 69 where the source
 * does not answer.
 */
int git_clone(const char *source, const char *branch, const char *credentials, const char *dir,
	      struct error *e);

/*
 * The full id of the commit that NAME (a branch, a tag, an id, "HEAD") means in the repository DIR;
 * NULL: 66, there is none. The caller frees it.
 */
char *git_commit(const char *dir, const char *name, struct error *e);

/* The branch that is checked out in DIR, "" where there is none; NULL on failure. The caller frees it. */
char *git_branch(const char *dir, struct error *e);

/* Adds the names of the branches, here and at the source, and of the tags of DIR; one may come twice. */
int git_names(const char *dir, struct strlist *names, struct error *e);

/*
 * Puts the files of COMMIT of the repository DIR into the folder TO, which is made anew. The checkout itself
 * is neither looked at nor changed. A commit that git_check_whole() refuses: 65. The caller holds the appliance lock.
 */
int git_export(const char *dir, const char *commit, const char *to, struct error *e);

/*
 * 0: COMMIT holds the content of all its files. 65 where it does not, and names the first: a submodule, or a file that a
 * filter makes (Git LFS: the commit holds a pointer of 130 bytes).
 */
int git_check_whole(const char *dir, const char *commit, struct error *e);

/*
 * Removes what a killed git left in the repository DIR: its locks (*.lock), and files that it had begun (tmp_pack_*); says
 * so. Only where no git works there or in a checkout that shares it, by /proc: else it waits for ten seconds where there is a
 * lock, and ends with 75. git_fetch(), git_follow() and git_move() call it.
 */
int git_unlock(const char *dir, struct error *e);

/* 0: DIR is a checkout; 66: it is missing, or is none. A repository that holds DIR does not count. */
int git_check(const char *dir, struct error *e);

/* 1: the checkout DIR has a source ("origin"), 0: it has none, -1. */
int git_has_source(const char *dir, struct error *e);

/* The URL of the source of DIR without user and password, "" where it has none; NULL on failure. The caller frees it. */
char *git_source(const char *dir, struct error *e);

/* SOURCE without user and password, as the configuration of a checkout has it; the caller frees it. */
char *git_public_url(const char *source);

/* Keeps user and password of SOURCE, which the checkout follows, in the file CREDENTIALS; removes it where SOURCE has none. */
int git_login(const char *source, const char *credentials, struct error *e);

/*
 * Makes SOURCE that of DIR, and its login the one kept in CREDENTIALS, where one of its branches holds COMMIT: 1; it does
 * not, and nothing changes: 0; -1, 69 where it does not answer.
 */
int git_follow(const char *dir, const char *source, const char *credentials, const char *commit, struct error *e);

/*
 * Fetches all branches and tags of the source into refs/remotes/origin, forced pushes included; branches that are
 * gone there go here. CREDENTIALS: the login, as git_clone() keeps it. 69 where the source does not answer.
 */
int git_fetch(const char *dir, const char *credentials, struct error *e);

/* A file that differs between two commits. */
struct git_change {
	char status; /* A added, M changed (in type, too), D deleted, R renamed */
	char *path;  /* the bytes of its name; of R the new one */
	char *old;   /* of R the name it had; else NULL */
};

/* A submodule that differs: the commits it is at; "" where it is not there. */
struct git_link {
	char *path;
	char *from, *to;
};

struct git_diff {
	struct git_change *change;
	size_t changes;
	struct git_link *link;
	size_t links;
};

/*
 * What differs from FROM to TO (full ids, or "" for nothing at all): the files that match PATHSPEC, in the order
 * of their names, and all submodules. A rename to or from a name that does not match counts as A or D. A git that
 * fails is 74.
 */
int git_diff(const char *dir, const char *from, const char *to, const char *pathspec, struct git_diff *d,
	     struct error *e);
void git_diff_free(struct git_diff *d);

/* 1: COMMIT is in the history of OF, or is it; 0: it is not; -1. */
int git_is_in(const char *dir, const char *commit, const char *of, struct error *e);

/* 1: files of the checkout differ from HEAD (untracked ones do not count); 0: none does; -1. */
int git_is_dirty(const char *dir, struct error *e);

/* The path of the first submodule in COMMIT, "" where it has none; NULL on failure. The caller frees it. */
char *git_submodule(const char *dir, const char *commit, struct error *e);

/*
 * Moves the checkout to COMMIT: its branch, where BRANCH is what is checked out, else the checkout alone. Only
 * where no file differs from HEAD.
 */
int git_move(const char *dir, const char *branch, const char *commit, struct error *e);

#endif
