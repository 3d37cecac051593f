/// What a server holds and has done, for metrics.
public struct HTTPServerGauges: Hashable, Sendable {
    /// Connections that are open.
    public var openConnections = 0
    /// Requests whose request line has been read and whose answer has not been sent.
    public var openRequests = 0
    /// Handlers that are running, including those whose deadline has passed.
    public var runningHandlers = 0
    /// Bytes of bodies that are held.
    public var bufferedBodyBytes = 0
    /// Requests answered or refused since the start, but for those the library refused before their headers were read.
    public var requestsTotal = 0
    /// Requests the server refused by itself since the start.
    public var refusalsTotal = 0
    /// Bytes of bodies received since the start.
    public var bodyBytesTotal = 0
}
