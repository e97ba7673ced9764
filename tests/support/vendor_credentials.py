"""Run as a program: tells what the vendor's own credentials library makes of homes and environments.

Each line of stdin is a JSON list of a kind and the environment variables; each line of stdout the answer. The kinds:
`profile` for the aliyun CLI's current profile, `file` for the SDKs' credentials file, `uri` for a credentials URI,
`environment` for the variables, `default` for the library's own order of all of them.

Each answer is a new process's, forked after what the library imports was loaded, which takes most of the time. The
library itself is not loaded by then: it reads the environment as it is imported.
"""

import json
import logging
import os
import sys

import aiohttp  # noqa: F401  # so that each process has it
import requests  # noqa: F401
import Tea.core  # noqa: F401


def answer(kind):
    from alibabacloud_credentials import provider
    from alibabacloud_credentials.provider import default

    kinds = {
        "profile": provider.CLIProfileCredentialsProvider,
        "file": provider.ProfileCredentialsProvider,
        "uri": provider.URLCredentialsProvider,
        "environment": provider.EnvironmentVariableCredentialsProvider,
        "default": default.DefaultCredentialsProvider,
    }
    logging.disable(logging.CRITICAL)  # else a failure is told several times, with the answer in it
    try:
        key = kinds[kind]().get_credentials()
    except Exception as error:  # noqa: BLE001  # it raises what it likes; a test looks at it
        return {"error": f"{type(error).__name__}: {error}"}
    return {"key": (key.get_access_key_id(), key.get_access_key_secret(), key.get_security_token() or None)}


def main():
    for line in sys.stdin:
        kind, environ = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.environ.clear()
            os.environ.update(environ)
            sys.stdout.write(json.dumps(answer(kind)) + "\n")
            sys.stdout.flush()
            os._exit(0)
        if os.waitpid(pid, 0)[1] != 0:
            sys.exit(f"the process that was to tell of {kind} died")


if __name__ == "__main__":
    main()
