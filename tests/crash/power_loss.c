/*
 * Power loss for one process, without a kernel feature: preloaded, it keeps in SHADOW_DIR what a disk would still hold
 * if the power went now and nothing unsynced survived.
 *
 * On a successful fsync or fdatasync of a regular file below SHADOW_BASE the file is copied to the same relative path
 * in SHADOW_DIR, by write-to-temporary and rename; on unlink the copy goes too (a stale journal would undo what was
 * committed after it). Whoever kills the process then puts SHADOW_DIR in the place of SHADOW_BASE.
 *
 * The copy is read from the caller's own descriptor: opening the file again and closing it would drop the POSIX locks
 * that SQLite holds. What cannot be copied ends the process, so that a fault of the shim never looks like a lost event.
 *
 * Limits: whole files; all that is unsynced is lost and nothing is torn; directories and renames count as durable.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer than any shadow path plus the suffix of a temporary. */
enum { PATH_ROOM = PATH_MAX + 64 };

static pthread_mutex_t copying = PTHREAD_MUTEX_INITIALIZER;

static void give_up(const char *what, const char *path)
{
    dprintf(STDERR_FILENO, "power_loss: %s %s: %s\n", what, path, strerror(errno));
    abort();
}

/* The place of `path` in the shadow; 0 if it is not below SHADOW_BASE. */
static int shadow_of(const char *path, char shadow[PATH_ROOM])
{
    const char *base = getenv("SHADOW_BASE"), *dir = getenv("SHADOW_DIR");
    size_t length;
    if (!base || !dir)
        return 0;
    length = strlen(base);
    if (strncmp(path, base, length) != 0 || path[length] != '/')
        return 0;
    return snprintf(shadow, PATH_MAX, "%s%s", dir, path + length) < PATH_MAX;
}

static void make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            give_up("cannot make", path);
        *slash = '/';
    }
}

static void copy_synced(int fd)
{
    char link[64], path[PATH_MAX], shadow[PATH_ROOM], temporary[PATH_ROOM + 16];
    struct stat file;
    off_t at = 0;
    ssize_t length, copied;
    int out;

    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode) || file.st_nlink == 0)
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        give_up("cannot name", link);
    path[length] = '\0';
    if (!shadow_of(path, shadow))
        return;

    pthread_mutex_lock(&copying);
    snprintf(temporary, sizeof temporary, "%s.unfinished", shadow);
    make_parents(shadow);
    out = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0)
        give_up("cannot write", temporary);
    while ((copied = sendfile(out, fd, &at, 1 << 30)) > 0)
        ;
    if (copied < 0)
        give_up("cannot copy", path);
    close(out);
    if (rename(temporary, shadow) != 0)
        give_up("cannot rename", temporary);
    pthread_mutex_unlock(&copying);
}

static int synced(const char *call, int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, call);
    int result = real(fd), kept = errno;
    if (result == 0)
        copy_synced(fd);
    errno = kept;
    return result;
}

int fsync(int fd)
{
    return synced("fsync", fd);
}

int fdatasync(int fd)
{
    return synced("fdatasync", fd);
}

int unlink(const char *path)
{
    int (*real)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
    char resolved[PATH_MAX], shadow[PATH_ROOM];
    int below = realpath(path, resolved) != NULL && shadow_of(resolved, shadow);
    int result = real(path), kept = errno;
    if (result == 0 && below) {
        pthread_mutex_lock(&copying);
        if (real(shadow) != 0 && errno != ENOENT)
            give_up("cannot remove", shadow);
        pthread_mutex_unlock(&copying);
    }
    errno = kept;
    return result;
}
