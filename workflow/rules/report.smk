"""
Stage report: static pages of everything that the config builds.

INPUTS   every version folder that the config means, photos and frames for pictures
OUTPUTS  <report>/index.html and its pages
"""


rule render_report:
    input:
        given([]),
        **PLAN.upstream_files("report"),
    output:
        index="<report>/index.html",
        provenance="<report>/provenance.json",
    log:
        "<logs>/render_report.log",
    benchmark:
        "<benchmarks>/render_report.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=60,
    params:
        code=PLAN.code("render_report"),
        settings=arguments("report"),
        roots=PLAN.root_arguments,
        folders=PLAN.upstream_arguments("report"),
        folder=subpath(output.provenance, parent=True),
    message:
        "Rendering the report"
    shell:
        "facebank render-report {params.folders} {params.roots} {params.settings}"
        " --output-dir {params.folder:q}"
        " > {log:q} 2>&1"
