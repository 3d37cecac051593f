/// Commands of the service that this one replaces, which it does not have.
enum Replaced {
    /// A sentence for a command, whose name may be written with dashes.
    static func sentence(for command: String) -> String? { commands[command.replacing("-", with: "_")] }

    /// A sentence for each, by its name.
    static let commands: [String: String] = [
        "model":
            "Models are managed by `cxrledger models list`, `register`, `activate` and `rollback`; A/B tests are not part of this version.",
        "status": "The state of the service is told by `cxrledger health`.",
        "monitor": "Monitoring asks the running service at /health and /metrics, or `cxrledger health`.",
        "demo": "A demonstration is not part of this version; `cxrledger serve` has a page for a first prediction.",
        "train":
            "Training is not part of this version; train with Keras, then `cxrledger models register MODEL.keras`.",
        "evaluate":
            "Evaluation on a data set is not part of this version; `cxrledger predict FOLDER --json` gives the scores.",
        "validate":
            "Validation of a data set is not part of this version; `cxrledger inspect IMAGE` judges one picture.",
        "stats": "Statistics of a data set are not part of this version.",
        "split": "Splitting a data set is not part of this version.",
        "benchmark": "The benchmark is `make bench` in the source tree, not a command of the service.",
        "heatmap": "Heatmaps are not part of this version.",
        "metrics": "Metrics are served by the running service at /metrics, in the Prometheus text format.",
        "quality_gates": "Quality gates are `scripts/test` in the source tree, not a command of the service.",
        "deploy": "Deployment is not a command of the service; see docs/ in the source tree.",
    ]
}
