import Crypto
import Ledger

/// Any bytes as an answer of a time-stamp authority, as a token, and as the certificates it is believed from.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzStamps(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let token = try? TimestampToken(answer: bytes, to: request) {
        precondition(token.imprint == request.imprint, "an answer is to its request")
        judge(token)
    }
    if let token = try? TimestampToken(der: bytes) { judge(token) }
    _ = try? TimestampAuthorities(pem: bytes)
    return 0
}

private func judge(_ token: TimestampToken) {
    precondition(token.time.utf8.count == 27, "a time has one form")
    precondition(
        (try? token.verify(imprint: .zero, authorities: trusted)) == nil || token.imprint == .zero, "another digest")
    // The seed is genuine: whatever still holds says what it said.
    guard (try? token.verify(imprint: token.imprint, authorities: trusted)) != nil else { return }
    precondition(token.imprint == genuine?.imprint && token.time == genuine?.time, "nobody signed this")
}

private let request = TimestampRequest(imprint: .zero, nonce: 1)
private let genuine = Base64.decode(GenuineStamp.token).flatMap { try? TimestampToken(der: $0) }
private let trusted = (try? TimestampAuthorities(pem: Array(GenuineStamp.authority.utf8))) ?? .system

/// A token of `openssl ts` over 32 zero bytes, and the root that it is believed from: mutations begin here.
private enum GenuineStamp {
    static let token =
        "MIIE2AYJKoZIhvcNAQcCoIIEyTCCBMUCAQMxDzANBglghkgBZQMEAgEFADBkBgsqhkiG9w0BCRABBKBVBFMwUQIBAQYEKgMEATAv"
        + "MAsGCWCGSAFlAwQCAQQgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACAQIYDzIwMjYxMTI2MTkwNzAwWgIBAaCCAwIw"
        + "ggGMMIIBMaADAgECAhR9ogyV0WfxKrlrbu38KQuZcis53jAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlGdXp6IHJvb3QwIBcNMjYx"
        + "MTI2MTkwNjU5WhgPMjEyNjExMDIxOTA2NTlaMBkxFzAVBgNVBAMMDkZ1enogYXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0D"
        + "AQcDQgAEavZ5vw3bPgnDVOkgsK2ttDhOwyQLleCULvx/S3kz5NDKBXNu/9G7oZxNaD6YS4WvZ8fC37C/VWfBnhwQNPxEAKNaMFgw"
        + "FgYDVR0lAQH/BAwwCgYIKwYBBQUHAwgwHQYDVR0OBBYEFFO1xtW116aiKv+NReGfnbiLYfxOMB8GA1UdIwQYMBaAFIOD/cJq4E5+"
        + "LNPA1jtKnO7ep5O+MAoGCCqGSM49BAMCA0kAMEYCIQC1GuyT69IHwxCdV4mx/alYVomggWa8ICSdSxCub+8aNQIhAOBd59o1eY9/"
        + "KTQp4rO94fAVspfIQdGYRwdlktMfEzBtMIIBbjCCARSgAwIBAgIUGVJUTnlpF3kEvo+tUgOnQSvJCiYwCgYIKoZIzj0EAwIwFDES"
        + "MBAGA1UEAwwJRnV6eiByb290MCAXDTI2MTEyNjE5MDY1OVoYDzIxMjYxMTAyMTkwNjU5WjAUMRIwEAYDVQQDDAlGdXp6IHJvb3Qw"
        + "WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASMNE5+bKrM09ayx8BTzksAlKUqCB/hUB3KcGY1/amh99AhYiIQvYBYzz6wEi4Un9TR"
        + "zU3DWxhZvSaXpfsa621To0IwQDAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwICBDAdBgNVHQ4EFgQUg4P9wmrgTn4s08DW"
        + "O0qc7t6nk74wCgYIKoZIzj0EAwIDSAAwRQIhALBrMIorYQQOIiuiwKJBOEtwQFhPJJw6+SjGEwEN2Xt/AiAHZdVIEGM+zMnU4R2B"
        + "2ualSLFkWjbAzp1G3gnijgfqxDGCAUEwggE9AgEBMCwwFDESMBAGA1UEAwwJRnV6eiByb290AhR9ogyV0WfxKrlrbu38KQuZcis5"
        + "3jANBglghkgBZQMEAgEFAKCBpDAaBgkqhkiG9w0BCQMxDQYLKoZIhvcNAQkQAQQwHAYJKoZIhvcNAQkFMQ8XDTI2MTEyNjE5MDcw"
        + "MFowLwYJKoZIhvcNAQkEMSIEIDptvcvg8BBo7DHAdri931o2V1E+gE68s/J1bb8B7wmLMDcGCyqGSIb3DQEJEAIvMSgwJjAkMCIE"
        + "IC8o7uhQXcQwkt1nfB4uL22iYeaSBASIxC6VKn1VaoV6MAoGCCqGSM49BAMCBEgwRgIhAN+Fn/wrGcZNYclYKYy6geUG7nFHwcFN"
        + "11j3mbfxANYCAiEA2XNRRXtLid4N5N4kG46L8AbZFrECKx893WwLJjDzFtI="

    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBbjCCARSgAwIBAgIUGVJUTnlpF3kEvo+tUgOnQSvJCiYwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJRnV6eiByb290MCAXDTI2MTEyNjE5MDY1OVoYDzIxMjYxMTAy
        MTkwNjU5WjAUMRIwEAYDVQQDDAlGdXp6IHJvb3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAASMNE5+bKrM09ayx8BTzksAlKUqCB/hUB3KcGY1/amh99AhYiIQvYBY
        zz6wEi4Un9TRzU3DWxhZvSaXpfsa621To0IwQDAPBgNVHRMBAf8EBTADAQH/MA4G
        A1UdDwEB/wQEAwICBDAdBgNVHQ4EFgQUg4P9wmrgTn4s08DWO0qc7t6nk74wCgYI
        KoZIzj0EAwIDSAAwRQIhALBrMIorYQQOIiuiwKJBOEtwQFhPJJw6+SjGEwEN2Xt/
        AiAHZdVIEGM+zMnU4R2B2ualSLFkWjbAzp1G3gnijgfqxA==
        -----END CERTIFICATE-----

        """
}
