package release

import "testing"

func TestParse(t *testing.T) {
	for text, want := range map[string]Release{
		"v1.37.1": {Minor: 37, Patch: 1},
		"1.24.17": {Minor: 24, Patch: 17},
		"v1.30.0": {Minor: 30},
	} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("Parse(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const patch = ` for "--release" flag: must be a patch release such as v1.37.1`
	const known = ` for "--release" flag: only v1.24 to v1.37 are known to build`
	for text, want := range map[string]string{
		"":              `invalid argument ""` + patch,
		"latest":        `invalid argument "latest"` + patch,
		"v1.37":         `invalid argument "v1.37"` + patch,
		"v2.0.0":        `invalid argument "v2.0.0"` + patch,
		"v1.37.1-rc.0":  `invalid argument "v1.37.1-rc.0"` + patch,
		"v1.37.1\nx":    `invalid argument "v1.37.1\nx"` + patch,
		"v1.23.17":      `invalid argument "v1.23.17"` + known,
		"v1.38.0":       `invalid argument "v1.38.0"` + known,
		"v1.37.9999999": `invalid argument "v1.37.9999999"` + patch,
	} {
		if _, err := Parse(text); err == nil || err.Error() != want {
			t.Errorf("Parse(%q): %v, want %s", text, err, want)
		}
	}
}

func TestVersions(t *testing.T) {
	r := Release{Minor: 24, Patch: 17}
	if r.String() != "v1.24.17" || r.Staging() != "v0.24.17" {
		t.Errorf("got %s and %s", r, r.Staging())
	}
}

func TestNewestIsARelease(t *testing.T) {
	if got, err := Parse(Newest); err != nil || got.String() != Newest {
		t.Errorf("Parse(Newest) = %v, %v", got, err)
	}
}
