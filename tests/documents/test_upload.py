"""What is uploaded is drawn anew or refused: fast, in bounded memory, with a reason (A11)."""

import struct
import subprocess
import sys
import time
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.support.source import ROOT
from troth.documents import upload
from troth.documents.upload import KINDS, MOST, REMEDIES, drawn, kind_of
from troth.model.errors import BadFile, Misconfigured
from troth.model.secret import Secret

FIELD = "document.id_photo"
QUICK = 1.0
"""Seconds within which a file is refused."""
SMALL_MEMORY = 100
"""Mebibytes that refusing may take."""


def picture(kind="JPEG", size=(800, 600), mode="RGB", **more):
    out = BytesIO()
    Image.new(mode, size, "red" if mode != "P" else 0).save(out, kind, **more)
    return out.getvalue()


def take(file):
    return Image.open(BytesIO(drawn(Secret(file), FIELD).reveal_raw()))


def refused(file):
    began = time.monotonic()
    with pytest.raises(BadFile) as caught:
        drawn(Secret(file), FIELD)
    assert time.monotonic() - began < QUICK
    assert (caught.value.field, caught.value.remedy) == (FIELD, REMEDIES[caught.value.reason])
    return caught.value.reason


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, *more):
    """Return a PNG that tells a size and holds nothing of it."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", zlib.compress(b"\0" * 99))
    )


# --- taken -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_taken_and_leaves_as_a_jpeg(kind):
    found = take(picture(kind))
    assert (found.format, found.size, found.mode) == ("JPEG", (800, 600), "RGB")


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("PNG", "1"), ("JPEG", "CMYK"), ("JPEG", "L")],
)
def test_every_way_of_writing_colours_is_understood(kind, mode):
    assert take(picture(kind, mode=mode)).mode == "RGB"


def test_what_is_see_through_becomes_paper():
    out = BytesIO()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(out, "PNG")
    assert min(take(out.getvalue()).getpixel((9, 9))) > 250


def test_where_and_by_what_it_was_taken_is_gone():
    exif = Image.Exif()
    exif[0x010F], exif[0x8825] = "CANARY-maker", {1: "N", 2: (39.0, 54.0, 0.0)}
    file = picture(exif=exif, comment=b"CANARY-comment", icc_profile=b"CANARY-icc")
    assert b"CANARY" in file
    kept = drawn(Secret(file), FIELD).reveal_raw()
    assert b"CANARY" not in kept
    assert not Image.open(BytesIO(kept)).getexif()


def test_a_picture_taken_sideways_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert take(picture(exif=exif)).size == (600, 800)


def test_a_large_picture_is_made_smaller_and_stays_legible():
    assert take(picture(size=(6000, 4000))).size == (2400, 1600)


@pytest.mark.parametrize(
    "tail", [b"<script>alert(1)</script>", b"PK\x03\x04 a zip behind", b"%PDF-1.7"]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_second_file_behind_the_first_does_not_come_along(kind, tail):
    kept = drawn(Secret(picture(kind) + tail), FIELD).reveal_raw()
    assert tail not in kept


def test_text_inside_a_picture_does_not_come_along():
    text = chunk(b"tEXt", b"note\0<script>alert(1)</script>")
    whole = picture("PNG")
    kept = drawn(Secret(whole[:33] + text + whole[33:]), FIELD).reveal_raw()
    assert b"<script>" not in kept


# --- refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 ...", "pdf"),
        (b"\x00\x00\x00\x18ftypheic", "heic"),
        (b"GIF89a....", "gif"),
        (b"II*\x00....", "tiff"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "kind"),
        (b"<!doctype html><script>alert(1)</script>", "kind"),
        (b"PK\x03\x04", "kind"),
        (b"\x7fELF", "kind"),
        (b"name,number\n", "kind"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_reason(file, reason):
    assert refused(file) == reason


def test_the_hint_for_a_pdf_says_what_to_do_and_why():
    assert "photograph" in REMEDIES["pdf"]
    assert "nobody sees" in REMEDIES["pdf"]


def test_a_file_is_no_larger_than_five_megabytes():
    assert refused(picture() + b"\0" * MOST) == "heavy"


@pytest.mark.parametrize("size", [(30_000, 30_000), (65_535, 65_535), (25_000_001, 1)])
def test_a_picture_that_tells_of_too_many_pixels_is_not_opened(size):
    assert refused(png(*size)) == "pixels"


def test_the_same_in_webp_and_jpeg():
    side = (30_000 - 1).to_bytes(3, "little")
    webp = b"RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00" + side + side
    assert refused(webp) in ("pixels", "damaged")
    jpeg = bytearray(picture())
    place = jpeg.index(b"\xff\xc0") + 5
    jpeg[place : place + 4] = struct.pack(">HH", 30_000, 30_000)
    assert refused(bytes(jpeg)) == "pixels"


def test_a_bomb_is_refused_in_little_memory():
    """Measured in a process that is small itself: a child's peak counts what it was forked from."""
    program = (
        "import resource, sys\n"
        "from troth.documents.upload import drawn\n"
        "from troth.model.errors import BadFile\n"
        "from troth.model.secret import Secret\n"
        "try:\n"
        "    drawn(Secret(sys.stdin.buffer.read()), 'f')\n"
        "except BadFile as error:\n"
        "    print(error.reason, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)\n"
    )
    body = zlib.compress(b"\0" * 2_700_003, 9)
    bomb = png(30_000, 30_000, *(chunk(b"IDAT", body) for _ in range(40)))
    ended = subprocess.run(
        (sys.executable, "-c", program), input=bomb, capture_output=True, cwd=ROOT, check=True
    )
    reason, most = ended.stdout.split()
    assert (reason, int(most) < SMALL_MEMORY) == (b"pixels", True)


def test_a_text_that_swells_inside_a_picture_is_refused():
    swollen = chunk(b"zTXt", b"note\0\0" + zlib.compress(b"\0" * 100_000_000, 9))
    whole = picture("PNG")
    assert refused(whole[:33] + swollen + whole[33:]) == "damaged"


def test_a_jpeg_of_a_thousand_scans_keeps_nobody_busy():
    assert refused(picture() + b"\xff\xda\x00\x08" * 1000) == "damaged"


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_a_picture_that_moves_is_refused(kind):
    frames = [Image.new("RGB", (300, 300), colour) for colour in ("red", "blue")]
    out = BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    assert refused(out.getvalue()) in ("animated", "gif")


def test_what_nobody_could_read_is_too_small():
    assert refused(picture(size=(150, 900))) == "small"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_half_a_picture_is_damaged(kind):
    whole = picture(kind)
    assert refused(whole[: len(whole) // 2]) == "damaged"


@settings(max_examples=12)
@given(
    st.binary(max_size=64),
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"]),
)
def test_whatever_follows_the_first_bytes_nothing_breaks(tail, head):
    with pytest.raises(BadFile):
        drawn(Secret(head + tail), FIELD)


@given(st.binary(max_size=32))
def test_a_kind_is_taken_by_its_first_bytes_alone(file):
    taken = {name for name, at, told in KINDS if file[at : at + len(told)] == told}
    assert (kind_of(file) in taken) == bool(taken)


# --- where it is drawn -------------------------------------------------------------------------


def test_the_imaging_library_is_not_loaded_by_the_house():
    program = "import sys, troth.documents.upload, troth.app.house; print('PIL' in sys.modules)"
    told = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, cwd=ROOT, check=True
    )
    assert told.stdout.split() == [b"False"]


def test_no_environment_goes_along(monkeypatch):
    seen = {}

    def run(*args, **more):
        seen.update(more)
        return subprocess.CompletedProcess(args, 0, b"drawn")

    monkeypatch.setattr(upload.subprocess, "run", run)
    assert drawn(Secret(picture()), FIELD).reveal_raw() == b"drawn"
    assert (seen["env"], seen["timeout"]) == ({}, upload.PATIENCE)


def test_one_that_is_killed_or_hangs_wanted_too_much(monkeypatch):
    killed = subprocess.CompletedProcess((), -9, b"half a picture")
    monkeypatch.setattr(upload.subprocess, "run", lambda *a, **m: killed)
    assert refused(picture()) == "pixels"

    def hang(*args, **more):
        raise subprocess.TimeoutExpired(args, more["timeout"])

    monkeypatch.setattr(upload.subprocess, "run", hang)
    assert refused(picture()) == "pixels"


def test_without_an_interpreter_nothing_is_drawn(monkeypatch):
    monkeypatch.setattr(upload.sys, "executable", "")
    with pytest.raises(Misconfigured):
        drawn(Secret(picture()), FIELD)
