"""
Stage limits: are the artifacts as good as the config demands?

INPUTS   <inventory_photos>, <embeddings>, <gallery>, <validation>, <audit>, <gold_labels>, <gold_predictions>, <gold_evaluation>, where the config means them
OUTPUTS  <limits>/limits.json
"""


# A rule of its own: Snakemake deletes what a failed job wrote, and the artifacts must stand when a limit is broken.
rule check_limits:
    input:
        given([]),
        **PLAN.upstream_files("limits"),
    output:
        limits=report(
            "<limits>/limits.json",
            caption="../report/limits.rst",
            category="Limits",
            labels={"what": "limits and findings"},
        ),
        provenance="<limits>/provenance.json",
    log:
        "<logs>/check_limits.log",
    benchmark:
        "<benchmarks>/check_limits.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        code=PLAN.code("check_limits"),
        settings=arguments("limits"),
        folders=PLAN.upstream_arguments("limits"),
        folder=subpath(output.provenance, parent=True),
    message:
        "Checking the limits"
    shell:
        "facebank check-limits {params.folders} {params.settings} --output-dir {params.folder:q}"
        " > {log:q} 2>&1"
