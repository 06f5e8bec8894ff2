"""
Stage embeddings: the faces of each photo and their vectors.

INPUTS   the photos of each shard, <inventory_photos>/photos.parquet, the model pack
OUTPUTS  <embeddings>/{faces.parquet,rejected.tsv,summary.json}
"""


# A shard reads the bank and not the inventory: Snakemake does not look for reasons of a job whose upstream is to
# run, not even behind `ancient`, so a changed photo would leave its shard stale for one build.
rule embed_photos:
    input:
        bank=given(config["bank"]["root"]),
    output:
        faces="<embeddings_shards>/{shard}.parquet",
        record="<embeddings_shards>/{shard}.json",
    log:
        "<logs>/embed_photos/{shard}.log",
    benchmark:
        "<benchmarks>/embed_photos/{shard}.tsv"
    conda:
        MODEL_ENV
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=240,
        gpu=PLAN.gpus,
        device=config["device"],
        cache=str(PLAN.cache),
        pack=str(PLAN.pack_folder),
        shards=SURVEY.shard_counts["embeddings"],
        isolation=PLAN.isolation_argument,
    params:
        code=PLAN.code("embed_photos"),
        settings=arguments(
            "embeddings",
            "bank.sets",
            "bank.max_pixels",
            "bank.max_bytes",
            "media.max_seconds",
            "media.max_memory_mb",
        ),
        contents=lambda wildcards: SURVEY.shards["embeddings"][int(wildcards.shard)],
        forgotten=verbatim(PLAN.forgotten_argument),
    message:
        "Embedding photos, shard {wildcards.shard}"
    shell:
        "facebank embed-photos --root {input.bank:q} {params.forgotten} --pack {resources.pack:q}"
        " --cache {resources.cache:q} --shard {wildcards.shard} --shards {resources.shards} {params.settings}"
        " --contents={params.contents} --device {resources.device} {resources.isolation} --threads {threads}"
        " --output {output.faces:q}"
        " > {log:q} 2>&1"


rule collect_embeddings:
    input:
        given([]),
        photos="<inventory_photos>/photos.parquet",
        models="<models>/models.json",
        shards=expand(
            "<embeddings_shards>/{shard}.parquet",
            shard=range(SURVEY.shard_counts["embeddings"]),
        ),
    output:
        faces="<embeddings>/faces.parquet",
        rejected="<embeddings>/rejected.tsv",
        summary="<embeddings>/summary.json",
        provenance="<embeddings>/provenance.json",
    log:
        "<logs>/collect_embeddings.log",
    benchmark:
        "<benchmarks>/collect_embeddings.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=30,
        device=config["device"],
        pack=str(PLAN.pack_folder),
    params:
        code=PLAN.code("collect_embeddings"),
        settings=arguments("embeddings"),
        shards=lambda wildcards, input: option("shards", list(input.shards)),
        folder=subpath(output.provenance, parent=True),
    message:
        "Collecting the embeddings"
    shell:
        "facebank collect-embeddings --photos {input.photos:q} {params.shards} --pack {resources.pack:q} {params.settings}"
        " --device {resources.device} --output-dir {params.folder:q}"
        " > {log:q} 2>&1"
