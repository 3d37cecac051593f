/// How much an event matters to security, in five steps.
public enum Severity: String, Sendable, Hashable, CaseIterable { case informational, low, medium, high, critical }

/// How what the event tells of ended, in the four steps of DICOM and FHIR audit messages (0, 4, 8, 12).
public enum Outcome: String, Sendable, Hashable, CaseIterable { case success, minor, serious, major }
