"""
Stage release: a data set that lasts, named by its content.

INPUTS   every version folder that the config means
OUTPUTS  <receipt>, which names results/release/<id>/
"""


# A release is never edited, so it is no output of a rule: Snakemake would delete it before a rerun. The receipt is.
rule publish_release:
    input:
        given([]),
        **PLAN.upstream_files("release"),
    output:
        receipt="<receipt>",
    log:
        "<logs>/publish_release.log",
    benchmark:
        "<benchmarks>/publish_release.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=60,
        workflow=str(PLAN.workflow),
        requirements=str(PLAN.requirements),
    params:
        code=PLAN.code("publish_release"),
        settings=arguments("release"),
        contents=SURVEY.contents.get("release", ""),
        photos=PLAN.photos_argument,
        folders=PLAN.upstream_arguments("release"),
        folder=f"{PLAN.results}/release",
    message:
        "Publishing the release"
    shell:
        "facebank publish-release {params.folders} {params.photos} {params.settings}"
        " --workflow {resources.workflow:q} --requirements {resources.requirements:q}"
        " --contents={params.contents} --receipt {output.receipt:q} --output-dir {params.folder:q}"
        " > {log:q} 2>&1"
