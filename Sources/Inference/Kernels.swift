import CKernels

/// Facts about the kernels in use.
enum Kernels {
    static let panel = Int(CK_PANEL)
    /// Raised when a change of the kernels or of the folding may change the last bits of a result.
    static let revision = 1
    static var instructionSet: String { unsafe String(cString: ck_level_name(ck_level_in_use())) }
}
