package simulate

import (
	"bytes"
	"fmt"

	"github.com/kubectl-pss/kubectl-pss/pkg/place"
)

// configLimit bounds what a file's aliases make of it, in bytes: a megabyte of them could fill the memory.
const configLimit = 10 << 20

// frugally refuses files whose aliases stand for more than any configuration holds.
func frugally(read func(string) ([]byte, error)) func(string) ([]byte, error) {
	return func(file string) ([]byte, error) {
		data, err := read(file)
		if err != nil || bytes.IndexByte(data, '*') < 0 || bytes.IndexByte(data, '&') < 0 {
			return data, err
		}
		top, err := place.Tree(data)
		if err != nil { // the other decoder may take it, and fill the aliases in
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if place.Size(top) > configLimit {
			return nil, fmt.Errorf("%s: its aliases stand for more than %d MiB", file, configLimit>>20)
		}
		return data, nil
	}
}
