import Crypto
import Ledger
import Testing

/// The tree of RFC 6962 with the inputs and answers that implementations share: eight leaves, from the tests of Google's
/// certificate-transparency (`kLeafInputs`), with the proofs of transparency-dev/merkle (`testdata/`, Apache-2.0).
@Suite struct `The tree of the reference implementations` {
    private static let inputs = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ]
    private static let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    private static func leaves() throws -> [Digest] {
        try inputs.map { Merkle.leafHash(entry: try #require(Hex.decode($0))) }
    }

    private static func tiles() throws -> MemoryTiles {
        var frontier = TileFrontier()
        return MemoryTiles(frontier.append(try leaves()))
    }

    private static func digests(_ texts: [String]) throws -> [Digest] {
        try texts.map { try #require(Base64.decode($0).flatMap { Digest(bytes: $0) }) }
    }

    private static func root(_ size: UInt64) throws -> Digest { try #require(Digest(hex: roots[Int(size) - 1])) }

    @Test func `has the known roots`() throws {
        var edge = RightEdge()
        for (leaf, root) in zip(try Self.leaves(), Self.roots) {
            edge.append(leaf)
            #expect(edge.root.hex == root)
        }
    }

    static let inclusions: [(index: UInt64, size: UInt64, hashes: [String])] = [
        (
            0, 8,
            [
                "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=", "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
                "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=",
            ]
        ),
        (
            5, 8,
            [
                "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=", "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
                "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
            ]
        ),
        (2, 3, ["+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU="]),
        (
            1, 5,
            [
                "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=", "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
                "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
            ]
        ),
    ]

    @Test(arguments: inclusions) func `has the known inclusion proofs`(index: UInt64, size: UInt64, hashes: [String])
        throws
    {
        let (leaf, root, hashes) = (try Self.leaves()[Int(index)], try Self.root(size), try Self.digests(hashes))
        #expect(try InclusionProof(index: index, size: size, reading: Self.tiles()).hashes == hashes)
        func holds(_ index: UInt64, _ size: UInt64, _ hashes: [Digest], _ leaf: Digest, _ root: Digest) -> Bool {
            InclusionProof(index: index, size: size, hashes: hashes).verify(leaf: leaf, root: root)
        }
        #expect(holds(index, size, hashes, leaf, root))
        // Those that transparency-dev/merkle makes of each, by their names there.
        #expect(!holds(index &- 1, size, hashes, leaf, root), "leafIdx - 1")
        #expect(!holds(index + 1, size, hashes, leaf, root), "leafIdx + 1")
        #expect(!holds(index ^ 2, size, hashes, leaf, root), "leafIdx ^ 2")
        #expect(!holds(index, size * 2, hashes, leaf, root), "treeSize * 2")
        #expect(!holds(index, size / 2, hashes, leaf, root), "treeSize / 2")
        #expect(!holds(index, size, hashes, Merkle.emptyRoot, root), "wrong leaf")
        #expect(!holds(index, size, hashes, leaf, Merkle.emptyRoot), "empty root")
        for garbage in [Digest.zero, root] {
            #expect(!holds(index, size, hashes + [garbage], leaf, root), "trailing")
            #expect(!holds(index, size, [garbage] + hashes, leaf, root), "preceding")
            #expect(!holds(index, size, [hashes[0], garbage] + hashes.dropFirst(), leaf, root), "inserted component")
        }
        #expect(!holds(index, size, hashes.dropLast(), leaf, root), "removed component")
    }

    static let consistencies: [(old: UInt64, new: UInt64, hashes: [String])] = [
        (
            1, 8,
            [
                "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=", "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
                "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=",
            ]
        ),
        (
            6, 8,
            [
                "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=", "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
                "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
            ]
        ),
        (
            2, 5,
            ["Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=", "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms="]
        ),
        (
            6, 7,
            [
                "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=", "sIaT7C5yFZcTBkHoIR5+7cy0wmQTlj7ubB4u0W/7Gl8=",
                "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
            ]
        ),
    ]

    @Test(arguments: consistencies)
    func `has the known consistency proofs`(old: UInt64, new: UInt64, hashes: [String]) throws {
        let (oldRoot, newRoot, hashes) = (try Self.root(old), try Self.root(new), try Self.digests(hashes))
        #expect(try ConsistencyProof(old: old, new: new, reading: Self.tiles()).hashes == hashes)
        func holds(_ old: UInt64, _ new: UInt64, _ hashes: [Digest], _ oldRoot: Digest, _ newRoot: Digest) -> Bool {
            ConsistencyProof(old: old, new: new, hashes: hashes).verify(oldRoot: oldRoot, newRoot: newRoot)
        }
        #expect(holds(old, new, hashes, oldRoot, newRoot))
        #expect(!holds(old &- 1, new, hashes, oldRoot, newRoot), "size1 - 1")
        #expect(!holds(old + 1, new, hashes, oldRoot, newRoot), "size1 + 1")
        #expect(!holds(old ^ 2, new, hashes, oldRoot, newRoot), "size1 ^ 2")
        #expect(!holds(old, new * 2, hashes, oldRoot, newRoot), "size2 * 2")
        #expect(!holds(old, new / 2, hashes, oldRoot, newRoot), "size2 / 2")
        #expect(!holds(old, new, hashes, newRoot, oldRoot), "swapped roots")
        #expect(!holds(old, new, hashes, .zero, newRoot), "wrong root1")
        #expect(!holds(old, new, hashes, oldRoot, .zero), "wrong root2")
        #expect(!holds(old, new, [], oldRoot, newRoot), "empty proof")
        #expect(!holds(old, new, hashes.dropLast(), oldRoot, newRoot), "truncated proof")
        for garbage in [Digest.zero, oldRoot, newRoot, hashes[0]] {
            #expect(!holds(old, new, hashes + [garbage], oldRoot, newRoot), "trailing")
            #expect(!holds(old, new, [garbage] + hashes, oldRoot, newRoot), "preceding")
        }
    }

    @Test func `proves one thing of two equal trees, and of an empty one`() throws {
        // testdata/consistency/additional: sizes that are equal, zero, or the wrong way round.
        let (one, eight) = (try Self.root(1), try Self.root(8))
        #expect(ConsistencyProof(old: 1, new: 1, hashes: []).verify(oldRoot: one, newRoot: one))
        #expect(!ConsistencyProof(old: 1, new: 1, hashes: [one]).verify(oldRoot: one, newRoot: one))
        #expect(!ConsistencyProof(old: 1, new: 1, hashes: []).verify(oldRoot: one, newRoot: eight))
        #expect(ConsistencyProof(old: 0, new: 8, hashes: []).verify(oldRoot: Merkle.emptyRoot, newRoot: eight))
        #expect(!ConsistencyProof(old: 0, new: 8, hashes: [one]).verify(oldRoot: Merkle.emptyRoot, newRoot: eight))
        #expect(!ConsistencyProof(old: 0, new: 8, hashes: []).verify(oldRoot: .zero, newRoot: eight))
        #expect(!ConsistencyProof(old: 8, new: 1, hashes: []).verify(oldRoot: eight, newRoot: one))
    }
}

/// Examples of the C2SP specifications, of Go's `sumdb/note` and of transparency-dev/formats.
@Suite struct `Published notes` {
    private static let checkpoint = """
        20852163
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

        """
    private static let signature =
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="

    @Test func `of Go's module log are accepted`() throws {
        // The checkpoint that the example of C2SP tlog-checkpoint was made of, under the key in Go's cmd/go.
        let key = try VerifierKey("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
        let text = "go.sum database tree\n\(Self.checkpoint)\n— sum.golang.org \(Self.signature)\n"
        #expect(try SignedNote(parsing: text).verify(with: [key]) == [key])
        #expect(try Checkpoint(text: SignedNote(parsing: text).text).size == 20_852_163)
        // Its signer is not named as its origin is, which we ask for.
        #expect(throws: LedgerError.self) { try Checkpoint(note: text, signedBy: [key]) }
        let example = "example.com/behind-the-sofa\n\(Self.checkpoint)\n— sum.golang.org \(Self.signature)\n"
        #expect(throws: LedgerError(.signature, "note")) { try SignedNote(parsing: example).verify(with: [key]) }
    }

    @Test func `of Go's package note are accepted, and nothing like them`() throws {
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        let key = try VerifierKey(text)
        let note = """
            If you think cryptography is the answer to your problem,
            then you don't know what your problem is.

            — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=

            """
        #expect(try SignedNote(parsing: note).verify(with: [key]) == [key])
        // note_test.go: every part of a key, and every key with one byte raised, is none.
        let bytes = Array(text.utf8)
        for start in bytes.indices {
            for end in bytes.indices where start <= end && (start, end) != (0, bytes.count - 1) {
                let part = String(decoding: bytes[start...end], as: UTF8.self)
                #expect((try? VerifierKey(part)) == nil)
            }
            var changed = bytes
            changed[start] += 1
            #expect((try? VerifierKey(String(decoding: changed, as: UTF8.self))) == nil)
        }
        for bad in [
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ] {
            #expect(throws: LedgerError.self) { try VerifierKey(bad) }
        }
    }

    @Test func `of the specifications are read as they are written`() throws {
        // C2SP signed-note: a text with an empty line in it. The key is not published.
        let poem = """
            Ognuno sta solo sul cuor della terra
            trafitto da un raggio di sole:

            ed è subito sera.

            — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=

            """
        let note = try SignedNote(parsing: poem)
        #expect(note.description == poem && note.text.hasSuffix("sole:\n\ned è subito sera.\n"))
        #expect(note.signatures.map(\.name) == ["quasimodo.example/salvatore"])
        // C2SP tlog-cosignature: a checkpoint with the line of a witness.
        let cosigned = """
            example.com/behind-the-sofa
            \(Self.checkpoint)
            — example.com/behind-the-sofa \(Self.signature)
            — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==

            """
        let lines = try SignedNote(parsing: cosigned).signatures
        #expect(lines.count == 2 && lines[1].bytes.count == 72)
        #expect(lines[1].bytes.prefix(8).reduce(0) { $0 << 8 | Int($1) } == 1_679_315_147)
        #expect(try Checkpoint(note: cosigned).text == "example.com/behind-the-sofa\n" + Self.checkpoint)
    }

    @Test func `have keys of both kinds`() throws {
        // transparency-dev/formats, note/note_cosigv1_test.go.
        let log = try VerifierKey("TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6")
        let witness = try VerifierKey("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2")
        #expect(log.algorithm == .ed25519 && witness.algorithm == .cosignature)
        for bad in [
            "bananas.sigstore.dev+12344556", "rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!",
            "rekor.sigstore.dev+12345678+AwEB",
            "remora.n621.de+NOT_A_NUMBER+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
            "remora.n621.de+00000000+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
        ] {
            #expect(throws: LedgerError.self) { try VerifierKey(bad) }
        }
    }

    @Test(arguments: [
        // transparency-dev/formats, proof/tlog_proof_test.go.
        "wrong-header\nindex 0\n\ncheckpoint\n", "c2sp.org/tlog-proof@v1\nextra !!notbase64!!\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\n\n\ncheckpoint\n", "c2sp.org/tlog-proof@v1\nindex notanumber\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex -5\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n!!notbase64!!\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + String(repeating: "a", count: 65 * 1024) + "\n",
    ])
    func `of proofs that are none are refused`(text: String) {
        #expect(throws: LedgerError.self) { try TLogProof(parsing: text) }
    }

    @Test func `of proofs are read as they are written`() throws {
        for text in [
            "c2sp.org/tlog-proof@v1\nindex 5\n0d8h8lTFvbQ0I2W1e2ZrqhZ9YJZ6C0w0V2l8Q9n2b3E=\n\ntest checkpoint\n",
            "c2sp.org/tlog-proof@v1\nextra ZXh0cmEgaW5mb3JtYXRpb24=\nindex 10\n\ncheckpoint data\n",
            "c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n",
            // The head of the example in C2SP tlog-proof.
            "c2sp.org/tlog-proof@v1\nextra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ\nindex 73894\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n\ncheckpoint\n",
        ] {
            #expect(try TLogProof(parsing: text).text == text)
        }
    }
}

/// The examples of DSSE (github.com/secure-systems-lab/dsse, protocol.md and envelope.md).
@Suite struct `Published DSSE envelopes` {
    @Test(arguments: [
        ("http://example.com/HelloWorld", "hello world", "DSSEv1 29 http://example.com/HelloWorld 11 hello world"),
        ("", "", "DSSEv1 0  0 "), ("tybé", "x", "DSSEv1 5 tybé 1 x"), ("a b", "c d", "DSSEv1 3 a b 3 c d"),
    ])
    func `are signed over lengths in bytes`(type: String, body: String, encoding: String) {
        let bytes = DSSE.preAuthenticationEncoding(type: type, body: Array(body.utf8))
        #expect(String(decoding: bytes, as: UTF8.self) == encoding)
    }

    @Test func `cannot be mistaken for each other`() {
        func encoding(_ type: String, _ body: String) -> [UInt8] {
            DSSE.preAuthenticationEncoding(type: type, body: Array(body.utf8))
        }
        #expect(encoding("a 1", "b") != encoding("a", "1 b"))
        #expect(encoding("a", "b 1 c") != encoding("a 5 b", "c"))
    }
}
