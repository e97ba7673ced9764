"""The screen and keyboard of an Alibaba Cloud ECS instance, from the command line."""

# Written here and read by the build: importlib.metadata costs more than all of `ecsvnc --version`.
__version__ = "0.1.0"
