"""Run as a program: prints what the vendor's own credentials library makes of this home and environment.

Arguments: `profile` for the aliyun CLI's current profile, `file` for the SDKs' credentials file, `uri` for a
credentials URI, `environment` for the variables, `default` for the library's own order of all of them.
"""

import json
import logging
import sys

from alibabacloud_credentials import provider
from alibabacloud_credentials.provider import default

KINDS = {
    "profile": provider.CLIProfileCredentialsProvider,
    "file": provider.ProfileCredentialsProvider,
    "uri": provider.URLCredentialsProvider,
    "environment": provider.EnvironmentVariableCredentialsProvider,
    "default": default.DefaultCredentialsProvider,
}


def main():
    logging.disable(logging.CRITICAL)  # else a failure is told several times, with the answer in it
    try:
        key = KINDS[sys.argv[1]]().get_credentials()
    except Exception as error:  # noqa: BLE001  # it raises what it likes; a test looks at it
        sys.stdout.write(json.dumps({"error": f"{type(error).__name__}: {error}"}))
        return
    parts = (key.get_access_key_id(), key.get_access_key_secret(), key.get_security_token() or None)
    sys.stdout.write(json.dumps({"key": parts}))


if __name__ == "__main__":
    main()
