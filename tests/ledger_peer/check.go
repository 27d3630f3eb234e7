// check RUN [STEP]: a record as another implementation of its formats sees it: golang.org/x/mod's note opens the checkpoint, and its tlog
// reads the tiles, proves each STEPth entry in the signed tree and that the tree grew from a smaller one.
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Hashes of a log from its tiles.
type record struct{ dir string }

func (record) Height() int { return 8 }

// tlog-tiles says 8 where that package's own paths say it too: tile/8/0/000; C2SP leaves it out.
func (r record) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(r.dir, "ledger", path))
		if err != nil {
			return nil, err
		}
		all = append(all, bytes)
	}
	return all, nil
}

func (record) SaveTiles([]tlog.Tile, [][]byte) {}

func entries(dir string, size int64) [][]byte {
	var all [][]byte
	for bundle := int64(0); bundle*256 < size; bundle++ {
		path := fmt.Sprintf("%03d", bundle) // tests write fewer than 256,000 entries
		if rest := size - bundle*256; rest < 256 {
			path += fmt.Sprintf(".p/%d", rest)
		}
		bytes, err := os.ReadFile(filepath.Join(dir, "ledger/tile/entries", path))
		must(err)
		for len(bytes) > 0 {
			n := int(bytes[0])<<8 | int(bytes[1])
			all = append(all, bytes[2:2+n])
			bytes = bytes[2+n:]
		}
	}
	return all
}

func main() {
	dir := os.Args[1]
	key, err := os.ReadFile(filepath.Join(dir, "ledger/key.pub"))
	must(err)
	verifier, err := note.NewVerifier(strings.TrimSpace(string(key)))
	must(err)
	checkpoint, err := os.ReadFile(filepath.Join(dir, "ledger/checkpoint"))
	must(err)
	opened, err := note.Open(checkpoint, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	raw, err := base64.StdEncoding.DecodeString(lines[2])
	must(err)
	var root tlog.Hash
	copy(root[:], raw)

	tree := tlog.Tree{N: size, Hash: root}
	hashes := tlog.TileHashReader(tree, record{dir})
	all := entries(dir, size)
	if int64(len(all)) != size {
		must(fmt.Errorf("%d entries of %d", len(all), size))
	}
	step := int64(1)
	if len(os.Args) > 2 {
		step, err = strconv.ParseInt(os.Args[2], 10, 64)
		must(err)
	}
	for at := int64(0); at < size; at += step {
		proof, err := tlog.ProveRecord(size, at, hashes)
		must(err)
		must(tlog.CheckRecord(proof, size, root, at, tlog.RecordHash(all[at])))
	}
	for old := int64(1); old <= size; old += 1 + size/50 {
		before, err := tlog.TreeHash(old, hashes)
		must(err)
		proof, err := tlog.ProveTree(size, old, hashes)
		must(err)
		must(tlog.CheckTree(proof, size, root, old, before))
	}
	fmt.Printf("%d entries: proven\n", size)
}
