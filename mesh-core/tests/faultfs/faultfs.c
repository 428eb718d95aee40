/* A disk that fails: stands between a program and the calls that write to one folder.
 *
 *   FAULTFS_DIR   only files under this folder count
 *   FAULTFS_AT    which call fails, from 1; 0 for none
 *   FAULTFS_KIND  full | eio | broken | short | cut
 *   FAULTFS_LOG   at exit the number of calls is written to this file
 *
 * full    every write and truncation from that call on says ENOSPC
 * eio     that call says EIO, the later ones work
 * broken  every call from that one on says EIO, syncs too
 * short   that write takes half of its bytes, the later ones work
 * cut     before that call the folder is copied to FAULTFS_DIR.cut: what a power cut
 *         would leave of a disk that writes at once, or lied about its syncs since
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { NONE, FULL, EIO_ONCE, BROKEN, SHORT, CUT };
enum call { WRITE, TRUNCATE, SYNC };

static char folder[PATH_MAX];
static enum kind kind;
static long fail_at, calls;

__attribute__((constructor)) static void begin(void) {
    const char *of = getenv("FAULTFS_DIR");
    const char *name = getenv("FAULTFS_KIND");
    const char *at = getenv("FAULTFS_AT");
    if (of == NULL || realpath(of, folder) == NULL) {
        folder[0] = 0;
    }
    fail_at = at == NULL ? 0 : strtol(at, NULL, 10);
    static const char *const names[] = {"none", "full", "eio", "broken", "short", "cut"};
    for (int i = NONE; name != NULL && i <= CUT; i++) {
        if (strcmp(name, names[i]) == 0) {
            kind = (enum kind)i;
        }
    }
    /* A child of ours, such as cp, writes as it likes. */
    unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void end(void) {
    const char *log = getenv("FAULTFS_LOG");
    FILE *file = log == NULL ? NULL : fopen(log, "w");
    if (file != NULL) {
        fprintf(file, "%ld", calls);
        fclose(file);
    }
}

static int is_ours(int fd) {
    char link[64], path[PATH_MAX];
    if (folder[0] == 0) {
        return 0;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t bytes = readlink(link, path, sizeof path - 1);
    if (bytes <= 0) {
        return 0;
    }
    path[bytes] = 0;
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

static void copy_folder(void) {
    char command[3 * PATH_MAX];
    snprintf(command, sizeof command, "cp -a '%s' '%s.cut'", folder, folder);
    if (system(command) != 0) {
        abort();
    }
}

/* The error to give, 0 for none. */
static int fault(int fd, enum call call, size_t *bytes) {
    if (!is_ours(fd)) {
        return 0;
    }
    calls++;
    int is_now = calls == fail_at, is_since = fail_at > 0 && calls >= fail_at;
    switch (kind) {
    case FULL:
        return is_since && call != SYNC ? ENOSPC : 0;
    case EIO_ONCE:
        return is_now ? EIO : 0;
    case BROKEN:
        return is_since ? EIO : 0;
    case SHORT:
        if (is_now && call == WRITE && *bytes > 1) {
            *bytes /= 2;
        }
        return 0;
    case CUT:
        if (is_now) {
            copy_folder();
        }
        return 0;
    default:
        return 0;
    }
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define REFUSE(fd, call, bytes)                                                                    \
    do {                                                                                           \
        int refused = fault(fd, call, bytes);                                                      \
        if (refused != 0) {                                                                        \
            errno = refused;                                                                       \
            return -1;                                                                             \
        }                                                                                          \
    } while (0)

ssize_t write(int fd, const void *from, size_t bytes) {
    REFUSE(fd, WRITE, &bytes);
    return NEXT(write)(fd, from, bytes);
}

ssize_t pwrite(int fd, const void *from, size_t bytes, off_t at) {
    REFUSE(fd, WRITE, &bytes);
    return NEXT(pwrite)(fd, from, bytes, at);
}

ssize_t pwrite64(int fd, const void *from, size_t bytes, off64_t at) {
    REFUSE(fd, WRITE, &bytes);
    return NEXT(pwrite64)(fd, from, bytes, at);
}

int ftruncate(int fd, off_t bytes) {
    REFUSE(fd, TRUNCATE, NULL);
    return NEXT(ftruncate)(fd, bytes);
}

int ftruncate64(int fd, off64_t bytes) {
    REFUSE(fd, TRUNCATE, NULL);
    return NEXT(ftruncate64)(fd, bytes);
}

int fsync(int fd) {
    REFUSE(fd, SYNC, NULL);
    return NEXT(fsync)(fd);
}

int fdatasync(int fd) {
    REFUSE(fd, SYNC, NULL);
    return NEXT(fdatasync)(fd);
}
