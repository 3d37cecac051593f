// Command tlog judges a log from files alone, with Go's own golang.org/x/mod/sumdb/note and tlog packages.
//
// The folder it is given holds
//
//	vkey             the log's verifier key
//	log/             checkpoint and tile/…, as C2SP tlog-tiles lays them out
//	proofs/*.tlog-proof  C2SP proof files against the checkpoint
//	proofs.jsonl     {"kind":"inclusion","index":n,"size":n,"root":hex,"hashes":[Base64…]} or
//	                 {"kind":"consistency","from":n,"to":n,"from_root":hex,"to_root":hex,"hashes":[Base64…]}
//
// Leaf hashes are made of the entries in the bundles, roots of every size out of the tiles, and the tiles are proved by
// the checkpoint. Each proof must be what these packages would have made, hold there, and hold no longer once anything
// about it is changed.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// A folder reads tiles where tlog-tiles puts them; the go.sum database has the height in the path as well.
type folder string

func (f folder) Height() int { return height }

func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		bytes, err := os.ReadFile(f.path(tile, strconv.Itoa(tile.L)))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func (f folder) path(tile tlog.Tile, kind string) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/%d/", tile.H, tile.L))
	return filepath.Join(string(f), "tile", kind, filepath.FromSlash(path))
}

// leaves reads every entry bundle of a tree and hashes its entries.
func (f folder) leaves(size int64) []tlog.Hash {
	var leaves []tlog.Hash
	for first := int64(0); first < size; first += 1 << height {
		tile := tlog.Tile{H: height, L: 0, N: first >> height, W: int(min(size-first, 1<<height))}
		bundle, err := os.ReadFile(f.path(tile, "entries"))
		fatal(err)
		for n := 0; n < tile.W; n++ {
			require(len(bundle) >= 2, "bundle %d ends at entry %d", tile.N, n)
			length := int(binary.BigEndian.Uint16(bundle))
			require(len(bundle) >= 2+length, "bundle %d ends in entry %d", tile.N, n)
			leaves = append(leaves, tlog.RecordHash(bundle[2:2+length]))
			bundle = bundle[2+length:]
		}
		require(len(bundle) == 0, "bundle %d goes on behind its last entry", tile.N)
	}
	return leaves
}

type proof struct {
	Kind     string   `json:"kind"`
	Index    int64    `json:"index"`
	Size     int64    `json:"size"`
	Root     string   `json:"root"`
	From     int64    `json:"from"`
	To       int64    `json:"to"`
	FromRoot string   `json:"from_root"`
	ToRoot   string   `json:"to_root"`
	Hashes   []string `json:"hashes"`
}

type judge struct {
	tree     tlog.Tree
	reader   tlog.HashReader
	leaves   []tlog.Hash
	refusals int
}

func main() {
	require(len(os.Args) == 2, "usage: tlog FOLDER")
	place := os.Args[1]
	vkey, err := os.ReadFile(filepath.Join(place, "vkey"))
	fatal(err)
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	fatal(err)
	log := folder(filepath.Join(place, "log"))
	checkpoint, err := os.ReadFile(filepath.Join(string(log), "checkpoint"))
	fatal(err)

	var judge judge
	judge.tree = judge.open(checkpoint, verifier)
	judge.reader = tlog.TileHashReader(judge.tree, log)
	judge.leaves = log.leaves(judge.tree.N)
	for n, leaf := range judge.leaves {
		hashes, err := judge.reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(n))})
		fatal(err)
		require(hashes[0] == leaf, "entry %d of its bundle does not have the hash in its tile", n)
	}
	files, err := filepath.Glob(filepath.Join(place, "proofs", "*.tlog-proof"))
	fatal(err)
	for _, file := range files {
		judge.proofFile(file, verifier)
	}
	inclusions, consistencies := judge.proofs(filepath.Join(place, "proofs.jsonl"))
	fmt.Printf("{\"size\":%d,\"files\":%d,\"inclusion\":%d,\"consistency\":%d,\"refused\":%d}\n",
		judge.tree.N, len(files), inclusions, consistencies, judge.refusals)
}

// open verifies a checkpoint, and that no changed one would be accepted.
func (j *judge) open(checkpoint []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(checkpoint, note.VerifierList(verifier))
	fatal(err)
	lines := strings.Split(opened.Text, "\n")
	require(len(lines) == 4 && lines[0] == verifier.Name() && lines[3] == "", "the checkpoint's lines: %q", lines)
	size, err := strconv.ParseInt(lines[1], 10, 64)
	fatal(err)
	root, err := tlog.ParseHash(lines[2])
	fatal(err)
	for n := range opened.Text {
		changed := append([]byte(nil), checkpoint...)
		changed[n] ^= 1
		_, err := note.Open(changed, note.VerifierList(verifier))
		j.refused(err, "the checkpoint with byte %d changed", n)
	}
	blob, err := base64.StdEncoding.DecodeString(opened.Sigs[0].Base64)
	fatal(err)
	for n := range blob {
		blob[n] ^= 1
		changed := bytes.Replace(checkpoint, []byte(opened.Sigs[0].Base64), []byte(base64.StdEncoding.EncodeToString(blob)), 1)
		_, err := note.Open(changed, note.VerifierList(verifier))
		j.refused(err, "the checkpoint with byte %d of its signature changed", n)
		blob[n] ^= 1
	}
	return tlog.Tree{N: size, Hash: root}
}

// proofFile checks a C2SP tlog-proof against the checkpoint that it carries.
func (j *judge) proofFile(path string, verifier note.Verifier) {
	text, err := os.ReadFile(path)
	fatal(err)
	head, checkpoint, found := strings.Cut(string(text), "\n\n")
	require(found, "%s has no checkpoint", path)
	tree := j.open([]byte(checkpoint), verifier)
	require(tree.N <= j.tree.N, "%s is for a tree of %d", path, tree.N)
	lines := strings.Split(head, "\n")
	require(lines[0] == "c2sp.org/tlog-proof@v1", "%s begins with %q", path, lines[0])
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	fatal(err)
	j.inclusion(proof{Index: index, Size: tree.N, Root: hex.EncodeToString(tree.Hash[:]), Hashes: lines[2:]})
}

func (j *judge) proofs(path string) (inclusions, consistencies int) {
	file, err := os.Open(path)
	fatal(err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var read proof
		fatal(json.Unmarshal(lines.Bytes(), &read))
		switch read.Kind {
		case "inclusion":
			j.inclusion(read)
			inclusions++
		case "consistency":
			j.consistency(read)
			consistencies++
		default:
			require(false, "a proof of kind %q", read.Kind)
		}
	}
	fatal(lines.Err())
	return inclusions, consistencies
}

func (j *judge) inclusion(p proof) {
	hashes, root, leaf := parse(p.Hashes), j.root(p.Size, p.Root), j.leaves[p.Index]
	own, err := tlog.ProveRecord(p.Size, p.Index, j.reader)
	fatal(err)
	require(equal(own, hashes), "the inclusion of %d in %d is proved otherwise", p.Index, p.Size)
	fatal(tlog.CheckRecord(hashes, p.Size, root, p.Index, leaf))

	check := func(hashes tlog.RecordProof, root tlog.Hash, index int64, leaf tlog.Hash, what string) {
		j.refused(tlog.CheckRecord(hashes, p.Size, root, index, leaf), "inclusion of %d in %d with %s", p.Index, p.Size, what)
	}
	for _, changed := range mutations(hashes) {
		check(changed, root, p.Index, leaf, "a changed path")
	}
	check(hashes, flip(root), p.Index, leaf, "another root")
	check(hashes, root, p.Index, flip(leaf), "another leaf")
	check(hashes, root, p.Index^1, leaf, "another index")
	check(hashes, root, p.Size, leaf, "an index behind the tree")
	check(hashes, root, -1, leaf, "an index before the tree")
}

func (j *judge) consistency(p proof) {
	hashes, from, to := parse(p.Hashes), j.root(p.From, p.FromRoot), j.root(p.To, p.ToRoot)
	own, err := tlog.ProveTree(p.To, p.From, j.reader)
	fatal(err)
	require(equal(tlog.RecordProof(own), hashes), "%d to %d is proved otherwise", p.From, p.To)
	fatal(tlog.CheckTree(tlog.TreeProof(hashes), p.To, to, p.From, from))

	check := func(hashes tlog.RecordProof, to, from tlog.Hash, what string) {
		j.refused(tlog.CheckTree(tlog.TreeProof(hashes), p.To, to, p.From, from), "%d to %d with %s", p.From, p.To, what)
	}
	for _, changed := range mutations(hashes) {
		check(changed, to, from, "a changed path")
	}
	check(hashes, flip(to), from, "another new root")
	check(hashes, to, flip(from), "another old root")
}

// root is that of a size, made of the proved tiles; it must be the one that was named.
func (j *judge) root(size int64, named string) tlog.Hash {
	root, err := tlog.TreeHash(size, j.reader)
	fatal(err)
	require(hex.EncodeToString(root[:]) == named, "the tree of %d has the root %x, named is %s", size, root[:], named)
	return root
}

func (j *judge) refused(err error, format string, words ...interface{}) {
	require(err != nil, "accepted: "+format, words...)
	j.refusals++
}

// mutations are a path with one of its hashes changed, left out or said twice, two of them swapped, and one too many.
func mutations(path tlog.RecordProof) []tlog.RecordProof {
	var changed []tlog.RecordProof
	for n := range path {
		flipped := append(tlog.RecordProof(nil), path...)
		flipped[n] = flip(flipped[n])
		changed = append(changed, flipped,
			append(append(tlog.RecordProof(nil), path[:n]...), path[n+1:]...),
			append(append(tlog.RecordProof(nil), path[:n+1]...), path[n:]...))
		if n > 0 {
			swapped := append(tlog.RecordProof(nil), path...)
			swapped[n-1], swapped[n] = swapped[n], swapped[n-1]
			changed = append(changed, swapped)
		}
	}
	return append(changed, append(append(tlog.RecordProof(nil), path...), tlog.Hash{}))
}

func flip(hash tlog.Hash) tlog.Hash {
	hash[31] ^= 1
	return hash
}

func parse(texts []string) tlog.RecordProof {
	hashes := make(tlog.RecordProof, 0, len(texts))
	for _, text := range texts {
		hash, err := tlog.ParseHash(text)
		fatal(err)
		hashes = append(hashes, hash)
	}
	return hashes
}

func equal(a, b tlog.RecordProof) bool {
	if len(a) != len(b) {
		return false
	}
	for n := range a {
		if a[n] != b[n] {
			return false
		}
	}
	return true
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

func require(holds bool, format string, words ...interface{}) {
	if !holds {
		fmt.Fprintf(os.Stderr, format+"\n", words...)
		os.Exit(1)
	}
}

func fatal(err error) {
	if err != nil {
		require(false, "%v", err)
	}
}
