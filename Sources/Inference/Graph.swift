/// A model as primitive steps, each after those it reads: what the layers mean, with their weights.
struct Graph: Sendable {
    struct Node: Sendable {
        let primitive: Primitive
        /// Indices of the nodes it reads.
        let inputs: [Int]
        let shape: Shape
        /// The layer it came from, for errors.
        let layer: String
    }
    /// Node 0 is the input.
    private(set) var nodes: [Node]
    var output = 0

    init(input: Shape, layer: String) { nodes = [Node(primitive: .input, inputs: [], shape: input, layer: layer)] }

    mutating func append(_ node: Node) -> Int {
        nodes.append(node)
        return nodes.count - 1
    }
}
