import ssl
import sys
from types import SimpleNamespace

import pytest

from ecsvnc.errors import ConfigurationError
from ecsvnc.http.trust import tls_context


def test_the_context_verifies_certificate_and_host_name():
    context = tls_context({})
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_one_environment_has_one_context(authority):
    environ = {"SSL_CERT_FILE": str(authority.pem)}
    assert tls_context(environ) is tls_context({**environ, "HOME": "/nonexistent", "REQUESTS_CA_BUNDLE": ""})
    assert tls_context(environ) is not tls_context({})


def test_the_process_environment_is_not_looked_at(monkeypatch, authority, other_authority):
    monkeypatch.setenv("SSL_CERT_FILE", str(other_authority.pem))
    monkeypatch.setenv("SSL_CERT_DIR", "/nonexistent")
    context = tls_context({"REQUESTS_CA_BUNDLE": str(authority.pem)})
    assert context.cert_store_stats()["x509_ca"] == 1


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_file_that_is_a_folder_of_something_else_is_a_configuration_error(variable, tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ConfigurationError, match=f"{variable}.*directory without hashed certificates"):
        tls_context({variable: str(tmp_path)})


class SystemStoreContext(ssl.SSLContext):
    """Stands for `truststore.SSLContext`, which is installed on macOS and Windows only."""


@pytest.fixture
def truststore(monkeypatch):
    monkeypatch.setitem(sys.modules, "truststore", SimpleNamespace(SSLContext=SystemStoreContext))


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_the_store_of_macos_and_windows_is_asked_through_its_own_interface(truststore, authority, platform):
    assert type(tls_context({}, platform)) is SystemStoreContext
    context = tls_context({"SSL_CERT_FILE": str(authority.pem)}, platform)
    assert type(context) is SystemStoreContext
    assert context.cert_store_stats()["x509_ca"] == 1
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_a_bundle_that_replaces_all_others_replaces_that_store_too(truststore, authority, platform):
    context = tls_context({"REQUESTS_CA_BUNDLE": str(authority.pem)}, platform)
    assert type(context) is ssl.SSLContext
    assert context.cert_store_stats()["x509_ca"] == 1


def test_linux_does_not_need_truststore(monkeypatch, authority):
    monkeypatch.setitem(sys.modules, "truststore", None)  # importing it would raise
    assert type(tls_context({"SSL_CERT_DIR": "", "CURL_CA_BUNDLE": str(authority.pem)}, "linux")) is ssl.SSLContext
    assert type(tls_context({"HOME": "/"}, "linux")) is ssl.SSLContext
