"""Which certificate authorities are trusted: the user's, else the system's, else certifi's.

Loading a bundle of a hundred and more certificates takes 20 ms per TLS context; a hashed directory takes next to
nothing, since OpenSSL reads only the authority that a server's certificate names. Hence one context for the process,
and the directory where the system has one.
"""

from __future__ import annotations

import functools
import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path

from ecsvnc.errors import ConfigurationError

_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_FILE_VARIABLE = "SSL_CERT_FILE"
_DIRECTORY_VARIABLE = "SSL_CERT_DIR"

_SYSTEM_DIRECTORIES = ("/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/openssl/certs")
_SYSTEM_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS, the BSDs
)
_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.[0-9]+")
"""How OpenSSL's `rehash` names the links in a directory of certificates."""

_LEAST_OF_A_STORE = 20
"""A system's directory with fewer is not its store: some package's self-signed certificate is often all there is."""


def tls_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """The TLS context for every connection of this process: verifying, TLS 1.2 or later.

    `REQUESTS_CA_BUNDLE`, else `CURL_CA_BUNDLE` (a file or a hashed directory) replaces all other authorities, as it
    does for requests and curl. Else `SSL_CERT_FILE` and `SSL_CERT_DIR` (several, separated as in PATH) each replace
    their half of the system's store, as they do for every program on OpenSSL. An empty variable counts as unset.

    Raises ConfigurationError for a variable that names something missing, unreadable or without certificates.
    """
    variables = (*_BUNDLE_VARIABLES, _FILE_VARIABLE, _DIRECTORY_VARIABLE)
    return _context_for(tuple((variable, environ[variable]) for variable in variables if environ.get(variable)))


@functools.lru_cache(maxsize=8)
def _context_for(settings: tuple[tuple[str, str], ...]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    # A company's own bundle often holds its issuing authority without the root: what is in the store is trusted.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    chosen = dict(settings)
    for variable in _BUNDLE_VARIABLES:
        if variable in chosen:
            _load(context, variable, chosen[variable])
            return context
    if _FILE_VARIABLE in chosen:
        _load(context, _FILE_VARIABLE, chosen[_FILE_VARIABLE])
    if _DIRECTORY_VARIABLE in chosen:
        for directory in chosen[_DIRECTORY_VARIABLE].split(os.pathsep):
            _load(context, _DIRECTORY_VARIABLE, directory)
    if _DIRECTORY_VARIABLE not in chosen and _load_system_directory(context):
        return context
    if _FILE_VARIABLE not in chosen and _DIRECTORY_VARIABLE not in chosen:
        _load_system_file(context)
    return context


def _load(context: ssl.SSLContext, variable: str, value: str) -> None:
    path = Path(os.path.expanduser(value))  # noqa: PTH111  # which, unlike Path's own, is content without a home
    try:
        if path.is_dir():
            if not _count_hashed(path):
                raise _unusable(variable, value, "is a directory without hashed certificates")
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
    except FileNotFoundError:
        raise _unusable(variable, value, "does not exist") from None
    except ssl.SSLError:
        raise _unusable(variable, value, "holds no certificate (PEM)") from None
    except OSError as error:
        raise _unusable(variable, value, f"cannot be read ({error.strerror})") from None


def _load_system_directory(context: ssl.SSLContext) -> bool:
    """Trust the system's hashed directory, if it has one."""
    compiled_in = ssl.get_default_verify_paths().openssl_capath
    for directory in (compiled_in, *_SYSTEM_DIRECTORIES):
        if directory and _count_hashed(Path(directory)) >= _LEAST_OF_A_STORE:
            context.load_verify_locations(capath=directory)
            return True
    return False


def _load_system_file(context: ssl.SSLContext) -> None:
    """Trust the system's store where it is a file, or Windows' own; without either, the authorities of certifi."""
    compiled_in = ssl.get_default_verify_paths().openssl_cafile
    for file in (compiled_in, *_SYSTEM_FILES):
        if file and Path(file).is_file():
            context.load_verify_locations(cafile=file)
            return
    if hasattr(ssl, "enum_certificates"):  # Windows
        context.load_default_certs()
        return
    import certifi  # noqa: PLC0415  # the last resort

    context.load_verify_locations(cafile=certifi.where())


def _count_hashed(directory: Path) -> int:
    try:
        with os.scandir(directory) as entries:
            return sum(1 for entry in entries if _HASHED_NAME.fullmatch(entry.name))
    except OSError:
        return 0


def _unusable(variable: str, value: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The certificate store that {variable} names, {value}, {why}.",
        hint=f"Correct {variable}, or unset it to trust the system's certificate authorities.",
    )
