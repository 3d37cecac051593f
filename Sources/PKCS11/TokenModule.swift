import CPKCS11
import Concurrency
import Glibc

/// A PKCS #11 module, loaded once for the life of the process: the library of a token's vendor.
///
/// The calls are those of PKCS #11 v2.40, and of v3.0 for Ed25519.
@safe final class TokenModule: @unchecked Sendable {
    // @unchecked: the table of functions is written by the module once, before init returns, and it was initialised to
    // lock for itself (CKF_OS_LOCKING_OK).
    typealias Functions = UnsafeMutablePointer<CK_FUNCTION_LIST>

    private let functions: Functions

    private static let loaded = Locked<[String: TokenModule]>([:])

    /// Loads a module, or gives the one that was loaded before: it may be initialised once in a process.
    static func load(_ path: String) throws(TokenError) -> TokenModule {
        try loaded.withLock { loaded throws(TokenError) in
            if let module = loaded[path] { return module }
            let module = try TokenModule(path)
            loaded[path] = module
            return module
        }
    }

    private init(_ path: String) throws(TokenError) {
        // Never closed: C libraries behind modules leave threads and exit handlers.
        guard let library = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw TokenError(.module, unsafe dlerror().map { unsafe String(cString: $0) } ?? "dlopen")
        }
        guard let symbol = unsafe dlsym(library, "C_GetFunctionList") else {
            throw TokenError(.module, "\(path) is no PKCS #11 module")
        }
        typealias GetFunctionList = @convention(c) (UnsafeMutablePointer<Functions?>?) -> CK_RV
        let get = unsafe unsafeBitCast(symbol, to: GetFunctionList.self)
        var list: Functions?
        let status = unsafe get(&list)
        guard status == CK_RV(CKR_OK), let list = unsafe list else { throw Self.failure("C_GetFunctionList", status) }
        unsafe functions = list
        var arguments = unsafe CK_C_INITIALIZE_ARGS()
        unsafe arguments.flags = CK_FLAGS(CKF_OS_LOCKING_OK)
        let initialised = try unsafe call("C_Initialize") { unsafe $0.pointee.C_Initialize?(&arguments) }
        guard initialised == CK_RV(CKR_OK) || initialised == CK_RV(CKR_CRYPTOKI_ALREADY_INITIALIZED) else {
            throw Self.failure("C_Initialize", initialised)
        }
    }

    /// Calls one function of the module.
    ///
    /// - Throws: `.module` when it has no such function.
    func call(_ name: String, _ body: (Functions) -> CK_RV?) throws(TokenError) -> CK_RV {
        guard let status = unsafe body(functions) else { throw TokenError(.module, "no \(name)") }
        return status
    }

    /// Calls one function that must succeed.
    func check(_ name: String, _ body: (Functions) -> CK_RV?) throws(TokenError) {
        let status = try unsafe call(name, body)
        guard status == CK_RV(CKR_OK) else { throw Self.failure(name, status) }
    }

    static func failure(_ call: String, _ status: CK_RV) -> TokenError {
        let code: TokenError.Code =
            switch UInt(status) {
            case CKR_PIN_INCORRECT, CKR_PIN_LOCKED, CKR_PIN_EXPIRED, CKR_PIN_LEN_RANGE, CKR_PIN_INVALID: .pin
            case CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID, CKR_CURVE_NOT_SUPPORTED: .unsupported
            case CKR_TOKEN_NOT_PRESENT, CKR_DEVICE_REMOVED, CKR_SLOT_ID_INVALID: .absent
            default: .failed
            }
        return TokenError(code, "\(call) answered 0x\(String(status, radix: 16))")
    }
}
