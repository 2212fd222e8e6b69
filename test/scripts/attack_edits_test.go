package scripts

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// attacked is how many edits of each file are tried; PSS_ATTACKS sets another number.
const attacked = 50

// edited is a file after an attack.
type edited struct {
	what, text string
	line       int // the first that is another than before, from 1
}

// attacks puts other words in the place of each word of each line, and moves the lines themselves.
func attacks(text string) []edited {
	others := []string{
		"kube-system", "lab", "ns-lab", "ns-kube-system", "../lab", "lab/status", "", "null", "privileged", "team", "kubernetes.io/metadata.name",
		"pod-security.kubernetes.io/exempt", "pod-security.kubernetes.io/enforce", "annotations", "skip", "change",
	}
	list := moved(text)
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		for _, at := range regexp.MustCompile(`[A-Za-z0-9./-]+`).FindAllStringIndex(line, -1) {
			for _, other := range others {
				changed := slices.Clone(lines)
				changed[i] = line[:at[0]] + other + line[at[1]:]
				list = append(list, edited{fmt.Sprintf("%q for %q", other, line[at[0]:at[1]]), strings.Join(changed, ""), i + 1})
			}
		}
	}
	return list
}

// moved drops, repeats, exchanges and cuts off each line.
func moved(text string) (list []edited) {
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	lines[len(lines)-1] += "\n"
	add := func(what string, i int, changed ...string) {
		whole := slices.Concat(lines[:i], changed)
		list = append(list, edited{what, strings.Join(whole, ""), i + 1})
	}
	for i := range lines {
		rest := lines[i+1:]
		add("dropped", i, rest...)
		add("twice", i+1, append([]string{lines[i]}, rest...)...)
		add("cut off", i, lines[i][:len(lines[i])/2])
		if len(rest) > 0 {
			add("exchanged", i, append([]string{rest[0], lines[i]}, rest[1:]...)...)
		}
	}
	return list
}

// damages are what happens to a journal by accident: moved lines, and flipped bits. But not what a run leaves that was
// killed: the events up to a line, which may be half a line.
func damages(text string) []edited {
	before, _, _ := strings.Cut(text, `{"begin":`)
	head := strings.Count(before, "\n")
	list := slices.DeleteFunc(moved(text), func(e edited) bool {
		return e.line > head && strings.HasPrefix(text, e.text) || e.what == "cut off" && e.line > head
	})
	for i := 0; i < len(text)-1; i += 3 {
		flipped := []byte(text)
		flipped[i] ^= 1 << (i % 8)
		list = append(list, edited{fmt.Sprintf("bit of byte %d", i), string(flipped), 1 + strings.Count(text[:i], "\n")})
	}
	return list
}

// chosen are some of the edits, other ones each time unless PSS_SEED says which.
func chosen(t *testing.T, all []edited) []edited {
	t.Helper()
	seed, many := rand.Uint64(), attacked
	for name, set := range map[string]func(uint64){"PSS_SEED": func(n uint64) { seed = n }, "PSS_ATTACKS": func(n uint64) { many = int(n) }} {
		if text := os.Getenv(name); text != "" {
			n, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			set(n)
		}
	}
	t.Logf("PSS_SEED=%d repeats this run; of %d edits", seed, len(all))
	r := rand.New(rand.NewPCG(seed, 0))
	r.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	return all[:min(many, len(all))]
}

// resummed gives the lines of a journal the checksums that fit.
func resummed(text string) string {
	var out strings.Builder
	last := ""
	for line := range strings.Lines(text) {
		at := strings.LastIndex(line, `,"sum":"`)
		if at < 0 || !strings.HasSuffix(line, "\"}\n") {
			out.WriteString(line)
			continue
		}
		sum := sha256.Sum256([]byte(last + line[:at] + "}"))
		last = hex.EncodeToString(sum[:])[:16]
		fmt.Fprintf(&out, "%s,\"sum\":%q}\n", line[:at], last)
	}
	return out.String()
}
