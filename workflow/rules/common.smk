"""
Config and paths, nothing else.

INPUTS   the config
OUTPUTS  PLAN (what the config means), MODEL_ENV (where models run), PHOTOS, SOURCES, GOLD and IMAGES (content digests), a path variable for each version folder
"""

import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

PACKAGE = Path(workflow.basedir) / "workflow" / "src"
sys.path.insert(0, str(PACKAGE))

from facebank.artifacts.digests import sha256_file
from facebank.config.load import load_config, parse_config
from facebank.errors import FacebankError
from facebank.plan.plan import Contents, Plan, option
from facebank.plan.preflight import preflight, require_packages
from facebank.plan.registry import STAGES

try:
    for path in workflow.configfiles:
        load_config(
            Path(path)
        )  # sees what is lost in `config`: a key that stands twice
    PLAN = Plan(parse_config(config))
    # A job that was sent elsewhere was decided here: it neither checks nor reads the user's files again.
    if workflow.is_main_process:
        preflight(PLAN)
        if not workflow.deployment_settings.deployment_method:
            require_packages(PLAN)
        PHOTOS, SOURCES = PLAN.contents_of_photos(), PLAN.contents_of_sources()
        GOLD, IMAGES = PLAN.contents_of_gold(), PLAN.contents_of_images()
        PLAN.contents.save()
    else:
        PHOTOS, SOURCES = map(Contents.empty, PLAN.config.shards.model_dump().values())
        GOLD, IMAGES = {}, ""
except FacebankError as error:
    raise WorkflowError(str(error)) from None

config = PLAN.config.model_dump(mode="json")

# Rules that open a detector run where its family's packages are.
torch_models = PLAN.reads_models and PLAN.pack.detector.family == "retinaface-pytorch"
MODEL_ENV = f"../../envs/{'retinaface-pytorch' if torch_models else 'cpu'}.yaml"

# The package comes with the workflow: no environment has to hold it. Under conda, `python` is the environment's.
deployment = workflow.deployment_settings.deployment_method
python = "python" if deployment else sys.executable
shell.prefix(
    f"set -euo pipefail; export PYTHONPATH={shlex.quote(str(PACKAGE))};"
    f' facebank() {{{{ {shlex.quote(python)} -m facebank "$@"; }}}}; '
)


pathvars:
    **PLAN.path_variables(),


wildcard_constraints:
    shard=r"\d+",


def finished(stage):
    """Give an input function for a stage's files; it fails in one sentence where the config lacks the stage."""

    def files(wildcards):
        try:
            return PLAN.target(stage)
        except FacebankError as error:
            raise WorkflowError(str(error)) from None

    return files


def given(path):
    """Mark a file or folder of the user: its content digest, not its time, decides; none is no input."""
    return ancient(path) if path else []
