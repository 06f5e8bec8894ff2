"""
Stage inventory: which files are used, and why the others are not.

INPUTS   bank.root, sources.root
OUTPUTS  <inventory_photos>/{photos.parquet,rejected.tsv,ignored.tsv}
         <inventory_sources>/{sources.parquet,variants.parquet,findings.tsv,rejected.tsv,ignored.tsv}
"""


rule index_photos:
    input:
        bank=given(config["bank"]["root"]),
    output:
        photos="<inventory_photos>/photos.parquet",
        rejected=report(
            "<inventory_photos>/rejected.tsv",
            caption="../report/rejected.rst",
            category="Bank",
            labels={"what": "photos that cannot be used"},
        ),
        ignored="<inventory_photos>/ignored.tsv",
        provenance="<inventory_photos>/provenance.json",
    log:
        "<logs>/index_photos.log",
    benchmark:
        "<benchmarks>/index_photos.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=60,
        isolation=PLAN.isolation_argument,
    params:
        code=PLAN.code("index_photos"),
        settings=arguments("inventory/photos"),
        contents=SURVEY.contents.get("inventory/photos", ""),
        folder=subpath(output.provenance, parent=True),
        forgotten=verbatim(PLAN.forgotten_argument),
    message:
        "Indexing the photos of {input.bank}"
    shell:
        "facebank index-photos --root {input.bank:q} {params.forgotten} {params.settings}"
        " --contents={params.contents} {resources.isolation} --threads {threads} --output-dir {params.folder:q}"
        " > {log:q} 2>&1"


rule index_sources:
    input:
        sources=given(config["sources"]["root"]),
    output:
        sources="<inventory_sources>/sources.parquet",
        variants="<inventory_sources>/variants.parquet",
        rejected="<inventory_sources>/rejected.tsv",
        provenance="<inventory_sources>/provenance.json",
    log:
        "<logs>/index_sources.log",
    benchmark:
        "<benchmarks>/index_sources.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=60,
        cache=str(PLAN.cache),
        isolation=PLAN.isolation_argument,
        # Held against what is written, and no part of it: the audit is what it is content of.
        merged=PLAN.merged_argument,
    params:
        code=PLAN.code("index_sources"),
        settings=arguments("inventory/sources"),
        contents=SURVEY.contents.get("inventory/sources", ""),
        folder=subpath(output.provenance, parent=True),
        forgotten=verbatim(PLAN.forgotten_argument),
    message:
        "Indexing the sources of {input.sources}"
    shell:
        "facebank index-sources --root {input.sources:q} --cache {resources.cache:q} {params.forgotten}"
        " {params.settings} --contents={params.contents} {resources.isolation} {resources.merged}"
        " --threads {threads} --output-dir {params.folder:q}"
        " > {log:q} 2>&1"
