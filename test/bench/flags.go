//go:build unix

package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/test/bench/estate"
)

// sizes are numbers of pods.
type sizes []int

// String implements flag.Value.
func (s *sizes) String() string {
	var list []string
	for _, n := range *s {
		list = append(list, strconv.Itoa(n))
	}
	return strings.Join(list, ",")
}

// Set implements flag.Value.
func (s *sizes) Set(text string) error {
	*s = nil
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		switch {
		case err != nil:
			return fmt.Errorf("%q is not a number", part)
		case n < 1 || n%estate.PodsPerNamespace != 0:
			return fmt.Errorf("%d is not a multiple of %d, which is a namespace", n, estate.PodsPerNamespace)
		case len(*s) > 0 && n <= (*s)[len(*s)-1]:
			return errors.New("sizes must grow: pods are only added")
		}
		*s = append(*s, n)
	}
	return nil
}

// names are names of scenarios; the floor always comes first, as the others are compared with it.
type names []string

// String implements flag.Value.
func (n *names) String() string { return strings.Join(*n, ",") }

// Set implements flag.Value.
func (n *names) Set(text string) error {
	*n = names{floorName}
	for name := range strings.SplitSeq(text, ",") {
		switch {
		case !slices.Contains(scenarioNames(), name):
			return fmt.Errorf("no scenario %q", name)
		case !slices.Contains(*n, name):
			*n = append(*n, name)
		}
	}
	return nil
}
