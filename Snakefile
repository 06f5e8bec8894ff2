"""facebank: from portrait photos and robot videos to identity supervision that can be trusted."""

from snakemake.utils import min_version

min_version("9.20")


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/inventory.smk"
include: "workflow/rules/embeddings.smk"
include: "workflow/rules/gallery.smk"
include: "workflow/rules/validation.smk"
include: "workflow/rules/detections.smk"
include: "workflow/rules/face_labels.smk"
include: "workflow/rules/audit.smk"
include: "workflow/rules/gold.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/limits.smk"
include: "workflow/rules/release.smk"


# What the config means; a stage whose section is missing is left out.
rule all:
    default_target: True
    input:
        [file for stage in PLAN.stages() for file in PLAN.target(stage)],


# Every stage is a target: `snakemake --cores all face_labels`.
for stage in STAGES:

    rule:
        name:
            stage
        input:
            finished(stage),


# Whoever asked for it wants to look at it, and its folder has a name that nobody knows by heart.
onsuccess:
    if any(job.rule.name == "render_report" for job in workflow.dag.jobs):
        logger.info(
            f"Open the report in a browser: {PLAN.folder('report')}/index.html"
        )
