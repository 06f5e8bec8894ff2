"""
Stage gallery: one centroid for each identity, duplicates, and a verdict on every photo.

INPUTS   <inventory_photos>, <embeddings>, the photos of duplicate candidates
OUTPUTS  <gallery>/{celeb_embeddings.json,photos.parquet,identities.parquet,centroids.parquet,duplicates.tsv,...}
         <gallery>/arcface_embeddings/<set>/<person>/<photo>.arcface.npy
"""


rule build_gallery:
    input:
        inventory="<inventory_photos>/provenance.json",
        embeddings="<embeddings>/provenance.json",
        bank=given(config["bank"]["root"]),
    output:
        manifest="<gallery>/celeb_embeddings.json",
        photos="<gallery>/photos.parquet",
        identities="<gallery>/identities.parquet",
        centroids="<gallery>/centroids.parquet",
        duplicates=report(
            "<gallery>/duplicates.tsv",
            caption="../report/duplicates.rst",
            category="Bank",
            labels={"what": "copies of one picture"},
        ),
        summary="<gallery>/summary.json",
        provenance="<gallery>/provenance.json",
    log:
        "<logs>/build_gallery.log",
    benchmark:
        "<benchmarks>/build_gallery.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=60,
    params:
        code=PLAN.code("build_gallery"),
        settings=arguments("gallery"),
        inventory=subpath(input.inventory, parent=True),
        embeddings=subpath(input.embeddings, parent=True),
        folder=subpath(output.provenance, parent=True),
    message:
        "Building the gallery"
    shell:
        "facebank build-gallery --inventory {params.inventory:q} --embeddings {params.embeddings:q}"
        " --photos-root {input.bank:q} {params.settings} --output-dir {params.folder:q}"
        " > {log:q} 2>&1"
