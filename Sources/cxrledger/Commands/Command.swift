/// One thing that the program does.
protocol Command: Sendable {
    static var definition: CommandDefinition { get }

    /// Does it; whatever is thrown becomes a failure that is told on standard error.
    static func run(_ invocation: Invocation) async throws -> ExitStatus
}

/// Every command, in the order of the help.
enum CommandTable {
    static let all: [any Command.Type] = [
        Predict.self, PredictionsList.self, PredictionsShow.self, PredictionsPassport.self, Review.self, Reproduce.self,
        Inspect.self, Formats.self, Verify.self, VerifyExport.self, EventsList.self, EventsShow.self, Timeline.self,
        LogCheckpoint.self, LogVkey.self, LogProve.self, LogConsistency.self, LogPublish.self, LogStamp.self,
        LogRecover.self, LogNewOrigin.self, Export.self, ModelsList.self, ModelsShow.self,
        ModelsVerify.self, ModelsRegister.self, ModelsActivate.self, ModelsRollback.self, ModelsRetire.self,
        ModelsThreshold.self, Serve.self, Witness.self, Health.self, CredentialsIssue.self, CredentialsList.self,
        CredentialsRotate.self, CredentialsRevoke.self, KeysList.self, KeysRotate.self, KeysRequest.self,
        KeysCertify.self, KeysRetire.self, KeysCompromised.self, Backup.self, RestoreStore.self, Rebuild.self,
        ProjectionsList.self, ProjectionsSkip.self, Migrate.self, Config.self, ConfigCheck.self, Version.self,
    ]

    static let definitions = all.map { $0.definition }
}
