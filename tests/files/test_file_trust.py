import os
import sys

import pytest

from ecsvnc.files.file_trust import is_private_group, why_not_to_trust


def why(mode, *, owner=1000, is_private=False):
    return why_not_to_trust(mode, owner, 1000, has_private_group=lambda: is_private)


def test_a_file_of_another_user_is_not_trusted_but_roots_is():
    assert why(0o100600, owner=1001) == "belongs to another user"
    assert why(0o100644) == ""
    assert why(0o100644, owner=0) == ""


def test_a_file_that_others_can_write_is_not_trusted():
    assert why(0o100602, is_private=True) == "can be written by other users"


def test_a_file_that_its_group_can_write_is_trusted_if_the_group_is_the_users_alone():
    assert why(0o100664) == "can be written by other users"
    assert why(0o100664, is_private=True) == ""


def test_the_group_of_a_file_that_it_cannot_write_is_not_looked_up():
    assert why_not_to_trust(0o100640, 1000, 1000, has_private_group=lambda: pytest.fail("looked")) == ""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks for groups that Linux has")
class TestPrivateGroup:
    def test_roots_is_one(self):
        import grp

        assert is_private_group(0, os.geteuid()) is (grp.getgrgid(0).gr_mem == [])

    def test_those_of_other_users_and_of_many_are_none(self):
        import grp

        for name in ("daemon", "mail"):  # of a user, but of another
            assert not is_private_group(grp.getgrnam(name).gr_gid, 54321)
        for name in ("disk", "tty"):  # of nobody's name
            assert not is_private_group(grp.getgrnam(name).gr_gid, os.geteuid())

    def test_an_unknown_group_is_not_private(self):
        assert not is_private_group(54321, os.geteuid())

    def test_the_own_one_of_each_user_of_this_machine_is_one_for_them(self):
        import grp
        import pwd

        for user in pwd.getpwall():
            try:
                group = grp.getgrgid(user.pw_gid)
            except KeyError:
                continue
            alone = [other.pw_uid for other in pwd.getpwall() if other.pw_gid == user.pw_gid] == [user.pw_uid]
            if group.gr_name == user.pw_name and not group.gr_mem and alone:
                assert is_private_group(user.pw_gid, user.pw_uid)
