"""`python -m ecsvnc` is `ecsvnc`."""

from ecsvnc.cli.main import main

main()
