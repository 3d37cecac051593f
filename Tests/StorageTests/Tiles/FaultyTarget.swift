import Ledger
import Storage
import StorageTestSupport

/// A tile target whose operations fail by plan, before or after they were done.
struct FaultyTarget: TileTarget {
    let target: any TileTarget
    let plan: FaultPlan

    var name: String { target.name }
    var kind: String { target.kind }
    var width: Int { target.width }

    func get(_ resource: TileResource) async throws(StorageError) -> [UInt8]? {
        try plan.pass("get")
        return try await target.get(resource)
    }

    func put(_ bytes: [UInt8], at resource: TileResource) async throws(StorageError) {
        try plan.pass("put")
        try await target.put(bytes, at: resource)
        try plan.pass("answer of put")
    }

    func replaceCheckpoint(_ expected: String?, with note: String) async throws(StorageError) -> String? {
        try plan.pass("replace")
        let found = try await target.replaceCheckpoint(expected, with: note)
        try plan.pass("answer of replace")
        return found
    }

    func removePartials(of resource: TileResource) async throws(StorageError) {
        try plan.pass("remove")
        try await target.removePartials(of: resource)
        try plan.pass("answer of remove")
    }
}
