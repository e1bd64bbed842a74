# SPDX-License-Identifier: MIT
"""Files of every kind that a vault may hold, and a look at a tree that misses nothing of them.

	odd.py make DIR    makes the folder DIR full of them
	odd.py list DIR    prints each entry of DIR, but ours at its top: name, kind, mode, owner, time, target,
	                   names of the same file, attributes; not the content, nor what no restore gives a file back:
	                   setuid, setgid, capabilities
"""
import os
import stat
import struct
import sys

OURS = {b".ecs-restore", b".ecs-snapshots", b"lost+found"}
# user::rw-, user:1234:rw-, group::r--, mask::rw-, other::---
ACCESS = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", *entry) for entry in ((1, 6, 0xFFFFFFFF), (2, 6, 1234), (4, 4, 0xFFFFFFFF), (16, 6, 0xFFFFFFFF),
                                              (32, 0, 0xFFFFFFFF)))
SECOND = 10**9
TIMES = {
    b"before-1970": -365 * 86400 * SECOND, b"before-1970-by-a-bit": -1, b"at-1970": 0,
    b"nanoseconds": 1700000000123456789, b"in-2400": 13569465600 * SECOND,
}
NAMES = [
    b"not-utf8-\xff\xfe", b"new\nline", b"tab\tname", b"carriage\rreturn", b"back\\slash", b"quote'\"s", b" first and last ",
    b"*?[a-z]", b"-dash", b"#hash", b"\x01control\x7f", b"e\xcc\x81", b"\xc3\xa9", b"n" * 255,
]
MODES = {b"set-uid": 0o4755, b"set-gid": 0o2755, b"sticky": 0o1644, b"nobody": 0}


def make(top):
    os.mkdir(top)
    os.chdir(top)

    def put(name, mode=0o640):
        with open(name, "wb") as file:
            file.write(b"content of " + name[:20])
        os.chmod(name, mode)

    for name in NAMES:
        put(name)
    for name, mode in MODES.items():
        put(name, mode)
    for name, when in TIMES.items():
        put(name)
        os.utime(name, ns=(when, when))
    for number, target in enumerate((b"not \xff utf8", b"new\nline", b"t" * 4000, b"\xc3\xa4")):
        os.symlink(target, b"link%d" % number)
    os.mkdir("folder")
    put(b"folder/inside")
    os.mkdir("empty")
    os.chmod("empty", 0o2775)
    put(b"one")
    os.link("one", "folder/other name")
    put(b"attribute")
    os.setxattr("attribute", "user.note", b"kept\0 = ,")
    put(b"listed")
    os.setxattr("listed", "system.posix_acl_access", ACCESS)
    os.setxattr("folder", "system.posix_acl_default", ACCESS)
    os.mkfifo("pipe")
    deep = b"."
    for number in range(20):
        deep += b"/%03d" % number + b"d" * 90
        os.mkdir(deep)
    put(deep + b"/leaf")
    for folder, _, names in os.walk(b"."):
        for name in names:
            os.chown(os.path.join(folder, name), 5432, 4321, follow_symlinks=False)
    put(b"capability", 0o755)
    os.setxattr("capability", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
    for name, mode in MODES.items():
        os.chmod(name, mode)
    os.utime("folder", (-86400, -86400))


def look(path, entry, first):
    st = entry.stat(follow_symlinks=False)
    file = stat.S_ISREG(st.st_mode)
    facts = [path, stat.filemode(st.st_mode & ~0o6000 if file else st.st_mode), st.st_uid, st.st_gid, st.st_mtime_ns]
    if stat.S_ISLNK(st.st_mode):
        facts.append(os.readlink(path))
    if file and st.st_nlink > 1:
        facts.append(("same as", first.setdefault(st.st_ino, path)))
    if file or stat.S_ISDIR(st.st_mode):
        facts.extend((name, os.getxattr(path, name)) for name in sorted(os.listxattr(path))
                     if name != "security.capability")
    print(*map(repr, facts))


def show(folder, first, top):
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if not (top and entry.name in OURS):
            look(entry.path, entry, first)
            if entry.is_dir(follow_symlinks=False):
                show(entry.path, first, False)


if sys.argv[1] == "make":
    make(os.fsencode(sys.argv[2]))
else:
    os.chdir(sys.argv[2])
    show(b".", {}, True)
