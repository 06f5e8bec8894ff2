"""RetinaFace as torch weights, run by the network of the package ``retinaface-pytorch``.

The package is V. Iglovikov's implementation of Deng et al., "RetinaFace: Single-stage Dense Face
Localisation in the Wild", 2019. Only its network, its prior boxes and its decoding are used: its other
modules download weights or import what nothing here needs. Torch is imported when a detector is opened.
"""

from __future__ import annotations

import textwrap
import warnings
from functools import lru_cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.errors import ModelError
from facebank.faces.boxes import nms
from facebank.faces.detections import Detections, in_pixels_of, scaled
from facebank.runtime.sessions import provider_class

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.runtime.packs import DetectorContract, ModelPack

__all__ = ["RetinaFacePytorch", "model_input", "require_torch_packages"]

_PACKAGES = ("torch", "torchvision", "retinaface-pytorch")

#: How the package builds the network that its weights belong to.
_NETWORK = {
    "name": "Resnet50",
    "return_layers": {"layer2": 1, "layer3": 2, "layer4": 3},
    "in_channels": 256,
    "out_channels": 256,
}
#: Strides of the three feature maps, sides of their priors in pixels, and the variances of centre and size.
_STRIDES = [8, 16, 32]
_SIDES = [[16, 32], [64, 128], [256, 512]]
_VARIANCES = [0.1, 0.2]


class RetinaFacePytorch:
    """A detector of the family ``retinaface-pytorch``; see `facebank.faces.detections.Detector`.

    One image goes through the network at a time: torch picks its kernels by the size of the batch, so that a
    result could depend on the neighbours.
    """

    def __init__(self, pack: ModelPack, *, device: str = "cpu", threads: int = 1) -> None:
        require_torch_packages()
        self._contract = pack.detector
        self._device = device
        _prepare_torch(device, threads)
        self._network = _network(pack.file("detector").path).to(device)

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, det_size: int, score_threshold: float
    ) -> list[Detections]:
        """Find the faces of some images; see `facebank.faces.detections.Detector.detect`."""
        seen = [scaled(image, det_size) for image in images]
        return [
            in_pixels_of(image, small, self._detect_one(small, score_threshold))
            for image, small in zip(images, seen, strict=True)
        ]

    def _detect_one(self, image: NDArray[np.uint8], score_threshold: float) -> Detections:
        """Run the network on one image; results in pixels of it."""
        from retinaface.box_utils import decode, decode_landm

        import torch

        height, width = image.shape[:2]
        priors = _priors(height, width)
        with torch.inference_mode():
            blob = torch.from_numpy(model_input(image, self._contract)).to(self._device)
            loc, conf, landmarks = (output[0].cpu() for output in self._network(blob))
            scores = torch.softmax(conf, dim=-1)[:, 1]
            # The package's coordinates are shares of the sides.
            boxes = decode(loc, priors, _VARIANCES) * torch.tensor([width, height] * 2)
            points = decode_landm(landmarks, priors, _VARIANCES) * torch.tensor([width, height] * 5)
        faces = Detections(boxes.numpy(), scores.numpy(), points.numpy().reshape(-1, 5, 2))
        faces = faces.take(faces.scores >= score_threshold)
        return faces.take(nms(faces.boxes, faces.scores, self._contract.nms_threshold))


def require_torch_packages() -> None:
    """Insist that torch, torchvision and retinaface-pytorch are installed. None of them is imported.

    Raises
    ------
    ModelError
        Naming those that are missing, and the environment that has them.
    """
    if missing := [name for name in _PACKAGES if not _is_installed(name)]:
        raise ModelError(
            "Detectors of the family 'retinaface-pytorch' need packages that this Python does not have",
            expected=" and ".join((", ".join(_PACKAGES[:-1]), _PACKAGES[-1])),
            found=f"no {' and no '.join(missing)}",
            remedy="Run in their environment: `make torch-env` makes it as .venv-torch,"
            " `snakemake --sdm conda` makes it from envs/retinaface-pytorch.yaml.",
        )


def model_input(image: NDArray[np.uint8], contract: DetectorContract) -> NDArray[np.float32]:
    """Give an image as the network takes it.

    Parameters
    ----------
    image : ndarray (H, W, 3) of uint8
        RGB image.
    contract : DetectorContract
        Its colour order, mean and std.

    Returns
    -------
    ndarray (1, 3, H, W) of float32
        A batch of one.
    """
    pixels = image[..., ::-1] if contract.colour == "bgr" else image
    centred = pixels.astype(np.float32) - np.array(contract.mean, dtype=np.float32)
    values = centred / np.array(contract.std, dtype=np.float32)
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None])


def _is_installed(distribution: str) -> bool:
    """Tell whether a distribution is installed, by its name: others too are imported as retinaface."""
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True


def _prepare_torch(device: str, threads: int) -> None:
    """Let torch run on the device, the same way each time."""
    import torch

    torch.set_num_threads(threads)
    if provider_class(device) == "cpu":
        return
    if not torch.cuda.is_available():
        raise ModelError(
            "The requested device cannot be used",
            expected=f"a torch that sees CUDA, for device {device}",
            found=f"torch {torch.__version__} without CUDA",
            remedy="Set 'device: cpu', or install a CUDA build of torch.",
        )
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


def _network(weights: Path) -> Any:
    """Build the package's network, without weights of its own, and load a state dict into it."""
    import torch

    _import_torchvision()
    from retinaface.network import RetinaFace

    with warnings.catch_warnings():
        # The package says `pretrained=False` by the name that torchvision gave up.
        warnings.simplefilter("ignore", UserWarning)
        network = RetinaFace(pretrained=False, **_NETWORK)
    try:
        network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    except Exception as error:  # torch's errors share no base class but Exception
        # What torch says of a refused pickle advises to trust it.
        refused = isinstance(error, UnpicklingError)
        said = "something else than tensors" if refused else " ".join(str(error).split())
        raise ModelError(
            "The weights cannot be loaded into the network",
            file=weights,
            expected="a state dict of retinaface-pytorch's ResNet-50, as torch.save writes it",
            found=textwrap.shorten(said, 300),
        ) from error
    return network.eval()


def _import_torchvision() -> None:
    """Import torchvision, beside a torch of another build too.

    Its compiled operators for the CPU come with CUDA's and do not load beside a CPU torch. Nothing here calls
    them, but two have to be known by name while torchvision is imported.
    """
    import torch

    try:
        import_module("torchvision")
    except RuntimeError:
        for operator in ("nms", "qnms"):
            torch.library.define(
                f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            )
        import_module("torchvision")


@lru_cache(maxsize=16)
def _priors(height: int, width: int) -> Any:
    """Give the package's prior boxes of an input, tensor (n, 4): centre and sides, as shares."""
    from retinaface.prior_box import priorbox

    return priorbox(min_sizes=_SIDES, steps=_STRIDES, clip=False, image_size=(height, width))
