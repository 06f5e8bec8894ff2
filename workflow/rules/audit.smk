"""
Stage audit: does every variant show the persons that it claims?

INPUTS   <inventory_sources>, <detections>, <face_labels>, <gallery>, every variant's video, the model pack,
         the lengths of the merged data set
OUTPUTS  <audit>/{exclusions.tsv,unknown.tsv,findings.tsv,verdicts.parquet,representative.tsv,summary.json}
         <audit>/{episode_mapping.json,episode_mapping.tsv}
"""


rule audit_slots:
    input:
        inventory="<inventory_sources>/provenance.json",
        detections="<detections>/provenance.json",
        face_labels="<face_labels>/provenance.json",
        gallery="<gallery>/provenance.json",
        videos=given(config["sources"]["root"]),
        merged=given(config["sources"]["merged"]),
    output:
        exclusions=report(
            "<audit>/exclusions.tsv",
            caption="../report/exclusions.rst",
            category="Sources",
            labels={"what": "variants that show another person"},
        ),
        unknown="<audit>/unknown.tsv",
        findings="<audit>/findings.tsv",
        verdicts="<audit>/verdicts.parquet",
        summary="<audit>/summary.json",
        provenance="<audit>/provenance.json",
    log:
        "<logs>/audit_slots.log",
    benchmark:
        "<benchmarks>/audit_slots.tsv"
    conda:
        MODEL_ENV
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=480,
        gpu=PLAN.gpus,
        device=config["device"],
        cache=str(PLAN.cache),
        pack=str(PLAN.pack_folder),
        isolation=PLAN.isolation_argument,
    params:
        code=PLAN.code("audit_slots"),
        settings=arguments(
            "audit",
            "sources.max_pixels",
            "sources.max_frames",
            "sources.max_bytes",
            "media.max_seconds",
            "media.max_memory_mb",
        ),
        contents=SURVEY.contents.get("audit", ""),
        merged=option("merged", config["sources"]["merged"]),
        inventory=subpath(input.inventory, parent=True),
        detections=subpath(input.detections, parent=True),
        face_labels=subpath(input.face_labels, parent=True),
        gallery=subpath(input.gallery, parent=True),
        folder=subpath(output.provenance, parent=True),
    message:
        "Auditing the claimed identities of every variant"
    shell:
        "facebank audit-slots --inventory {params.inventory:q} --detections {params.detections:q}"
        " --face-labels {params.face_labels:q} --gallery {params.gallery:q} --root {input.videos:q}"
        " --pack {resources.pack:q} --cache {resources.cache:q} {params.merged} {params.settings}"
        " --contents={params.contents} --device {resources.device} {resources.isolation} --threads {threads}"
        " --output-dir {params.folder:q}"
        " > {log:q} 2>&1"
