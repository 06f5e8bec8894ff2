"""
Config and paths, nothing else.

INPUTS   the config
OUTPUTS  PLAN (what the config means), MODEL_ENV (where models run), SURVEY (content digests, what must not be believed), a path variable for each version folder
"""

import shlex
import sys
from pathlib import Path

from snakemake import __version__ as snakemake_version
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.types import DeploymentMethod

PACKAGE = Path(workflow.basedir) / "workflow" / "src"
sys.path.insert(0, str(PACKAGE))

from facebank.artifacts.atomic import sweep
from facebank.artifacts.lock import hold_lock
from facebank.artifacts.provenance import installed_versions
from facebank.config.load import load_config, parse_config
from facebank.errors import FacebankError
from facebank.plan.plan import Plan
from facebank.plan.preflight import (
    preflight,
    require_decided,
    require_device,
    require_packages,
    require_sources,
)
from facebank.plan.registry import STAGES
from facebank.plan.settings import option
from facebank.versions.forcing import force, require_forced
from facebank.versions.survey import load_survey, save_survey, survey

# Under conda, what the stages run on is not what this process runs on.
deployment = workflow.deployment_settings.deployment_method

try:
    for path in workflow.configfiles:
        load_config(
            Path(path)
        )  # sees what is lost in `config`: a key that stands twice
    PLAN = Plan(parse_config(config))
    RECORDS = Path(PLAN.results) / ".logs"
    # A job that was sent elsewhere was decided here: it neither checks nor reads the user's files again.
    if workflow.is_main_process:
        preflight(PLAN)
        require_decided(PLAN)
        if PLAN.config.audit.exclude or PLAN.config.sources.merged:
            # What collects the verdicts says it too, but only once every shard was audited.
            require_sources(PLAN)
        if not deployment:
            require_packages(PLAN)
            # Jobs on other nodes check their device when they open a model.
            if workflow.resource_settings.nodes is None:
                require_device(PLAN)
        SURVEY = survey(PLAN, installed=None if deployment else installed_versions())
        PLAN.contents.save()
    else:
        SURVEY = load_survey(RECORDS / "survey.json")
except FacebankError as error:
    raise WorkflowError(str(error)) from None

for remark in SURVEY.remarks:
    logger.info(remark)

config = PLAN.config.model_dump(mode="json")

# Rules that run models do so where their device's and their detector family's packages are.
torch_models = PLAN.reads_models and PLAN.pack.detector.family == "retinaface-pytorch"
model_packages = "retinaface-pytorch" if torch_models else "gpu" if PLAN.gpus else "cpu"
MODEL_ENV = f"../../envs/{model_packages}.yaml"

# The package comes with the workflow: no environment has to hold it. Under conda, `python` is the environment's.
python = "python" if deployment else sys.executable
shell.prefix(
    f"set -euo pipefail; export PYTHONPATH={shlex.quote(str(PACKAGE))};"
    f' facebank() {{{{ {shlex.quote(python)} -m facebank "$@"; }}}}; '
)


if DeploymentMethod.APPTAINER in deployment:
    # One image for all jobs: the model stages' holds what the others need.
    image = (
        Path(workflow.basedir) / "containers" / f"{'gpu' if PLAN.gpus else 'cpu'}.sif"
    )
    if not image.is_file():
        raise WorkflowError(
            f"There is no {image}. Build it as the head of containers/facebank.def says."
        )

    container: str(image)


pathvars:
    **PLAN.path_variables(SURVEY.shard_counts),


wildcard_constraints:
    shard=r"\d+",


onstart:
    # Snakemake's own lock guards a working directory, and outlives a killed build; this one guards the results.
    if workflow.is_main_process:
        try:
            require_forced(workflow.dag, SURVEY.stale)
            if hold_lock(RECORDS / "build.lock"):
                sweep(Path(PLAN.results))
        except FacebankError as error:
            raise WorkflowError(str(error)) from None
        save_survey(RECORDS / "survey.json", SURVEY)


def finished(stage):
    """Give an input function for a stage's files; it fails in one sentence where the config lacks the stage."""

    def files(wildcards):
        try:
            return PLAN.target(stage)
        except FacebankError as error:
            raise WorkflowError(str(error)) from None

    return files


def verbatim(text):
    """Give a text of the config as it is: Snakemake takes braces in it, as of a pattern, for wildcards."""
    return lambda wildcards: text


def arguments(artifact, *more):
    """Give the settings that an artifact reads, and more, as words of a shell command."""
    return verbatim(PLAN.arguments(artifact, *more))


def given(path):
    """
    Mark a file or folder of the user: its content digest, not its time, decides; none is no input.

    A model pack is none either, it is a resource: its digests decide, and a moved checkout has it elsewhere.
    Every rule asks for this, with no path if need be, so what must not be believed is forced here. The list
    of what is forced exists once jobs are made, and is read after that.
    """

    def files(wildcards):
        try:
            force(workflow.dag, SURVEY.stale, version=snakemake_version)
        except FacebankError as error:
            raise WorkflowError(str(error)) from None
        return path or []

    return ancient(files)
