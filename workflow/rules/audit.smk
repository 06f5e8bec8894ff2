"""
Stage audit: does every variant show the persons that it claims?

INPUTS   <inventory_sources>, <detections>, <face_labels>, <gallery>, the videos of each shard's variants,
         the model pack, the lengths of the merged data set
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
    output:
        seen="<audit_shards>/{shard}.parquet",
        record="<audit_shards>/{shard}.json",
    log:
        "<logs>/audit_slots/{shard}.log",
    benchmark:
        "<benchmarks>/audit_slots/{shard}.tsv"
    conda:
        MODEL_ENV
    # Sources have many variants: a shard that got more of them than others is not waited for so long.
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=480,
        gpu=PLAN.gpus,
        device=config["device"],
        cache=str(PLAN.cache),
        pack=str(PLAN.pack_folder),
        shards=SURVEY.shard_counts["audit"],
        isolation=PLAN.isolation_argument,
    params:
        code=PLAN.code("audit_slots"),
        settings=verbatim(
            PLAN.shard_arguments(
                "audit",
                "sources.max_pixels",
                "sources.max_frames",
                "sources.max_bytes",
                "media.max_seconds",
                "media.max_memory_mb",
            )
        ),
        contents=lambda wildcards: SURVEY.shards["audit"][int(wildcards.shard)],
        inventory=subpath(input.inventory, parent=True),
        detections=subpath(input.detections, parent=True),
        face_labels=subpath(input.face_labels, parent=True),
        gallery=subpath(input.gallery, parent=True),
    message:
        "Auditing the claimed identities of every variant, shard {wildcards.shard}"
    shell:
        "facebank audit-slots --inventory {params.inventory:q} --detections {params.detections:q}"
        " --face-labels {params.face_labels:q} --gallery {params.gallery:q} --root {input.videos:q}"
        " --pack {resources.pack:q} --cache {resources.cache:q} --shard {wildcards.shard}"
        " --shards {resources.shards} {params.settings} --contents={params.contents}"
        " --device {resources.device} {resources.isolation} --threads {threads} --output {output.seen:q}"
        " > {log:q} 2>&1"


rule collect_verdicts:
    input:
        inventory="<inventory_sources>/provenance.json",
        detections="<detections>/provenance.json",
        face_labels="<face_labels>/provenance.json",
        gallery="<gallery>/provenance.json",
        merged=given(config["sources"]["merged"]),
        shards=expand(
            "<audit_shards>/{shard}.parquet",
            shard=range(SURVEY.shard_counts["audit"]),
        ),
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
        representative="<audit>/representative.tsv",
        mapping="<audit>/episode_mapping.json",
        mapped="<audit>/episode_mapping.tsv",
        summary="<audit>/summary.json",
        provenance="<audit>/provenance.json",
    log:
        "<logs>/collect_verdicts.log",
    benchmark:
        "<benchmarks>/collect_verdicts.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=30,
        device=config["device"],
        pack=str(PLAN.pack_folder),
    params:
        code=PLAN.code("collect_verdicts"),
        settings=arguments("audit"),
        contents=SURVEY.contents.get("audit", ""),
        merged=option("merged", config["sources"]["merged"]),
        shards=lambda wildcards, input: option("shards", list(input.shards)),
        inventory=subpath(input.inventory, parent=True),
        detections=subpath(input.detections, parent=True),
        face_labels=subpath(input.face_labels, parent=True),
        gallery=subpath(input.gallery, parent=True),
        folder=subpath(output.provenance, parent=True),
    message:
        "Collecting the verdicts"
    shell:
        "facebank collect-verdicts {params.shards} --inventory {params.inventory:q}"
        " --detections {params.detections:q} --face-labels {params.face_labels:q} --gallery {params.gallery:q}"
        " --pack {resources.pack:q} {params.merged} {params.settings} --device {resources.device}"
        " --contents={params.contents} --output-dir {params.folder:q}"
        " > {log:q} 2>&1"
