"""
Stage gold: predicted face regions against human gold labels.

INPUTS   gold.labels, gold.predictions, gold.agreement
OUTPUTS  <gold_labels>/gold_labels.ndjson, <gold_predictions>/predictions.jsonl where none are given, <gold_evaluation>/eval_gold_<run>.{md,jsonl,csv}, gold_summary.json,
         <gold_variants>/eval_gold_ab_<run>.{md,json,csv}, <gold_agreement>/eval_gold_iaa_<run>.{md,json,jsonl}
"""


rule import_gold:
    input:
        export=given(config["gold"]["labels"]),
    output:
        labels="<gold_labels>/gold_labels.ndjson",
        provenance="<gold_labels>/provenance.json",
    log:
        "<logs>/import_gold.log",
    benchmark:
        "<benchmarks>/import_gold.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=60,
    params:
        code=PLAN.code("import_gold"),
        settings=arguments("gold/labels"),
        contents=SURVEY.contents.get("gold/labels", ""),
        folder=subpath(output.provenance, parent=True),
    message:
        "Importing the gold labels"
    shell:
        "facebank import-gold --export {input.export:q} {params.settings} --contents={params.contents} --output-dir {params.folder:q}"
        " > {log:q} 2>&1"


rule predict_regions:
    input:
        given([]),
        labels="<gold_labels>/gold_labels.ndjson",
    output:
        predictions="<gold_predictions>/predictions.jsonl",
        provenance="<gold_predictions>/provenance.json",
    log:
        "<logs>/predict_regions.log",
    benchmark:
        "<benchmarks>/predict_regions.tsv"
    conda:
        MODEL_ENV
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=120,
        gpu=PLAN.gpus,
        device=config["device"],
        cache=str(PLAN.cache),
        pack=str(PLAN.pack_folder),
        isolation=PLAN.isolation_argument,
    params:
        code=PLAN.code("predict_regions"),
        settings=arguments("gold/predictions"),
        contents=SURVEY.contents.get("gold/predictions", ""),
        roots=option("image-roots", config["gold"]["image_roots"]),
        folder=subpath(output.provenance, parent=True),
    message:
        "Predicting face regions"
    shell:
        "facebank predict-regions --labels {input.labels:q} {params.roots} --model-pack {resources.pack:q}"
        " --cache {resources.cache:q} --device {resources.device} {resources.isolation} --threads {threads} {params.settings}"
        " --contents={params.contents} --output-dir {params.folder:q}"
        " > {log:q} 2>&1"


rule evaluate_gold:
    input:
        labels="<gold_labels>/gold_labels.ndjson",
        predictions=given(config["gold"]["predictions"]),
        predicted=PLAN.predicted,
    output:
        calibration="<gold_evaluation>/calibration_train_samples.ndjson",
        summary=report(
            "<gold_evaluation>/gold_summary.json",
            caption="../report/gold.rst",
            category="Gold",
            labels={"what": "evaluation against gold labels"},
        ),
        provenance="<gold_evaluation>/provenance.json",
    log:
        "<logs>/evaluate_gold.log",
    benchmark:
        "<benchmarks>/evaluate_gold.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=60,
    params:
        code=PLAN.code("evaluate_gold"),
        settings=arguments("gold/evaluation"),
        contents=SURVEY.contents.get("gold/evaluation", ""),
        predictions=option("predictions", PLAN.predictions),
        folder=subpath(output.provenance, parent=True),
    message:
        "Evaluating predicted regions against the gold labels"
    shell:
        "facebank evaluate-gold --gold-labels {input.labels:q} {params.predictions} {params.settings}"
        " --contents={params.contents} --output-dir {params.folder:q}"
        " > {log:q} 2>&1"


rule compare_gold_variants:
    input:
        labels="<gold_labels>/gold_labels.ndjson",
        predictions=given(config["gold"]["predictions"]),
    output:
        provenance="<gold_variants>/provenance.json",
    log:
        "<logs>/compare_gold_variants.log",
    benchmark:
        "<benchmarks>/compare_gold_variants.tsv"
    conda:
        MODEL_ENV
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=120,
        gpu=PLAN.gpus if PLAN.predicted else 0,
        device=config["device"],
        cache=str(PLAN.cache),
        pack=PLAN.local_pack,
        isolation=PLAN.isolation_argument,
    params:
        code=PLAN.code("compare_gold_variants"),
        settings=arguments("gold/variants"),
        contents=SURVEY.contents.get("gold/variants", ""),
        predictions=option("predictions", config["gold"]["predictions"]),
        roots=PLAN.local_roots,
        folder=subpath(output.provenance, parent=True),
    message:
        "Comparing variants of the predicted regions"
    shell:
        "facebank compare-gold-variants --gold-labels {input.labels:q} {params.predictions} {params.roots} {resources.pack}"
        " --cache {resources.cache:q} --device {resources.device} {resources.isolation} {params.settings}"
        " --contents={params.contents} --output-dir {params.folder:q}"
        " > {log:q} 2>&1"


rule measure_agreement:
    input:
        export=given(config["gold"]["agreement"] or config["gold"]["labels"]),
    output:
        provenance="<gold_agreement>/provenance.json",
    log:
        "<logs>/measure_agreement.log",
    benchmark:
        "<benchmarks>/measure_agreement.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=60,
    params:
        code=PLAN.code("measure_agreement"),
        settings=arguments("gold/agreement"),
        contents=SURVEY.contents.get("gold/agreement", ""),
        folder=subpath(output.provenance, parent=True),
    message:
        "Measuring the agreement of annotators"
    shell:
        "facebank measure-agreement --export {input.export:q} {params.settings} --contents={params.contents} --output-dir {params.folder:q}"
        " > {log:q} 2>&1"
