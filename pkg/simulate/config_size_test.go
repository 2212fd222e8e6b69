package simulate

import (
	"strings"
	"testing"
)

func TestConfigOfAliases(t *testing.T) {
	bomb := "kind: AdmissionConfiguration\na: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Repeat("*a, ", 2000) + "]\n"
	_, err := LoadConfig("f", func(string) ([]byte, error) { return []byte(bomb), nil })
	if err == nil || err.Error() != "f: its aliases stand for more than 10 MiB" {
		t.Errorf("error %v", err)
	}
}
