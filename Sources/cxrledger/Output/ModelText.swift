import Records
import Service

/// Models as people read them.
enum ModelText {
    static func fields(_ model: ModelView, _ console: Console) -> String {
        TextTable.fields(
            [
                ("model", .init("\(model.name) \(model.version)")),
                ("state", .init(model.state, model.state == "active" ? .good : .plain)),
                ("sha256", .init(model.digest)), ("md5", .init(model.md5)), ("bytes", "\(model.bytes)"),
                ("file", .init(model.fileName)), ("threshold", "\(model.threshold)"),
                ("classes", .init(model.classes.joined(separator: ", "))),
                ("input", .init(model.inputShape.map(String.init).joined(separator: " × "))),
                ("parameters", "\(model.parameters)"), ("preprocessing", .init(model.preprocessing.id)),
                ("card", .init(model.cardDigest)),
            ], console)
    }
}
