package cmd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

func TestBlockedNamespaces(t *testing.T) {
	for name, tt := range map[string]struct {
		args      []string
		namespace string // -n
		all       bool   // -A
		want      []string
		err       string
	}{
		"plain":                   {},
		"plain ns":                {args: []string{"ns"}},
		"-A":                      {all: true},
		"-A before -n":            {all: true, namespace: "shop"},
		"-n":                      {namespace: "shop", want: []string{"shop"}},
		"-n with ns":              {args: []string{"namespaces"}, namespace: "shop", want: []string{"shop"}},
		"names":                   {args: []string{"ns", "shop", "payments"}, want: []string{"payments", "shop"}},
		"names given twice":       {args: []string{"namespace", "shop", "a", "shop"}, want: []string{"a", "shop"}},
		"a name without its type": {args: []string{"shop"}, err: `"shop" is not ns: only whole namespaces can be looked into, by kubectl pss blocked ns NAME or -n NAME`},
		"a workload":              {args: []string{"deploy/web"}, err: `"deploy/web" is not ns: only whole namespaces can be looked into, by kubectl pss blocked ns NAME or -n NAME`},
		"a type for each name":    {args: []string{"ns", "ns/shop"}, err: `"ns/shop" cannot be a namespace: kubectl pss blocked ns NAME1 NAME2`},
		"an empty name":           {args: []string{"ns", ""}, err: `"" cannot be a namespace: kubectl pss blocked ns NAME1 NAME2`},
		"names and -A":            {args: []string{"ns", "shop"}, all: true, err: "a resource cannot be retrieved by name across all namespaces: leave out -A or the names"},
		"names and -n":            {args: []string{"ns", "shop"}, namespace: "shop", err: "--namespace cannot be combined with namespaces by name: leave out one of them"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &BlockedFlags{AllNamespaces: tt.all}
			got, err := f.namespaces(tt.args, tt.namespace)
			text := ""
			if err != nil {
				text = err.Error()
			}
			if diff := cmp.Diff(tt.err, text); diff != "" {
				t.Error(diff)
			}
			if strings.Join(got, " ") != strings.Join(tt.want, " ") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNothingRefused(t *testing.T) {
	namespaces := []corev1.Namespace{{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}, {}, {}}
	r := &report.BlockedReport{}
	r.Server.PodSecurity.Value = report.PodSecurityActive
	for want, got := range map[string]string{
		"Pod Security refuses nothing right now in 3 namespaces.":   nothingRefused(r, namespaces),
		"Pod Security refuses nothing right now in namespace shop.": nothingRefused(r, namespaces[:1]),
		"Pod Security refuses nothing right now in 0 namespaces.":   nothingRefused(r, nil),
		"Pod Security refuses nothing right now in 2 namespaces: it is not active on this server.": func() string {
			off := *r
			off.Server.PodSecurity.Value = report.PodSecurityInactive
			return nothingRefused(&off, namespaces[:2])
		}(),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
