"""Whether only this user can write a file that names commands to run. Only for systems with owners and groups."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path


def why_not_trusted(status: os.stat_result, platform: str) -> str:
    """Why another user may have written a file, or "": completes "FILE …".

    `status` is that of the opened file: the path may lead to another file by now.
    """
    if platform == "win32":
        return ""
    own_uid = os.geteuid()
    return why_not_to_trust(
        status.st_mode,
        status.st_uid,
        own_uid,
        has_private_group=lambda: is_private_group(status.st_gid, own_uid),
    )


def how_to_restrict(path: Path) -> str:
    """The commands that restrict a file to this user."""
    return f"chown {os.geteuid()} '{path}'; chmod 600 '{path}'"


def why_not_to_trust(mode: int, owner_uid: int, own_uid: int, *, has_private_group: Callable[[], bool]) -> str:
    """As `why_not_trusted`, from the numbers. ssh checks its own configuration in the same way.

    Where each user has a private group (`has_private_group`), it can usually write the user's files.
    """
    if owner_uid not in (0, own_uid):
        return "belongs to another user"
    if mode & stat.S_IWOTH or (mode & stat.S_IWGRP and not has_private_group()):
        return "can be written by other users"
    return ""


def is_private_group(gid: int, own_uid: int) -> bool:
    """Whether a group has the name of this user, or of root, and no other member.

    A group without members is not enough: a directory service need not list them all.
    """
    import grp  # not on Windows, and rarely needed
    import pwd  # as above

    names = set()
    for uid in (0, own_uid):
        with contextlib.suppress(KeyError):  # in a container, a user may have no name
            names.add(pwd.getpwuid(uid).pw_name)
    try:
        group = grp.getgrgid(gid)
    except KeyError:
        return False
    if group.gr_name not in names or not names.issuperset(group.gr_mem):
        return False
    return all(user.pw_uid in (0, own_uid) for user in pwd.getpwall() if user.pw_gid == gid)
