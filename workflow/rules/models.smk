"""
Stage models: is the model pack what it says it is?

INPUTS   the model pack
OUTPUTS  <models>/models.json
"""


rule check_models:
    input:
        given([]),
    output:
        models="<models>/models.json",
        provenance="<models>/provenance.json",
    log:
        "<logs>/check_models.log",
    benchmark:
        "<benchmarks>/check_models.tsv"
    # First, where there is a choice: a bad pack should stop a build early.
    priority: 100
    conda:
        MODEL_ENV
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=10,
        gpu=PLAN.gpus,
        device=config["device"],
        pack=str(PLAN.pack_folder),
        # Accepting a licence changes no byte: it is no parameter.
        licences=option("accepted-licences", config["models"]["accept_licences"]),
    params:
        code=PLAN.code("check_models"),
        digests=PLAN.model_digests,
        contents=SURVEY.contents.get("models", ""),
        folder=subpath(output.provenance, parent=True),
    message:
        "Checking the model pack"
    shell:
        "facebank check-models --pack {resources.pack:q} {resources.licences}"
        " --contents={params.contents} --device {resources.device} --output-dir {params.folder:q}"
        " > {log:q} 2>&1"
