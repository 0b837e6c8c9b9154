"""Draws an uploaded picture anew, in a process of its own (policy 2.1.1, 7.1; reliability A11).

A picture is a stranger's program for a decoder. So it is decoded where nothing else lives: a
process without the house's memory, environment or keys, with bounds on memory, time and files, that
reads a file on its standard input and writes a JPEG on its standard output. What leaves is pixels:
no metadata, no second file behind the first, no profile, no thumbnail.

``upload`` starts it; the imaging library is loaded here and nowhere else.
"""

import resource
import sys
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin
from PIL.ImageFile import ImageFile

from troth.documents.upload import ANIMATED, DAMAGED, DONE, PIXELS, SMALL

MEMORY: Final = 768 * 1024 * 1024
"""Octets of address space, the interpreter's own included."""
SECONDS: Final = 8
MOST_PIXELS: Final = 25_000_000
FEWEST: Final = 200
"""A side shorter than this shows nothing that could be read."""
LONGEST: Final = 2400
"""The longer side of what is kept, in pixels: small print on a page stays legible."""
QUALITY: Final = 85

READERS: Final[dict[str, type[ImageFile]]] = {
    "jpeg": JpegImagePlugin.JpegImageFile,
    "png": PngImagePlugin.PngImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
}


def main(kind: str) -> int:
    """Draw what comes on the standard input; return how it ended."""
    bound()
    try:
        drawn = redraw(sys.stdin.buffer.read(), kind)
    except MemoryError:
        return PIXELS
    except (OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, OverflowError):
        # What decoders raise for bytes that are no picture; the process holds nothing to harm.
        return DAMAGED
    if isinstance(drawn, int):
        return drawn
    sys.stdout.buffer.write(drawn)
    return DONE


def bound() -> None:
    """Take away what a decoder does not need: memory, time, files and other processes."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def redraw(file: bytes, kind: str) -> bytes | int:
    """Return a picture as a JPEG of pixels alone, upright, or why it is not taken.

    The size that its header tells is looked at before anything is decoded.
    """
    picture: Image.Image = READERS[kind](BytesIO(file))
    if picture.width * picture.height > MOST_PIXELS:
        return PIXELS
    if min(picture.size) < FEWEST:
        return SMALL
    if getattr(picture, "n_frames", 1) != 1:
        return ANIMATED
    # A JPEG can be decoded at a half or a quarter at once; others ignore this.
    picture.draft("RGB", (LONGEST, LONGEST))
    picture = ImageOps.exif_transpose(picture)
    picture.thumbnail((LONGEST, LONGEST))
    out = BytesIO()
    _on_white(picture).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    """Return a picture without transparency: what was see-through becomes paper."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        drawn = picture.convert("RGB")
    else:
        clear = picture.convert("RGBA")
        drawn = Image.new("RGB", clear.size, "white")
        drawn.paste(clear, mask=clear.getchannel("A"))
    # What a picture knows about itself besides its pixels would be written with them.
    drawn.info.clear()
    return drawn


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
