"""
Stage face_labels: one box for each slot in every frame of every source, or the reason why there is none.

INPUTS   <detections>, <inventory_sources>/variants.parquet
OUTPUTS  <face_labels>/<source>.face_labels.json for each source, and <variant>.face_labels.json for each variant that
         those do not fit; variants.tsv, slots.parquet, coverage.tsv, summary.json
"""


rule interpolate_labels:
    input:
        given([]),
        detections="<detections>/provenance.json",
        variants="<inventory_sources>/variants.parquet",
    output:
        slots="<face_labels>/slots.parquet",
        variants="<face_labels>/variants.tsv",
        coverage=report(
            "<face_labels>/coverage.tsv",
            caption="../report/coverage.rst",
            category="Sources",
            labels={"what": "coverage by source"},
        ),
        summary="<face_labels>/summary.json",
        provenance="<face_labels>/provenance.json",
    log:
        "<logs>/interpolate_labels.log",
    benchmark:
        "<benchmarks>/interpolate_labels.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=60,
    params:
        code=PLAN.code("interpolate_labels"),
        settings=arguments("face_labels"),
        detections=subpath(input.detections, parent=True),
        folder=subpath(output.provenance, parent=True),
    message:
        "Interpolating face labels between keyframes"
    shell:
        "facebank interpolate-labels --detections {params.detections:q} --variants {input.variants:q} {params.settings}"
        " --output-dir {params.folder:q}"
        " > {log:q} 2>&1"
