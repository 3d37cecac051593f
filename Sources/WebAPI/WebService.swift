import Concurrency
public import HTTPServer
public import Service

/// The HTTP interface and the page of one application.
public final class WebService: Sendable {
    private let server: HTTPServer
    private let site: Site

    /// Prepares to listen where the application's settings say.
    ///
    /// The journal gets a line for each request, without its path, its query or anything personal.
    public init(application: Application, journal: ApplicationLog? = nil) {
        let settings = application.settings
        var configuration = HTTPServerConfiguration(host: settings.host, port: settings.port)
        configuration.bodyLimit = settings.bodyLimit
        // Everybody comes from the same few addresses then, and the proxies count.
        if !settings.proxies.isEmpty { configuration.perAddressLimit = 0 }
        // What is held for slow uploads beside the memory that pictures need while they are decoded.
        configuration.bufferedBodyBudget = max(128 << 20, settings.bodyLimit)
        site = Site(application: application, journal: journal)
        let handler = WebHandler(site: site, router: Router(Self.routes))
        server = HTTPServer(configuration: configuration, handler: handler)
        site.gauges.withLock { [weak server] in $0 = { [weak server] in server?.gauges } }
    }

    /// Every operation, the page's files among them.
    static let routes: [Route] = {
        let documented =
            PredictionRoutes.all + LogRoutes.all + StreamRoutes.all + TileRoutes.all + ExportRoutes.all
            + ModelRoutes.all + CredentialRoutes.all + KeyRoutes.all + ListRoutes.all + SessionRoutes.all
            + OperationRoutes.all
        return documented + [OpenAPIDocument.route(of: documented)] + PageRoutes.all
    }()

    /// Begins to listen.
    public func start() throws(HTTPServerError) { try server.start() }

    /// The port it listens on, 0 before it is started.
    public var port: Int { server.port }

    /// The requests whose answer has not been sent.
    public var openRequests: Int { server.openRequests }

    /// Accepts no more, answers what was accepted, then stops; the application lives on.
    public func stop(grace: Duration = .seconds(30)) async { await server.stop(grace: grace) }
}
