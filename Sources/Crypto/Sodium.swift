import CSodium

/// libsodium, started once.
enum Sodium {
    private static let isReady = sodium_init() >= 0

    /// Every use of libsodium that needs random numbers or chosen implementations comes here first.
    static func start() { precondition(isReady, "libsodium cannot start") }
}
