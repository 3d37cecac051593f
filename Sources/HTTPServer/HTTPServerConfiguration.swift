import Concurrency

/// The bounds of a server; every one of them is there to keep one client from taking what others need.
public struct HTTPServerConfiguration: Sendable {
    /// The address to listen on, or a name of one; `::` listens on IPv4 too.
    public var host = "127.0.0.1"
    /// The port to listen on; 0 takes any free one.
    public var port = 0
    /// The threads that move bytes, by default one for each core; handlers run elsewhere.
    public var threads = ProcessorCount.available
    /// The connections held at once; more wait in the kernel's queue.
    public var connectionLimit = 4096
    /// The connections held at once from one address, 0 for no limit.
    ///
    /// Behind a proxy all have the proxy's address.
    public var perAddressLimit = 1024
    /// How long a connection may rest, and how long it may take to show a request line.
    public var idleTimeout = Duration.seconds(30)
    /// How long a request may take to arrive, from its first line to the end of its body.
    public var receiveDeadline = Duration.seconds(120)
    /// How long an answer may take to leave.
    public var sendDeadline = Duration.seconds(600)
    /// How long a part of a live body may take to leave: who reads more slowly is dropped.
    public var partDeadline = Duration.seconds(30)
    /// How long a handler may take to answer, or to make the next part of a streamed body.
    public var requestDeadline = Duration.seconds(120)
    /// The longest body in bytes; a handler may admit less.
    public var bodyLimit = 64 << 20
    /// The bytes of bodies held at once over all connections; above it requests are refused with 503.
    public var bufferedBodyBudget = 512 << 20
    /// Those of requests whose sender the handler does not know.
    public var strangersBodyBudget = 64 << 20
    /// The longest request target in bytes.
    public var targetLimit = 8 << 10
    /// The most bytes of all header fields together.
    public var headerLimit = 32 << 10
    /// The address space of one connection's buffers; only what is used of it takes memory.
    ///
    /// It also bounds the request line and the header fields: beyond half of it the library refuses by itself.
    public var connectionMemory = 512 << 10

    /// Creates a configuration with the defaults.
    public init() {}

    /// Creates a configuration with the defaults but for the address.
    public init(host: String, port: Int) { (self.host, self.port) = (host, port) }
}
