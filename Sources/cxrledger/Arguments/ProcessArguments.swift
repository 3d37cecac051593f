import Glibc

/// The words of the call as other users of the machine see them in the process list.
enum ProcessArguments {
    /// Overwrites the values of a flag with `*`; the program has copied them before.
    static func hide(valuesOf flag: String) {
        let count = Int(CommandLine.argc)
        for position in 1..<max(1, count) {
            guard let word = unsafe CommandLine.unsafeArgv[position] else { continue }
            let text = unsafe String(cString: word)
            if text.hasPrefix(flag + "=") {
                unsafe overwrite(word, from: flag.utf8.count + 1)
            } else if text == flag, position + 1 < count, let value = unsafe CommandLine.unsafeArgv[position + 1] {
                unsafe overwrite(value, from: 0)
            }
        }
    }

    private static func overwrite(_ word: UnsafeMutablePointer<CChar>, from start: Int) {
        for position in start..<max(start, unsafe strlen(word)) { unsafe word[position] = CChar(UInt8(ascii: "*")) }
    }
}
