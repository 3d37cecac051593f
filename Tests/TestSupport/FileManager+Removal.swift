public import Foundation

extension FileManager {
    /// Removes a folder in which databases lie that are still being closed, each of which takes its own files away.
    public func removeHome(atPath path: String) {
        while fileExists(atPath: path) { try? removeItem(atPath: path) }
    }
}
