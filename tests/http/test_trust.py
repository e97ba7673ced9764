import ssl

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
