"""Whether a file that may name commands to run is this user's alone to write. For systems with owners and groups."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Callable


def why_not_to_trust(mode: int, owner_uid: int, own_uid: int, *, has_private_group: Callable[[], bool]) -> str:
    """Why a file could have been written by someone else, or "". ssh asks the same of its own configuration.

    Where each user has a group of their own, files are usually writable by it: `has_private_group` tells.
    """
    if owner_uid not in (0, own_uid):
        return "belongs to another user"
    if mode & stat.S_IWOTH or (mode & stat.S_IWGRP and not has_private_group()):
        return "can be written by other users"
    return ""


def is_private_group(gid: int, own_uid: int) -> bool:
    """Whether a group has the name of this user, or of root, and nobody else in it.

    That it is empty besides does not say it: a directory service need not list everyone.
    """
    import grp  # noqa: PLC0415  # not on Windows, and rarely needed
    import pwd  # noqa: PLC0415  # as above

    names = set()
    for uid in (0, own_uid):
        with contextlib.suppress(KeyError):  # in a container, a user need not have a name
            names.add(pwd.getpwuid(uid).pw_name)
    try:
        group = grp.getgrgid(gid)
    except KeyError:
        return False
    if group.gr_name not in names or not names.issuperset(group.gr_mem):
        return False
    return all(user.pw_uid in (0, own_uid) for user in pwd.getpwall() if user.pw_gid == gid)
