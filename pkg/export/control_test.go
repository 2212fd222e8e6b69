package export

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
)

func TestFromControls(t *testing.T) {
	set, err := FromControls([]string{beyond.ImageDigests, beyond.ReadOnlyRootFilesystem, beyond.ImageDigests}, ControlParams{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range set.Rules {
		got = append(got, r.Name+": "+r.Title+": "+r.Source)
		if len(r.Validations) == 0 {
			t.Errorf("%s has no validations", r.Name)
		}
	}
	if diff := cmp.Diff([]string{
		"read-only-root-filesystem: Containers have a read-only root file system: control read-only-root-filesystem",
		"image-digests: Images are pinned by digest: control image-digests",
	}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFromControlsOfEveryName(t *testing.T) {
	set, err := FromControls(beyond.Names(), ControlParams{Registries: []string{"registry.example.com/team/"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range set.Rules {
		got = append(got, r.Name)
		if r.Title == "" || len(r.Validations) == 0 || r.Validations[0].Message == "" {
			t.Errorf("%s is not told in full: %+v", r.Name, r)
		}
	}
	if diff := cmp.Diff(beyond.Names(), got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Param{{"registries", []string{"registry.example.com/team"}}}, set.Rules[1].Params); diff != "" {
		t.Error(diff)
	}
}

func TestFromControlsErrors(t *testing.T) {
	const choose = "choose of read-only-root-filesystem, trusted-registries, service-account-token, resource-limits, image-tags, image-digests"
	for _, tt := range []struct {
		names, registries []string
		want              string
	}{
		{nil, nil, "no control is named: " + choose},
		{[]string{"image-tags", "image-tag"}, nil, `there is no control "image-tag": ` + choose},
		{[]string{"trusted-registries"}, nil, "the control trusted-registries needs to know which registries: name each with --registry"},
		{[]string{"image-tags"}, []string{"a.io"}, "registries are for the control trusted-registries: add it, or leave --registry out"},
		{
			[]string{"trusted-registries"},
			[]string{"a.io", "https://b.io"},
			`--registry: "https://b.io" has a scheme: images are named without one, such as registry.example.com/team`,
		},
	} {
		_, err := FromControls(tt.names, ControlParams{Registries: tt.registries})
		if err == nil || err.Error() != tt.want {
			t.Errorf("%v, %v: error is %v, want %s", tt.names, tt.registries, err, tt.want)
		}
	}
}
