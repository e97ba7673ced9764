"""An edit changes the value that is meant and nothing else, however the tables are written."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.settings.config_edit import ConfigEdit

LAYOUTS = {
    "tables": '# a\n[profiles.default]  # b\nregion = "x"  # c\n# d\n\n[profiles.two]\ntimeout = 10\n# e\n',
    "dotted": 'profiles.default.region = "x"\nprofiles.two.region = "y"\nprofiles.two.ecs_ram_role = "z"\n',
    "dotted in a table": '[profiles]\ndefault.region = "x"\ntwo.timeout = 5\n\n[vnc_passwords]\na = "b"\n',
    "dotted before tables": 'profiles.two.timeout = 5\nvnc_passwords.i-x = "a"\n[profiles.default]\nregion = "x"\n',
    "dotted and quoted": 'profiles."a.b".region = "x"\nprofiles.default.region = "y"\n',
    "inline": 'profiles = { default = { region = "x" } }  # a\nvnc_passwords = { i-x = "b" }\n',
    "inline in a table": '[profiles]\ndefault = { region = "x", timeout = 5 }  # a\n[profiles.two]\n',
    "out of order": '[profiles.two]\nregion = "x"\n[vnc_passwords]\ni-x = "b"\n[profiles.default]\nregion = "y"\n',
    "super table": "[profiles]\n[profiles.default]\n",
    "unknown": "[[future]]\na = 1\n[[future]]\nb = { c = 2 }\n",
    "no end of line": '[profiles.default]\nregion = "x"',
    "carriage returns": '[profiles.default]\r\nregion = "x"  # a\r\n',
    "a comment": "# mine\n",
    "empty": "",
}
EDITS = {
    "a value": [(("profiles", "default"), "region", "NEW")],
    "a new value": [(("profiles", "default"), "keepalive", 0.5)],
    "values of another": [(("profiles", "two"), "timeout", 30), (("profiles", "two"), "browser", "none")],
    "a new table": [(("profiles", "new"), "access_key_id", "LTAI"), (("profiles", "new"), "keyring_backend", "k.B")],
    "an odd name": [(("profiles", "a.b@c"), "timeout", 1)],
    "away": [(("profiles", "default"), "region", None)],
    "away from nowhere": [(("profiles", "nobody"), "region", None), (("vnc_passwords",), "i-nowhere", None)],
    "a password": [(("vnc_passwords",), "i-new", "B")],
    "a password away": [(("vnc_passwords",), "i-x", None)],
}


def meant(text, changes):
    document = tomllib.loads(text)
    for table, key, value in changes:
        place = document
        for name in table:
            place = place.setdefault(name, {})
        place.pop(key, None)
        if value is not None:
            place[key] = value
    return without_empty(document)


def without_empty(value):
    if not isinstance(value, dict):
        return value
    return {key: inner for key, one in value.items() if (inner := without_empty(one)) != {}}


def changed(text, changes):
    edit = ConfigEdit(text)
    for table, key, value in changes:
        if value is None:
            edit.remove(table, key)
        else:
            edit.set(table, key, value)
    return edit.result()


def comments(text):
    return sorted(part.strip() for line in text.splitlines() for part in line.split("#")[1:])


@pytest.mark.parametrize("changes", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_an_edit_changes_its_value_and_nothing_else(text, changes):
    result = changed(text, changes)
    assert without_empty(tomllib.loads(result)) == meant(text, changes)
    if all(value is not None for _, _, value in changes):  # else a comment may go with its line
        assert comments(result) == comments(text)


def test_a_new_table_stands_after_dotted_keys_that_it_would_cut_in_two():
    assert changed(LAYOUTS["dotted"], [(("profiles", "new"), "timeout", 30)]) == (
        f"{LAYOUTS['dotted']}\n[profiles.new]\ntimeout = 30\n"
    )


def test_an_edit_without_a_change_leaves_every_byte():
    for text in LAYOUTS.values():
        assert changed(text, EDITS["away from nowhere"]) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('[profiles.default]\nregion = "x"\n', ""),
        ('[profiles.default]\nregion = "x"\n\n[profiles.two]\ntimeout = 1\n', "[profiles.two]\ntimeout = 1\n"),
        ('profiles.default.region = "x"\nprofiles.two.timeout = 1\n', "profiles.two.timeout = 1\n"),
        ('profiles = { default = { region = "x" } }\n', ""),
        ('# mine\n[profiles.two]\na = 1\n[profiles.default]\nregion = "x"\n', "# mine\n[profiles.two]\na = 1\n"),
        ('[profiles.default]\nregion = "x"\ntimeout = 1\n', "[profiles.default]\ntimeout = 1\n"),
    ],
)
def test_a_table_that_loses_its_last_key_goes_too(text, left):
    assert changed(text, EDITS["away"]) == left


def test_a_table_with_a_comment_stays():
    for text in ('[profiles.default]\n# mine\nregion = "x"\n', '[profiles.default]  # mine\nregion = "x"\n'):
        assert "# mine" in changed(text, EDITS["away"])
        assert "[profiles.default]" in changed(text, EDITS["away"])


def test_an_edit_that_would_change_other_values_is_refused():
    with pytest.raises(ValueError, match="without changing something else"):
        changed("future = nan", EDITS["a value"])  # nothing equals it, itself included


WORDS = st.sampled_from(["a", "b", "default", "region"])
LINES = st.one_of(
    st.builds("{} = 1".format, WORDS),
    st.builds("{}.{} = 1".format, WORDS, WORDS),
    st.builds("profiles.{}.{} = 1".format, WORDS, WORDS),
    st.builds("[profiles.{}]".format, WORDS),
    st.builds("[{}]".format, st.sampled_from(["profiles", "other", "profiles.a.b"])),
    st.builds("{} = {{ {} = {{ {} = 1 }} }} # {}".format, WORDS, WORDS, WORDS, WORDS),
    st.just("profiles = { a = { b = 1 } }"),
    st.just("# a comment"),
    st.just(""),
)


@given(st.lists(LINES, max_size=8).map("\n".join), WORDS, WORDS, st.sampled_from([None, 30, "text"]))
def test_an_edit_changes_its_value_alone_or_is_refused_in_every_layout(text, name, key, value):
    try:
        document = tomllib.loads(text)
    except ValueError:
        return
    profile = document.get("profiles", {})
    if not isinstance(profile, dict) or not isinstance(profile.get(name, {}), dict):
        return  # reading it has said so
    changes = [(("profiles", name), key, value)]
    try:
        result = changed(text, changes)
    except ValueError:
        return
    assert without_empty(tomllib.loads(result)) == meant(text, changes)
