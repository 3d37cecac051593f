import Glibc

/// The words of the call as other users of the machine see them in the process list.
enum ProcessArguments {
    /// Overwrites the values of private flags with `*`, however they are spelled; the program has copied them before.
    static func hideValues(of flags: [Flag]) {
        let flags = flags.filter(\.isPrivate)
        let count = Int(CommandLine.argc)
        for position in 1..<max(1, count) {
            guard let word = unsafe CommandLine.unsafeArgv[position] else { continue }
            let text = unsafe String(cString: word)
            guard let name = Flag.name(in: text), flags.contains(where: { $0.answers(to: name) }) else { continue }
            if let mark = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
                unsafe overwrite(word, from: text.utf8.distance(from: text.startIndex, to: mark) + 1)
            } else if position + 1 < count, let value = unsafe CommandLine.unsafeArgv[position + 1] {
                unsafe overwrite(value, from: 0)
            }
        }
    }

    private static func overwrite(_ word: UnsafeMutablePointer<CChar>, from start: Int) {
        for position in start..<max(start, unsafe strlen(word)) { unsafe word[position] = CChar(UInt8(ascii: "*")) }
    }
}
