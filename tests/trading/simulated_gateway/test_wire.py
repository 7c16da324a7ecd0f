import asyncio
import struct

import pytest

from trading.simulated_gateway.wire import (
    MAX_FRAME_BYTES,
    WireError,
    fields_of,
    frame,
    read_payload,
    read_versions,
)


def read(function, content):
    """Return what a reader makes of bytes that a client sent before it went."""

    async def run():
        reader = asyncio.StreamReader()
        reader.feed_data(content)
        reader.feed_eof()
        return await function(reader)

    return asyncio.run(run())


def test_frame_is_length_and_fields_that_each_end_in_zero():
    assert frame(["9", "1", "47"]) == b"\x00\x00\x00\x079\x001\x0047\x00"


def test_frame_of_text_beyond_ascii_is_escaped_and_zero_bytes_are_spaces():
    assert frame(["4", "a\0b", "Größe"])[4:] == b"4\x00a b\x00Gr\\xf6\\xdfe\x00"


def test_fields_of_payload_are_what_was_framed():
    assert fields_of(frame(["5", "", "x"])[4:]) == ["5", "", "x"]


@pytest.mark.parametrize("payload", [b"", b"71", b"71\x002"])
def test_fields_of_payload_without_end_are_refused(payload):
    with pytest.raises(WireError, match="does not end in a zero byte"):
        fields_of(payload)


def test_payload_of_absurd_length_is_refused_unread():
    with pytest.raises(WireError, match=f"a frame of 4294967295 bytes; at most {MAX_FRAME_BYTES}"):
        read(read_payload, b"\xff\xff\xff\xff")


def test_payload_cut_short_is_an_end_of_the_connection():
    with pytest.raises(asyncio.IncompleteReadError):
        read(read_payload, struct.pack(">I", 10) + b"71\x00")


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        (b"v157..176", (157, 176)),
        (b"v100..201 +PACEAPI", (100, 201)),
        (b"v176", (176, 176)),
    ],
)
def test_versions_are_read_from_greeting(text, versions):
    assert read(read_versions, b"API\0" + struct.pack(">I", len(text)) + text) == versions


@pytest.mark.parametrize("text", [b"", b"157..176", b"v157..", b"v1..2..3", b"\xff\xfe"])
def test_versions_that_are_none_are_refused(text):
    with pytest.raises(WireError, match="not versions such as v157..176"):
        read(read_versions, b"API\0" + struct.pack(">I", len(text)) + text)


def test_versions_after_another_greeting_are_refused():
    with pytest.raises(WireError, match="greets with b'GET ', not with b'API"):
        read(read_versions, b"GET / HTTP/1.1\r\n")
