"""The order of the sources, whether the table of them is complete, and what choosing a profile means."""

import ast
import re
from pathlib import Path

import pytest
from test_matrix import AK, ROWS, Environment

import ecsvnc
from ecsvnc.cli.throwaway import visible_environ
from ecsvnc.credentials.sources import SECRET_VARIABLES, SOURCES
from ecsvnc.errors import ConfigurationError, CredentialsError

PACKAGE = Path(ecsvnc.__file__).parent

IN_ORDER = [next(row for row in ROWS if row.module == source.module) for source in SOURCES]
"""One row of the matrix for each source."""


def modules():
    return {path.stem: ast.parse(path.read_text("utf-8")) for path in (PACKAGE / "credentials").glob("*.py")}


def variables_in(tree):
    """The names of environment variables among the texts of a module."""
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if re.fullmatch(r"(ALIBABA_?CLOUD|ALICLOUD|ECSVNC)(_[A-Z]+)+", text)}


def test_every_module_that_can_find_credentials_is_in_the_table():
    with_find = {
        name
        for name, tree in modules().items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == "find"
    }
    assert with_find == {source.module for source in SOURCES}


def test_every_variable_that_a_source_reads_is_in_the_table():
    trees = modules()
    trees.pop("sources")
    declared = {variable for source in SOURCES for variable in (*source.variables, *source.secret_variables)}
    for source in SOURCES:
        assert variables_in(trees[source.module]) <= {*source.variables, *source.secret_variables}, source.module
    read = {variable for tree in trees.values() for variable in variables_in(tree)}
    read |= variables_in(ast.parse((PACKAGE / "settings" / "aliyun_profile.py").read_text("utf-8")))
    assert read == declared


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.__name__)
def test_a_variable_whose_value_is_a_secret_is_in_the_table_as_one(world, kind):
    kind().arrange(world, "complete")
    key = world.chain().access_key()
    secrets = [text for text in (key.secret, key.security_token) if text]
    with_a_secret = {name for name, value in world.environ.items() if any(text in value for text in secrets)}
    assert with_a_secret <= set(SECRET_VARIABLES)


def test_a_variable_that_is_named_as_a_secret_is_in_the_table_as_one():
    # A URI may have a token in its path. A file's name is no secret.
    variables = {variable for source in SOURCES for variable in source.variables}
    assert [name for name in variables if re.search(r"(SECRET|TOKEN|PASSWORD|KEY|URI|URL)$", name)] == []


def test_no_secret_variable_reaches_a_browser_or_is_visible_in_the_demo(cli, service, tmp_path):
    environ = dict.fromkeys(SECRET_VARIABLES, "s3cret-s3cret") | {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tx"}
    assert not visible_environ(environ)
    seen = tmp_path / "seen"
    command = cli.with_environ(**environ, ECSVNC_ENDPOINT=service.ecs.origin, ECSVNC_BROWSER=f"sh -c 'env >{seen}'")
    command("demo", "open", "web-1", "--handoff-timeout", "0.1")
    command("open", "i-bp1hzoinajzkh91h2q4d", "--os", "linux", "--handoff-timeout", "0.1")
    assert "s3cret-s3cret" not in seen.read_text()


@pytest.mark.parametrize("first", range(len(IN_ORDER)), ids=[kind.__name__ for kind in IN_ORDER])
def test_a_source_is_used_before_all_later_ones(world, first):
    for kind in reversed(IN_ORDER[first:]):
        kind().arrange(world, "complete")
    assert IN_ORDER[first].names in world.chain().found().source


@pytest.mark.parametrize("first", range(len(IN_ORDER)), ids=[kind.__name__ for kind in IN_ORDER])
def test_an_incomplete_credential_is_an_error_even_if_later_sources_are_complete(world, first):
    for kind in reversed(IN_ORDER[first + 1 :]):
        kind().arrange(world, "complete")
    sender = world.sender
    IN_ORDER[first]().arrange(world, "half")
    if sender is not None and world.sender is not sender:
        world.sender.answers = {**sender.answers, **world.sender.answers}
    with pytest.raises(CredentialsError) as caught:
        world.chain().access_key()
    assert IN_ORDER[first].names in caught.value.what


@pytest.mark.parametrize("how", ["option", "variable"])
def test_a_chosen_profile_wins_over_the_environment(world, how):
    Environment().arrange(world, "complete")
    user = world.service.user
    world.write_config(f"[profiles.work]\naccess_key_id = '{user.access_key_id}'\nkeyring_backend = 'memory'\n")
    world.secrets.discover().set(user.access_key_id, user.access_key_secret)
    if how == "option":
        world.profile = "work"
    else:
        world.environ["ECSVNC_PROFILE"] = "work"
    found = world.chain().found()
    assert found.source == "ecsvnc's profile 'work', secret in the keyring"
    assert found.access_key.id == user.access_key_id


def test_a_chosen_profile_without_credentials_is_an_error_and_no_other_source_is_asked(world):
    Environment().arrange(world, "complete")
    world.write_config("[profiles.work]\nregion = 'cn-hangzhou'\n")
    world.profile = "work"
    with pytest.raises(CredentialsError, match="Looked in: profile 'work' "):
        world.chain().access_key()


def test_a_chosen_profile_may_be_the_aliyun_clis_and_not_its_current_one(world):
    user = world.service.user
    pair = {"access_key_id": user.access_key_id, "access_key_secret": user.access_key_secret}
    world.write_aliyun({"name": "it", "mode": "AK", "access_key_id": "other"}, {"name": "work", "mode": "AK", **pair})
    world.profile = "work"
    assert world.chain().found().source == "the aliyun CLI's profile 'work' (mode AK)"


def test_our_own_profile_wins_over_the_aliyun_clis_of_the_same_name_unless_it_only_holds_settings(world):
    world.profile = "it"
    AK().arrange(world, "complete")
    world.write_config("[profiles.it]\nregion = 'cn-beijing'\n")
    assert world.chain().found().source == "the aliyun CLI's profile 'it' (mode AK)"
    world.write_config("[profiles.it]\naccess_key_id = 'LTAI5tOurs'\nkeyring_backend = 'memory'\n")
    world.secrets.discover().set("LTAI5tOurs", "s3cret")
    assert world.chain().access_key().id == "LTAI5tOurs"


def test_an_unknown_profile_is_a_configuration_error(world):
    Environment().arrange(world, "complete")
    world.profile = "nobody"
    with pytest.raises(ConfigurationError, match="Unknown profile 'nobody' \\(from --profile\\)"):
        world.chain().access_key()
