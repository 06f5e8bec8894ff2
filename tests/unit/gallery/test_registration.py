from __future__ import annotations

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter
from skimage import data

from facebank.gallery.registration import common_size, register
from facebank.gallery.screening import cannot_be_copies, thumbnail


@pytest.fixture(scope="module")
def portrait() -> Image.Image:
    return Image.fromarray(data.astronaut()[:320, 60:380])


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def turned(
    image: Image.Image, degrees: float, scale: float = 1.0, shift: tuple[float, float] = (0, 0)
) -> Image.Image:
    matrix = cv2.getRotationMatrix2D((image.width / 2, image.height / 2), degrees, scale)
    matrix[:, 2] += shift
    return Image.fromarray(
        cv2.warpAffine(np.asarray(image), matrix, image.size, borderMode=cv2.BORDER_REFLECT)
    )


def grain(image: Image.Image) -> Image.Image:
    noise = np.random.default_rng(0).normal(0, 8, (image.height, image.width, 3))
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


def with_another_face(image: Image.Image) -> Image.Image:
    other = image.copy()
    other.paste(Image.fromarray(data.cat()[40:140, 100:200]), (110, 60))
    return other


COPIES = {
    "itself": lambda p: p,
    "half": lambda p: p.resize((160, 160)),
    "odd": lambda p: p.resize((251, 251), Image.Resampling.LANCZOS),
    "thumbnail": lambda p: p.resize((96, 96), Image.Resampling.BILINEAR),
    "enlarged": lambda p: p.resize((900, 900)),
    "jpeg 30": lambda p: jpeg(p, 30),
    "thumbnail, jpeg 50": lambda p: jpeg(p.resize((120, 120)), 50),
    "a pixel off square": lambda p: p.resize((150, 149)),
    "brighter": lambda p: ImageEnhance.Brightness(p).enhance(1.15),
}
OTHERS = {
    "turned by 2 degrees": lambda p: turned(p, 2),
    "turned by 1 degree": lambda p: turned(p, 1),
    "moved by 2 %": lambda p: turned(p, 0, shift=(6.4, 0)),
    "nearer by 2 %": lambda p: turned(p, 0, scale=1.02),
    "cropped by 3 %": lambda p: p.crop((0, 0, 310, 310)),
    "another capture": lambda p: grain(turned(p, 3, 1.05).filter(ImageFilter.GaussianBlur(1.5))),
    "mirrored": lambda p: p.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "another shape": lambda p: p.crop((0, 0, 320, 280)),
    "squeezed": lambda p: p.resize((320, 310)),
    "another face in it": with_another_face,
    "another picture": lambda _: Image.fromarray(data.cat()[:300, 100:400]),
    "a blank": lambda _: Image.new("RGB", (320, 320), "grey"),
}


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_copy_lies_on_its_original(
    portrait: Image.Image, change: Callable[[Image.Image], Image.Image]
) -> None:
    copy = np.asarray(change(portrait))
    assert register(np.asarray(portrait), copy).same_picture
    assert register(copy, np.asarray(portrait)).same_picture
    size = common_size(copy.shape[:2], (portrait.height, portrait.width))
    assert size is not None
    assert not cannot_be_copies(thumbnail(np.asarray(portrait), size), thumbnail(copy, size))


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_another_capture_does_not(
    portrait: Image.Image, change: Callable[[Image.Image], Image.Image]
) -> None:
    other = np.asarray(change(portrait))
    assert not register(np.asarray(portrait), other).same_picture
    assert not register(other, np.asarray(portrait)).same_picture


def test_displacement_is_the_shift_of_the_corners(portrait: Image.Image) -> None:
    moved = register(np.asarray(portrait), np.asarray(turned(portrait, 0, shift=(6.4, 0))))
    assert moved.displacement == pytest.approx(0.02, rel=0.1)
