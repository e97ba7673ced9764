"""Which certificate authorities are trusted: the user's, else the system's.

macOS and Windows have an interface for theirs, which `truststore` uses. On Linux they are files: a hashed directory
takes no time, since OpenSSL reads only the authority that a server's certificate names; a bundle of more than a hundred
takes 20 ms per TLS context. Hence one context for the process, and the directory first.
"""

from __future__ import annotations

import functools
import os
import re
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

from ecsvnc.errors import ConfigurationError

_REPLACING_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_FILE_VARIABLE = "SSL_CERT_FILE"
_DIRECTORY_VARIABLE = "SSL_CERT_DIR"
_VARIABLES = (*_REPLACING_VARIABLES, _FILE_VARIABLE, _DIRECTORY_VARIABLE)

_SYSTEM_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
)
_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.[0-9]+")
"""How OpenSSL's `rehash` names the links in a directory of certificates."""

_LEAST_OF_A_STORE = 20
"""A directory with fewer is not the system's store: often it has only a package's self-signed certificate."""


def tls_context(environ: Mapping[str, str], platform: str = sys.platform) -> ssl.SSLContext:
    """The TLS context for every connection of this process: verifying, TLS 1.2 or later.

    `REQUESTS_CA_BUNDLE`, else `CURL_CA_BUNDLE` (a file or a hashed directory) replaces all other authorities, as for
    requests and curl. Else `SSL_CERT_FILE` and `SSL_CERT_DIR` (several, separated as in PATH) each replace their half
    of Linux's store, as for every program on OpenSSL, and add to the store of macOS and Windows. An empty variable
    counts as unset.

    Raises ConfigurationError for a variable that names something missing, unreadable or without certificates.
    """
    return _context_for(_set_in(environ), platform in ("darwin", "win32"))


def untrusted_hint(environ: Mapping[str, str]) -> str:
    """The hint for a certificate whose authority is not trusted: it depends on which variable is set."""
    variables = _set_in(environ)
    if not variables:
        return (
            "If a proxy or private network uses its own certificate authority, name the file of its certificate in "
            "SSL_CERT_FILE."
        )
    variable, value = variables[0]
    if variable not in _REPLACING_VARIABLES:
        return f"{variable} is set ({value}): add the authority's certificate there, or unset it."
    others = [other for other, _ in variables[1:]]
    ignored = f", and {' and '.join(others)}" if others else ""
    return (
        f"{variable} is set ({value}) and replaces the system's certificates{ignored}: add the authority's certificate "
        "there, or unset it."
    )


def _set_in(environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The variables for certificates that are set, and their values; the one in effect first."""
    return tuple((variable, environ[variable]) for variable in _VARIABLES if environ.get(variable))


@functools.lru_cache(maxsize=8)
def _context_for(variables: tuple[tuple[str, str], ...], has_own_interface: bool) -> ssl.SSLContext:  # noqa: FBT001  # a cache key
    chosen = dict(variables)
    replacing = next((variable for variable in _REPLACING_VARIABLES if variable in chosen), None)
    if has_own_interface and replacing is None:
        import truststore  # type: ignore[import-not-found,unused-ignore]  # not installed on Linux

        context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    # A company's own bundle often holds its issuing authority without the root: what is in the store is trusted.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if replacing is not None:
        _load(context, replacing, chosen[replacing])
        return context
    if _FILE_VARIABLE in chosen:
        _load(context, _FILE_VARIABLE, chosen[_FILE_VARIABLE])
    for directory in chosen.get(_DIRECTORY_VARIABLE, "").split(os.pathsep):
        if directory:
            _load(context, _DIRECTORY_VARIABLE, directory)
    if not has_own_interface:
        _load_files_of_system(context, chosen)
    return context


def _load(context: ssl.SSLContext, variable: str, value: str) -> None:
    path = Path(os.path.expanduser(value))  # noqa: PTH111  # unlike Path's own, it also works without a home
    try:
        if not path.is_dir():
            context.load_verify_locations(cafile=path)
        elif _count_hashed(path):
            context.load_verify_locations(capath=path)
        else:
            raise _unusable(variable, value, "is a directory without hashed certificates")
    except FileNotFoundError:
        raise _unusable(variable, value, "does not exist") from None
    except ssl.SSLError:
        raise _unusable(variable, value, "contains no certificate (PEM)") from None
    except OSError as error:
        raise _unusable(variable, value, f"cannot be read ({error.strerror})") from None


def _load_files_of_system(context: ssl.SSLContext, chosen: Mapping[str, str]) -> None:
    """Trust the system's hashed directory, else its bundle, unless a variable replaces it."""
    compiled_in = ssl.get_default_verify_paths()
    if _DIRECTORY_VARIABLE not in chosen:
        for directory in (compiled_in.openssl_capath, "/etc/ssl/certs"):
            if directory and _count_hashed(Path(directory)) >= _LEAST_OF_A_STORE:
                context.load_verify_locations(capath=directory)
                return
    if chosen:
        return
    for file in (compiled_in.openssl_cafile, *_SYSTEM_FILES):
        if file and Path(file).is_file():
            context.load_verify_locations(cafile=file)
            return
    import certifi  # the last resort

    context.load_verify_locations(cafile=certifi.where())


def _count_hashed(directory: Path) -> int:
    try:
        with os.scandir(directory) as entries:
            return sum(1 for entry in entries if _HASHED_NAME.fullmatch(entry.name))
    except OSError:
        return 0


def _unusable(variable: str, value: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The certificate store {value} that {variable} names {why}.",
        hint=f"Correct {variable}, or unset it to trust the system's certificate authorities.",
    )
