import Concurrency
import HTTPServer
import Service

/// A request on its way to the handler of its route.
struct Call: Sendable {
    let site: Site
    let request: HTTPRequest
    let requestID: String
    let places: [String: String]

    var application: Application { site.application }

    /// What stands at a named place of the path; empty, and so the name of nothing, where the route has no such place.
    func place(_ name: String) -> String { places[name] ?? "" }
}

/// Who sent a request, as the key it came with says.
struct Caller: Sendable {
    let context: RequestContext
    /// What ties the request to a sign-in at the page.
    var session: Session?

    struct Session: Sendable {
        let token: String
        /// What a changing request of the page must carry.
        let csrf: String
    }
}

/// What all requests share.
final class Site: Sendable {
    let application: Application
    let journal: ApplicationLog?
    /// Asks the server how it is; set when there is one.
    let gauges = Locked<(@Sendable () -> HTTPServerGauges?)?>(nil)

    init(application: Application, journal: ApplicationLog?) {
        (self.application, self.journal) = (application, journal)
    }
}
