"""
Stage detections: faces at the keyframes of each source's representative, and of the variants that it does not fit.

INPUTS   the videos of each shard, <inventory_sources>/variants.parquet, the model pack
OUTPUTS  <detections>/{detections.parquet,frames.parquet,videos.parquet,representatives.tsv,summary.json}
"""


# A shard reads the sources and not the inventory, for the reason that stands in embeddings.smk.
rule detect_keyframes:
    input:
        videos=given(config["sources"]["root"]),
    output:
        detections="<detections_shards>/{shard}.parquet",
        record="<detections_shards>/{shard}.json",
    log:
        "<logs>/detect_keyframes/{shard}.log",
    benchmark:
        "<benchmarks>/detect_keyframes/{shard}.tsv"
    conda:
        MODEL_ENV
    # Jobs fill a machine better than threads do: those of one job wait for each other's Python.
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=240,
        gpu=PLAN.gpus,
        device=config["device"],
        cache=str(PLAN.cache),
        pack=str(PLAN.pack_folder),
        shards=SURVEY.shard_counts["detections"],
        isolation=PLAN.isolation_argument,
    params:
        code=PLAN.code("detect_keyframes"),
        settings=arguments(
            "detections",
            "sources.pattern",
            "sources.camera",
            "sources.letters",
            "bank.aliases",
            "sources.findings",
            "sources.max_pixels",
            "sources.max_frames",
            "sources.max_bytes",
            "media.max_seconds",
            "media.max_memory_mb",
        ),
        contents=lambda wildcards: SURVEY.shards["detections"][int(wildcards.shard)],
        forgotten=verbatim(PLAN.forgotten_argument),
    message:
        "Detecting faces at keyframes, shard {wildcards.shard}"
    shell:
        "facebank detect-keyframes --root {input.videos:q} {params.forgotten}"
        " --pack {resources.pack:q} --cache {resources.cache:q} --shard {wildcards.shard}"
        " --shards {resources.shards} {params.settings} --contents={params.contents}"
        " --device {resources.device} {resources.isolation} --threads {threads} --output {output.detections:q}"
        " > {log:q} 2>&1"


rule collect_detections:
    input:
        given([]),
        variants="<inventory_sources>/variants.parquet",
        models="<models>/models.json",
        shards=expand(
            "<detections_shards>/{shard}.parquet",
            shard=range(SURVEY.shard_counts["detections"]),
        ),
    output:
        detections="<detections>/detections.parquet",
        frames="<detections>/frames.parquet",
        videos="<detections>/videos.parquet",
        provenance="<detections>/provenance.json",
    log:
        "<logs>/collect_detections.log",
    benchmark:
        "<benchmarks>/collect_detections.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=30,
        pack=str(PLAN.pack_folder),
    params:
        code=PLAN.code("collect_detections"),
        settings=arguments("detections"),
        shards=lambda wildcards, input: option("shards", list(input.shards)),
        folder=subpath(output.provenance, parent=True),
    message:
        "Collecting the detections"
    shell:
        "facebank collect-detections --variants {input.variants:q} {params.shards} --pack {resources.pack:q} {params.settings}"
        " --output-dir {params.folder:q}"
        " > {log:q} 2>&1"
