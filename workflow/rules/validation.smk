"""
Stage validation: the leave-one-out proof that the gallery tells people apart.

INPUTS   <embeddings>, <gallery>
OUTPUTS  <validation>/{summary.json,validation.md,loo.parquet,ood_loo_rows.json,*.svg}
"""


rule validate_gallery:
    input:
        given([]),
        embeddings="<embeddings>/provenance.json",
        gallery="<gallery>/provenance.json",
    output:
        summary="<validation>/summary.json",
        text=report(
            "<validation>/validation.md",
            caption="../report/validation.rst",
            category="Validation",
            labels={"what": "leave-one-out table"},
        ),
        heat_map=report(
            "<validation>/heat_map.svg",
            caption="../report/heat_map.rst",
            category="Validation",
            labels={"what": "similarity of all pairs of identities"},
        ),
        roc=report(
            "<validation>/roc.svg",
            caption="../report/roc.rst",
            category="Validation",
            labels={"what": "true accepts against false accepts"},
        ),
        errors=report(
            "<validation>/errors.svg",
            caption="../report/errors.rst",
            category="Validation",
            labels={"what": "errors by threshold"},
        ),
        queries="<validation>/loo.parquet",
        provenance="<validation>/provenance.json",
    log:
        "<logs>/validate_gallery.log",
    benchmark:
        "<benchmarks>/validate_gallery.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=60,
    params:
        code=PLAN.code("validate_gallery"),
        settings=arguments("validation"),
        embeddings=subpath(input.embeddings, parent=True),
        gallery=subpath(input.gallery, parent=True),
        folder=subpath(output.provenance, parent=True),
    message:
        "Validating the gallery by leave-one-out"
    shell:
        "facebank validate-gallery --embeddings {params.embeddings:q} --gallery {params.gallery:q}"
        " {params.settings} --output-dir {params.folder:q}"
        " > {log:q} 2>&1"
