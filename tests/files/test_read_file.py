import errno
import os
import threading

import pytest
from support.scene import Scene

from ecsvnc.files.read_file import read_file
from ecsvnc.runtime import Runtime

needs_fifos = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="This system has no FIFOs.")


@pytest.fixture
def fifo(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


def test_a_file_is_read_whole_with_its_status(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    path.chmod(0o640)
    content, status = read_file(path, 7)
    assert (content, status.st_mode & 0o777) == (b"content", 0o640)


def test_a_file_that_is_too_large_is_an_error(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with pytest.raises(OSError, match="larger than 6 bytes") as caught:
        read_file(path, 6)
    assert caught.value.errno == errno.EFBIG


@needs_fifos
def test_without_a_runtime_only_a_regular_file_is_read(tmp_path, fifo):
    for path in (fifo, tmp_path):
        with pytest.raises(OSError, match="regular file"):
            read_file(path, 100)


def test_an_empty_device_is_an_empty_file(scene):
    assert read_file(os.devnull, 100, scene.runtime)[0] == b""


@needs_fifos
def test_a_fifo_is_read_until_its_writer_closes_it(fifo):
    def write():
        with fifo.open("wb", buffering=0) as file:
            for piece in (b"con", b"tent"):
                file.write(piece)

    writer = threading.Thread(target=write)
    writer.start()
    assert read_file(fifo, 100, Runtime({}, None))[0] == b"content"
    writer.join(10)


@needs_fifos
def test_a_fifo_without_a_writer_is_given_up_and_the_wait_is_reported_once(fifo, scene):
    started_s = scene.at_s
    with pytest.raises(TimeoutError, match="no process wrote its content within 10 s"):
        read_file(fifo, 100, scene.runtime)
    assert 10.0 <= scene.at_s - started_s < 10.1
    assert scene.warnings == [f"Waiting for a process to write to {fifo} (at most 10 s)."]


@needs_fifos
def test_a_writer_that_does_not_finish_is_given_up(fifo, scene):
    writer = os.open(fifo, os.O_RDWR)
    os.write(writer, b"a beginning")
    with pytest.raises(TimeoutError):
        read_file(fifo, 100, scene.runtime)
    with pytest.raises(OSError, match="larger than 5 bytes"):
        os.write(writer, b"a beginning")
        read_file(fifo, 5, scene.runtime)
    os.close(writer)


@needs_fifos
def test_a_writer_that_comes_later_is_waited_for(fifo):
    scene = Scene()

    def sleep(seconds):
        scene.sleep(seconds)
        if scene.at_s > 1_800_000_005.0 and not writers:
            writers.append(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
            os.write(writers[0], b"content")
            os.close(writers[0])

    writers = []
    runtime = Runtime({}, None, monotonic=lambda: scene.at_s, sleep=sleep)
    assert read_file(fifo, 100, runtime)[0] == b"content"
