package shell

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJoin(t *testing.T) {
	words := []string{"plain", "", "two words", "it's", `back\slash`, "$HOME `id` ~ * ;", "line\nend", "-n=a_b.c/d:e@f%g+h,i"}
	// The shell prints what it was given, each word behind a byte that none of them holds.
	out, err := exec.Command("sh", "-c", "printf '\\001%s' "+Join(words...)).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "\x01" + strings.Join(words, "\x01")
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Error(diff)
	}
	if got, want := Join("a", "-n", "b=c", "=ls"), "a -n b=c '=ls'"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJSON(t *testing.T) {
	const text = "plain \u00e9 \u202e \U0001f600 \x7f"
	raw, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	got := JSON(raw)
	if want := `"plain \u00e9 \u202e \ud83d\ude00 \u007f"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var back string
	if err := json.Unmarshal([]byte(got), &back); err != nil || back != text {
		t.Errorf("%q, %v", back, err)
	}
}
