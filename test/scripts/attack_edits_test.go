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
	line       int // that was changed, from 1
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
		add("twice", i, append([]string{lines[i], lines[i]}, rest...)...)
		add("cut off", i, lines[i][:len(lines[i])/2])
		if len(rest) > 0 {
			add("exchanged", i, append([]string{rest[0], lines[i]}, rest[1:]...)...)
		}
	}
	return list
}

// damages are what happens to the lines of a head up to its seal by accident: moves, and flipped bits.
func damages(text string, seal int) []edited {
	list := moved(text)
	at := 0
	for i, line := range strings.SplitAfter(text, "\n") {
		for k := 0; k < len(line); k += 3 {
			flipped := []byte(text)
			flipped[at+k] ^= 1 << (k % 8)
			list = append(list, edited{fmt.Sprintf("bit of byte %d", k), string(flipped), i + 1})
		}
		at += len(line)
	}
	return slices.DeleteFunc(list, func(e edited) bool { return e.line > seal })
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

// resealed gives a journal the seal that fits.
func resealed(text string) string {
	head, rest, found := strings.Cut(text, `{"planned":`)
	_, events, whole := strings.Cut(rest, "\n")
	if !found || !whole {
		return text
	}
	sum := sha256.Sum256([]byte(head))
	return fmt.Sprintf("%s{\"planned\":%d,\"sha256\":%q}\n%s", head, max(0, strings.Count(head, "\n")-1), hex.EncodeToString(sum[:]), events)
}
