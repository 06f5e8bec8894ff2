"""Seeded random weights through our adapter and through the package's own functions."""

from __future__ import annotations

import dataclasses
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from facebank.errors import ModelError
from facebank.faces.boxes import iou_matrix
from facebank.faces.detections import Detections, scaled
from facebank.faces.detector import open_detector
from facebank.faces.retinaface_pytorch import model_input
from facebank.runtime.packs import DetectorContract, ModelPack, load_pack
from portraits import TINY, astronaut, friends

pytestmark = pytest.mark.torch

#: What the package's own `predict_jsons` does to pixels, in 0..255.
CONTRACT = DetectorContract(
    family="retinaface-pytorch",
    colour="rgb",
    mean=(123.675, 116.28, 103.53),
    std=(58.395, 57.12, 57.375),
    nms_threshold=0.4,
)
VARIANCES = [0.1, 0.2]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> ModelPack:
    """Give a pack with seeded random weights; the normalisation's own statistics are random too."""
    import torch

    torch.set_num_threads(1)  # as many as the adapter takes: sums of other parts differ in the last bit
    weights = tmp_path_factory.mktemp("weights") / "random.pth"
    generator = torch.Generator().manual_seed(20260105)
    state = {
        name: random_values(name, value, generator) for name, value in empty_network().state_dict().items()
    }
    torch.save(state, weights)
    return pack_of(weights)


def pack_of(weights: Path) -> ModelPack:
    tiny = load_pack(TINY)
    file = dataclasses.replace(tiny.file("detector"), path=weights)
    return dataclasses.replace(tiny, detector=CONTRACT, files=(file, tiny.file("embedder")))


def empty_network() -> Any:
    from facebank.faces import retinaface_pytorch

    retinaface_pytorch._import_torchvision()
    from retinaface.network import RetinaFace

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return RetinaFace(
            name="Resnet50",
            pretrained=False,
            return_layers={"layer2": 1, "layer3": 2, "layer4": 3},
            in_channels=256,
            out_channels=256,
        )


def random_values(name: str, value: Any, generator: Any) -> Any:
    import torch

    if not value.is_floating_point():
        return value
    noise = torch.randn(value.shape, generator=generator)
    if name.endswith(("running_var", "bn1.weight", "bn2.weight")):
        return 1 + noise.abs() / 10
    return noise / np.sqrt(max(1, value[0].numel())) if value.dim() > 1 else noise / 10


def by_the_package(image: NDArray[np.uint8], weights: Path, threshold: float) -> Detections:
    """Put the package's network, priors and decoding together as its `predict_jsons` does, in its order."""
    from retinaface.box_utils import decode, decode_landm
    from retinaface.prior_box import priorbox

    import torch

    network = empty_network()
    network.load_state_dict(torch.load(weights, weights_only=True))
    network.eval()
    height, width = image.shape[:2]
    priors = priorbox(
        min_sizes=[[16, 32], [64, 128], [256, 512]], steps=[8, 16, 32], clip=False, image_size=(height, width)
    )
    with torch.no_grad():
        loc, conf, land = network(torch.from_numpy(model_input(image, CONTRACT)))
        boxes = decode(loc[0], priors, VARIANCES) * torch.from_numpy(np.tile((width, height), 2))
        points = decode_landm(land[0], priors, VARIANCES) * torch.from_numpy(np.tile((width, height), 5))
        scores = torch.nn.functional.softmax(conf, dim=-1)[0][:, 1]
    wanted = scores.numpy() >= threshold
    faces = Detections(boxes.numpy(), scores.numpy(), points.numpy().reshape(-1, 5, 2)).take(wanted)
    return faces.take(textbook_nms(faces.boxes, faces.scores, CONTRACT.nms_threshold))


def textbook_nms(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], threshold: float
) -> NDArray[np.intp]:
    """Keep a box when no better kept one overlaps it by more than the threshold, as torchvision does."""
    kept: list[int] = []
    overlaps = iou_matrix(boxes, boxes)
    for index in np.argsort(-scores, kind="stable"):
        if all(overlaps[index, other] <= threshold for other in kept):
            kept.append(int(index))
    return np.array(kept, dtype=np.intp)


@pytest.mark.parametrize(
    ("image", "det_size"), [(astronaut()[:97, :131], 131), (friends(), 160), (astronaut(), 64)]
)
def test_boxes_are_those_of_the_packages_functions(
    pack: ModelPack, image: NDArray[np.uint8], det_size: int
) -> None:
    seen = scaled(image, det_size)
    every = by_the_package(seen, pack.file("detector").path, 0.0)
    threshold = float(np.median(every.scores))
    expected = by_the_package(seen, pack.file("detector").path, threshold)
    assert 1 < len(expected) < len(every)
    found = open_detector(pack).detect([image], det_size=det_size, score_threshold=threshold)[0]
    factors = np.array([image.shape[1] / seen.shape[1], image.shape[0] / seen.shape[0]], dtype=np.float32)
    np.testing.assert_array_equal(found.boxes, expected.boxes * np.tile(factors, 2))
    np.testing.assert_array_equal(found.scores, expected.scores)
    np.testing.assert_array_equal(found.landmarks, expected.landmarks * factors)


@pytest.fixture
def predict_jsons(monkeypatch: pytest.MonkeyPatch, pack: ModelPack) -> Iterator[Any]:
    """Open the package's own predictor, with stand-ins for albumentations and for torchvision's NMS."""
    import torch

    def transform(*, image: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        return {"image": model_input(image, CONTRACT)[0].transpose(1, 2, 0)}

    def nms(boxes: Any, scores: Any, threshold: float) -> Any:
        return torch.from_numpy(textbook_nms(boxes.numpy(), scores.numpy(), threshold))

    albumentations = types.ModuleType("albumentations")
    for name in ("LongestMaxSize", "Normalize"):
        setattr(albumentations, name, lambda **_: None)
    albumentations.Compose = lambda _: transform  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "albumentations", albumentations)
    empty_network()
    from retinaface import predict_single

    monkeypatch.setattr(predict_single, "nms", nms)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = predict_single.Model()
    model.load_state_dict(torch.load(pack.file("detector").path, weights_only=True))
    model.eval()
    yield model.predict_jsons
    sys.modules.pop("retinaface.predict_single")


def test_boxes_are_those_of_the_packages_predictor(predict_jsons: Any, pack: ModelPack) -> None:
    image = astronaut()[:96, :128]
    found = open_detector(pack).detect([image], det_size=128, score_threshold=0.5)[0]
    expected = predict_jsons(image, confidence_threshold=0.5, nms_threshold=CONTRACT.nms_threshold)
    # The package leaves out what lies outside of the picture, and rounds to two decimals.
    height, width = image.shape[:2]
    inside = (found.boxes[:, 0] < width - 1) & (found.boxes[:, 1] < height - 1)
    found = found.take(inside)
    assert len(found) == len(expected) > 1
    np.testing.assert_allclose(found.boxes, [it["bbox"] for it in expected], atol=0.0051)
    np.testing.assert_allclose(found.scores, [it["score"] for it in expected], atol=0.0051)
    np.testing.assert_allclose(found.landmarks, [it["landmarks"] for it in expected], atol=0.0051)


def test_a_result_does_not_depend_on_its_neighbours(pack: ModelPack) -> None:
    detector = open_detector(pack)
    images = [astronaut()[:64, :64], friends(), astronaut()[:64, 64:128]]
    together = detector.detect(images, det_size=64, score_threshold=0.5)
    for image, faces in zip(images, together, strict=True):
        alone = detector.detect([image], det_size=64, score_threshold=0.5)[0]
        np.testing.assert_array_equal(faces.boxes, alone.boxes)
    assert detector.detect([], det_size=64, score_threshold=0.5) == []


class Unsafe:
    """Something that only a full unpickling makes."""


@pytest.mark.parametrize("content", ["nothing", "text", "other keys", "an object"])
def test_other_weights_are_refused(tmp_path: Path, content: str) -> None:
    import torch

    weights = tmp_path / "weights.pth"
    if content == "text":
        weights.write_text("no weights")
    elif content == "other keys":
        torch.save({"layer.weight": torch.zeros(3)}, weights)
    elif content == "an object":
        torch.save({"state": Unsafe()}, weights)
    with pytest.raises(ModelError, match=r"weights\.pth.*a state dict") as error:
        open_detector(pack_of(weights))
    assert error.value.exit_code == 4
    assert len(str(error.value)) < 1000
    assert "weights_only" not in str(error.value)


def test_cuda_is_never_replaced_by_the_cpu(pack: ModelPack) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ModelError, match="without CUDA"):
        open_detector(pack, device="cuda")
