"""Decoding, resizing and thumbnails: what people see is what the network gets, and bad files only cost themselves."""

from __future__ import annotations

import io
import platform
import struct
import subprocess
import sys
import threading
import warnings
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import PIL
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dnacore.errors import BadInput
from dnacore.images import decode as images
from dnacore.images.decode import FORMATS, decode
from dnacore.images.files import find_images
from dnacore.images.resize import resize
from dnacore.images.thumbnails import thumbnail
from tests import bad_files
from tests.bad_files import FINE, jpeg_bytes, picture


def literal_resize(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """clean-fid's rule as it is written there: channel by channel, Pillow mode "F", bicubic, clipped."""
    height, width = size
    planes = [Image.fromarray(pixels[:, :, c].astype(np.float32)) for c in range(3)]
    assert all(plane.mode == "F" for plane in planes)
    return np.stack([np.asarray(p.resize((width, height), Image.Resampling.BICUBIC)).clip(0, 255) for p in planes])


def look(data: bytes) -> np.ndarray:
    """A thumbnail's pixels, (H, W, 3) float."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB")).astype(float)


# Decoding


def test_every_kind_of_file_is_read_or_rejected_with_its_reason(tmp_path: Path) -> None:
    expected = bad_files.make_all(tmp_path / "data")
    found, rejected = find_images(tmp_path / "data")
    outcome = {file.path: file.reason for file in rejected}
    for file in found:
        path = tmp_path / "data" / file.path
        try:
            pixels = decode(path)
        except BadInput as error:
            outcome[file.path] = str(error)
            with pytest.raises(BadInput):
                thumbnail(path, 64)
        else:
            outcome[file.path] = FINE
            assert pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.flags.c_contiguous
            assert look(thumbnail(path, 64)).shape == pixels.shape
    assert outcome.keys() == expected.keys()
    for path, part in expected.items():
        assert part in outcome[path], path


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "ppm", "webp"])
def test_lossless_formats_give_back_their_pixels(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(picture()).save(tmp_path / f"a.{suffix}", lossless=True)
    pixels = decode(tmp_path / f"a.{suffix}")
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels, picture())


def test_the_content_counts_not_the_suffix(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert np.array_equal(decode(tmp_path / "a.jpg"), picture())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright(tmp_path: Path, orientation: int) -> None:
    undo = {
        1: lambda p: p,
        2: np.fliplr,
        3: lambda p: np.rot90(p, 2),
        4: np.flipud,
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: np.rot90(p, -1),
        7: lambda p: np.rot90(p, 2).transpose(1, 0, 2),
        8: lambda p: np.rot90(p, 1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    for suffix in ("png", "tif", "webp"):
        Image.fromarray(picture()).save(tmp_path / f"a.{suffix}", exif=exif, lossless=True)
        assert np.array_equal(decode(tmp_path / f"a.{suffix}"), undo(picture())), suffix
    bad_files.exif_rotated(tmp_path / "a.jpg", orientation)
    assert np.abs(decode(tmp_path / "a.jpg").astype(int) - undo(picture())).mean() < 5
    assert np.abs(look(thumbnail(tmp_path / "a.jpg", 64)) - undo(picture())).mean() < 8


def test_a_picture_with_broken_exif_is_still_read(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg_bytes(exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage"))
    assert decode(tmp_path / "a.jpg").shape == (24, 32, 3)


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    pixels = decode(bad_files.rgba(tmp_path / "a.png"))
    assert (pixels[:, :4] == 255).all()
    assert (pixels[:, 4:] == (255, 0, 0)).all()
    half = np.full((4, 4, 2), (0, 128), np.uint8)
    Image.fromarray(half, "LA").save(tmp_path / "la.png")
    assert (decode(tmp_path / "la.png") == 127).all()


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1"])
def test_a_colour_marked_as_clear_becomes_white(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGB", (6, 4), "black").convert(mode)
    image.save(tmp_path / "a.png", transparency=(0, 0, 0) if mode == "RGB" else 0)
    assert (decode(tmp_path / "a.png") == 255).all()
    assert look(thumbnail(tmp_path / "a.png", 8)).min() > 250


def test_sixteen_bits_keep_their_depth(tmp_path: Path) -> None:
    pixels = decode(bad_files.deep_grey(tmp_path / "a.png"))
    ramp = np.linspace(0, 65535, 64).astype(np.uint16) / 257
    assert pixels.dtype == np.float32 and pixels.shape == (16, 64, 3)
    np.testing.assert_allclose(pixels, np.broadcast_to(ramp[None, :, None], pixels.shape), atol=1e-4)
    assert abs(look(thumbnail(tmp_path / "a.png", 64)).mean() - 127.5) < 2


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 257, 65535]], np.uint16), [0, 1, 255]),
        (np.array([[0, 257, 65535]], np.int32), [0, 1, 255]),
        (np.array([[0, 2**30, 2**31 - 1]], np.int32), [0, 127.5, 255]),
        (np.array([[0, 0.5, 1]], np.float32), [0, 127.5, 255]),
        (np.array([[-0.2, 0.5, 1.1]], np.float32), [0, 127.5, 255]),
        (np.array([[0, 20, 255]], np.float32), [0, 20, 255]),
        (np.array([[0, 257, 65535]], np.float32), [0, 1, 255]),
        (np.array([[np.nan, 1, 255]], np.float32), [0, 1, 255]),
        (np.array([[np.inf, 1, 255]], np.float32), [0, 1, 255]),
    ],
)
def test_scientific_tiffs_are_scaled_not_cut(tmp_path: Path, values: np.ndarray, expected: list[float]) -> None:
    Image.fromarray(values).save(tmp_path / "a.tif")
    np.testing.assert_allclose(decode(tmp_path / "a.tif")[0, :, 0], expected, atol=0.01)


def test_sixteen_bit_tiffs_where_zero_is_white(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 65535]], np.uint16)).save(tmp_path / "a.tif", tiffinfo={262: 0})
    assert decode(tmp_path / "a.tif")[0, :, 0].tolist() == [255, 0]


def test_print_colours_become_screen_colours(tmp_path: Path) -> None:
    pixels = decode(bad_files.cmyk(tmp_path / "a.jpg"))
    assert np.abs(pixels.astype(int) - (0, 255, 255)).max() < 6
    assert np.abs(look(thumbnail(tmp_path / "a.jpg", 16)) - (0, 255, 255)).max() < 8


def test_grey_has_three_equal_channels(tmp_path: Path) -> None:
    pixels = decode(bad_files.grey(tmp_path / "a.png"))
    assert np.array_equal(pixels, np.repeat(picture()[:, :, :1], 3, axis=2))


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_an_animation_gives_its_first_frame(tmp_path: Path, suffix: str) -> None:
    pixels = decode(bad_files.animated_gif(tmp_path / f"a.{suffix}")).astype(int)
    assert pixels.shape == (10, 12, 3)
    assert np.abs(pixels - (255, 0, 0)).max() < 8


@pytest.mark.parametrize("shape", [(1, 1), (1, 40_000), (40_000, 1), (3, 70_000)])
def test_extreme_shapes_are_read_resized_and_shown(tmp_path: Path, shape: tuple[int, int]) -> None:
    Image.fromarray(np.full((*shape, 3), 90, np.uint8)).save(tmp_path / "a.png")
    pixels = decode(tmp_path / "a.png")
    assert pixels.shape == (*shape, 3)
    np.testing.assert_allclose(resize(pixels, (16, 16)), 90, atol=1e-3)
    small = look(thumbnail(tmp_path / "a.png", 32))
    assert max(small.shape[:2]) == min(32, max(shape))
    assert np.abs(small - 90).max() < 3


def test_a_tiny_file_that_claims_a_huge_picture_is_refused(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    for size, reason in (((60_000, 60_000), "million pixels"), ((2_000_000, 4), "pixels long")):
        header = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
        body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
        (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
        for read in (decode, lambda path: thumbnail(path, 64)):
            with pytest.raises(BadInput, match=reason):
                read(tmp_path / "a.png")


def test_reasons_are_plain(tmp_path: Path) -> None:
    (tmp_path / "start.jpg").write_bytes(jpeg_bytes()[:40])
    Image.fromarray(picture()).save(tmp_path / "ends.tif")
    (tmp_path / "ends.tif").write_bytes((tmp_path / "ends.tif").read_bytes()[:10])
    (tmp_path / "zeros.jpg").write_bytes(bytes(5000))
    (tmp_path / "vector.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF\n")
    reasons = {}
    for name in ("start.jpg", "ends.tif", "zeros.jpg", "vector.eps", "missing.jpg", "."):
        with pytest.raises(BadInput) as caught:
            decode(tmp_path / name)
        reasons[name] = str(caught.value)
    assert reasons == {
        "start.jpg": "the file ends before the image does",
        "ends.tif": "the image is damaged",
        "zeros.jpg": "it is not an image",
        "vector.eps": "it is not an image",
        "missing.jpg": "there is no such file",
        ".": "it is a folder, not a file",
    }


def test_a_path_no_system_takes_is_refused_plainly() -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        decode(Path("a\0b.jpg"))


def test_no_permission_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(BadInput, match="^no permission to read it$"):
        decode(bad_files.__file__)


@cache
def sound_files() -> dict[str, bytes]:
    """One small valid file per format and kind."""
    made: dict[str, bytes] = {}

    def add(name: str, image: Image.Image, kind: str, **options: object) -> None:
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        made[name] = buffer.getvalue()

    colour = Image.fromarray(picture(12, 10))
    exif = Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray(picture(12, 10)[:, :, 0].astype(np.uint16) * 257)
    add("jpeg", colour, "JPEG", exif=exif)
    add("progressive", colour, "JPEG", progressive=True)
    add("cmyk", colour.convert("CMYK"), "JPEG")
    add("png", colour, "PNG", exif=exif)
    add("palette", colour.convert("P"), "PNG", transparency=3)
    add("deep png", deep, "PNG")
    add("apng", colour, "PNG", save_all=True, append_images=[colour.rotate(90)])
    add("gif", colour, "GIF", save_all=True, append_images=[colour.rotate(180)])
    add("webp", colour, "WEBP")
    add("lossless webp", colour.convert("RGBA"), "WEBP", lossless=True)
    add("tiff", colour, "TIFF")
    for compression in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits"):
        add(f"tiff {compression}", colour, "TIFF", compression=compression)
    add("deep tiff", deep, "TIFF")
    add("float tiff", Image.fromarray(picture(12, 10)[:, :, 0].astype(np.float32)), "TIFF")
    add("bmp", colour, "BMP")
    add("ppm", colour, "PPM")
    if "AVIF" in FORMATS:
        add("avif", colour, "AVIF")
    return made


@pytest.mark.parametrize("index", range(20))
@settings(max_examples=40)
@given(data=st.data())
def test_damaged_bytes_give_pixels_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, index: int, data: st.DataObject
) -> None:
    kinds = sorted(sound_files())
    damaged = bytearray(sound_files()[kinds[index % len(kinds)]])
    for _ in range(data.draw(st.integers(0, 6))):
        # Headers are short and matter most, so half of the damage goes there.
        last = data.draw(st.sampled_from([min(64, len(damaged)), len(damaged)])) - 1
        damaged[data.draw(st.integers(0, last))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del damaged[data.draw(st.integers(0, len(damaged))) :]
    path = tmp_path_factory.getbasetemp() / f"damaged{index}"
    path.write_bytes(damaged)
    try:
        pixels = decode(path)
    except BadInput as error:
        assert str(error) and "\n" not in str(error)
        return
    assert pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.size and pixels.dtype in (np.uint8, np.float32)
    assert np.isfinite(pixels).all() and pixels.min() >= 0 and pixels.max() <= 255
    assert thumbnail(path, 16).startswith(b"\xff\xd8")


def test_threads_decode_without_warnings_and_leave_the_filters_alone(tmp_path: Path) -> None:
    image = Image.fromarray(picture()[:, :, 0]).convert("P")
    image.save(tmp_path / "a.png", transparency=bytes(range(256)))
    with Image.open(tmp_path / "a.png") as opened, pytest.warns(UserWarning, match="Transparency"):
        opened.convert("RGB")  # a file that Pillow warns about
    (tmp_path / "exif.jpg").write_bytes(jpeg_bytes(exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff"))
    before = list(warnings.filters)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                decode(tmp_path / "a.png")
                thumbnail(tmp_path / "exif.jpg", 8)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert list(warnings.filters) == before


# Resizing


@pytest.mark.parametrize("shape", [(72, 128), (128, 72), (300, 40), (40, 300), (20, 30), (64, 64), (1, 1), (500, 3)])
@pytest.mark.parametrize("size", [(64, 64), (33, 50)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_resize_is_clean_fids_rule_to_the_last_bit(shape: tuple[int, int], size: tuple[int, int], dtype: type) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(dtype)
    assert_same_pixels(resize(pixels, size), literal_resize(pixels, size))


@settings(max_examples=60)
@given(st.tuples(st.integers(1, 90), st.integers(1, 90)), st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_resize_of_any_shape_is_clean_fids_rule(shape: tuple[int, int], size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    ours = resize(pixels, size)
    assert ours.dtype == np.float32 and ours.shape == (3, *size)
    assert ours.min() >= 0 and ours.max() <= 255
    assert_same_pixels(ours, literal_resize(pixels, size))


def assert_same_pixels(ours: np.ndarray, literal: np.ndarray) -> None:
    # Elsewhere compilers may fuse multiplications into additions, and older Pillows go across first: a last bit.
    if platform.machine() in ("x86_64", "AMD64") and int(PIL.__version__.partition(".")[0]) >= 13:
        assert np.array_equal(ours, literal)
    np.testing.assert_allclose(ours, literal, atol=1e-4)


@pytest.mark.parametrize("shape", [(60, 100), (100, 60), (31, 90), (20, 21)])
def test_centre_crop_is_the_middle_of_the_scaled_picture(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    short = min(shape)
    full = literal_resize(pixels, (round(shape[0] * 32 / short), round(shape[1] * 32 / short)))
    top, left = (full.shape[1] - 32) // 2, (full.shape[2] - 32) // 2
    assert_same_pixels(resize(pixels, (32, 32), "center"), full[:, top : top + 32, left : left + 32])


def test_very_wide_pictures_follow_the_same_rule() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 70_000, 3), dtype=np.uint8)
    assert np.array_equal(resize(pixels, (8, 8)), literal_resize(pixels, (8, 8)))


def test_resize_refuses_what_it_cannot_mean() -> None:
    with pytest.raises(BadInput, match="no crop 'middle'. Choose one of squash, center"):
        resize(picture(), (8, 8), "middle")
    with pytest.raises(BadInput, match="shape"):
        resize(picture()[:, :, 0], (8, 8))
    with pytest.raises(BadInput, match="at least 1"):
        resize(picture(), (0, 8))


# Thumbnails


def test_thumbnails_keep_the_aspect_and_are_small(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg_bytes(picture(720, 1280)))
    data = thumbnail(tmp_path / "a.jpg", 256)
    assert look(data).shape == (144, 256, 3)
    assert len(data) < 25_000
    exact = resize(decode(tmp_path / "a.jpg"), (144, 256)).transpose(1, 2, 0)
    assert np.abs(look(data) - exact).mean() < 4


def test_thumbnails_never_enlarge_and_carry_no_metadata(tmp_path: Path) -> None:
    data = thumbnail(bad_files.exif_rotated(tmp_path / "a.jpg"), 256)
    assert look(data).shape == (32, 24, 3)
    with Image.open(io.BytesIO(data)) as image:
        assert not image.getexif()


# Import


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Pillow may be linked another way")
def test_damaged_tiffs_print_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(sound_files()["tiff tiff_deflate"])
    data[10:20] = bytes(10)
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(BadInput):
        decode(tmp_path / "a.tif")
    assert capfd.readouterr().err == ""


def test_finding_files_loads_no_heavy_library() -> None:
    code = "import sys, dnacore.images; print(*(m for m in ('torch', 'torchvision', 'numba') if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(images.__file__).parents[2]
    )
    assert done.stdout.strip() == ""
