import Crypto
import HTTPServer
import Service

/// The door of the service: finds the route, asks for the key, and turns refusals into problem documents.
struct WebHandler: HTTPHandler {
    let site: Site
    let router: Router

    /// Refuses, before any body is read, what has no route, no key or too long a body.
    func admit(_ head: HTTPRequestHead) -> HTTPAdmission {
        switch router.match(head) {
        case .route(let route, _):
            let key = PresentedKey(head.headers)
            guard !route.needsKey || key != nil else {
                return .refuse(refuse(Problem(Application.keyMissing), Exchange(head, route: route)))
            }
            return .accept(bodyLimit: route.bodyLimit, isKnown: key.map(isKnown) ?? false)
        case .otherMethods(let methods):
            return .refuse(refuse(Problem(otherMethods: methods), Exchange(head, route: nil)))
        case .nothing: return .refuse(refuse(.noSuchRoute, Exchange(head, route: nil)))
        }
    }

    private func isKnown(_ key: PresentedKey) -> Bool {
        switch key {
        case .apiKey(let text): site.application.recognises(key: text)
        case .session(let token): site.application.recognises(sessionToken: token)
        }
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard case .route(let route, let places) = router.match(request.head) else {
            return refuse(.noSuchRoute, Exchange(request.head, route: nil))  // `admit` lets nothing of the kind pass
        }
        let exchange = Exchange(request.head, route: route)
        let call = Call(site: site, request: request, requestID: exchange.requestID, places: places)
        do throws(ServiceError) {
            return exchange.finish(try await answer(call, route), at: site)
        } catch {
            return refuse(Problem(error), exchange)
        }
    }

    func refusal(_ reason: HTTPRefusal, head: HTTPRequestHead?) -> HTTPResponse {
        var route: Route?
        if let head, case .route(let match, _) = router.match(head) { route = match }
        return refuse(Problem(reason), Exchange(head, route: route))
    }

    private func refuse(_ problem: Problem, _ exchange: Exchange) -> HTTPResponse {
        exchange.finish(problem.response(in: exchange), problem, at: site)
    }

    private func answer(_ call: Call, _ route: Route) async throws(ServiceError) -> HTTPResponse {
        switch route.door {
        case .open(let handle): return try await handle(call)
        case .either(_, let handle):
            let isKeyShown = PresentedKey(call.request.headers) != nil
            let caller = isKeyShown ? try await caller(call) : nil
            try call.checkQuery(route.query)
            return try await handle(call, caller)
        case .key(_, let handle):
            let caller = try await caller(call)
            try call.checkQuery(route.query)
            return try await handle(call, caller)
        }
    }

    private func caller(_ call: Call) async throws(ServiceError) -> Caller {
        switch PresentedKey(call.request.headers) {
        case nil: throw Application.keyMissing
        case .apiKey(let key):
            return Caller(context: try await call.application.authenticate(key: key, from: try call.source()))
        case .session(let token):
            let (context, csrf) = try await call.application.authenticate(
                sessionToken: token, from: try call.source())
            // A cookie comes with every request, also with those that another site makes the browser send.
            let shown = call.request.headers["X-CXR-CSRF"] ?? ""
            guard call.request.method == .get || constantTimeEqual(Array(shown.utf8), Array(csrf.utf8)) else {
                throw await call.application.refuseOtherSite(call.request.method.rawValue, context)
            }
            return Caller(context: context, session: .init(token: token, csrf: csrf))
        }
    }
}

extension Call {
    static let purposeHeader = "X-Purpose-Of-Use"

    /// What the request says of where it comes from and what for.
    func source() throws(ServiceError) -> RequestSource {
        let purpose = request.headers[Self.purposeHeader]
        guard purpose.map({ (1...20).contains($0.utf8.count) && $0.utf8.allSatisfy(Self.isCodeByte) }) ?? true else {
            throw ServiceError(
                .invalid, "purpose-invalid",
                "`\(Self.purposeHeader)` is a code of HL7's PurposeOfUse, such as TREAT, ETREAT or HOPERAT.")
        }
        let address = application.settings.client(
            peer: request.remoteAddress, forwarded: request.headers.values("X-Forwarded-For"))
        // The port of a proxy says nothing of its client.
        let port = address == request.remoteAddress && request.remotePort > 0 ? request.remotePort : nil
        return RequestSource(
            correlation: requestID, address: address, port: port, userAgent: userAgent, purpose: purpose)
    }

    private static func isCodeByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// What the client calls itself, as much of it as an event should hold.
    private var userAgent: String? {
        request.headers["User-Agent"].map { String(String.UnicodeScalarView($0.unicodeScalars.prefix(200))) }
    }
}
