"""A system without another thread."""

import contextlib
import threading


@contextlib.contextmanager
def no_thread_allowed():
    """The system refuses every new thread of this process: no address space has room for such a stack."""
    before = threading.stack_size(1 << 48)
    try:
        yield
    finally:
        threading.stack_size(before)
