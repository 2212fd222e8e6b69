package faults

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// The outcomes that are allowed: the right answer, the right answer with named gaps, a clear error.
const (
	right = "R"
	gaps  = "G"
	errs  = "E"
	none  = "!" // none of them
)

// document is what of any report is judged.
type document struct {
	Items []entry
	Gaps  []report.Gap
	Facts []report.ConfigFact
}

type entry struct {
	Namespace  string
	Verdict    report.Verdict
	Kind, Name string
	Action     report.Action
	Reason     string
	After      map[string]string
	Gaps       []report.Gap
	Result     *report.Result
}

// judge says which of the outcomes a cell came to, and what is wrong with it.
func (c *cell) judge(truth *truth) {
	c.class = c.classify(truth)
	allowed := string(c.phase.standing)
	switch {
	case c.fault.right(c.phase):
		allowed = right
		if c.phase.method == http.MethodPost {
			allowed += gaps // it is not sent again: webhooks have seen it
		}
	case c.timeout > 0:
		allowed = right + gaps + errs
	}
	if c.class == none || !strings.Contains(allowed, c.class) {
		c.wrong(fmt.Sprintf("outcome %s, and not one of %s: exit code %d", c.class, allowed, c.got.code))
	}
	if c.met == 0 {
		c.wrong("the fault met no request")
	}
	if most := c.mostTime(); c.got.code == 130 || c.got.took > most {
		c.wrong(fmt.Sprintf("it hung: under way for %s, of %s that it may take with %d requests that met the fault", c.got.took, most, c.met))
	}
	if strings.Contains(c.got.stderr, "panic") || strings.Contains(c.got.stderr, "goroutine ") {
		c.wrong("it panicked")
	}
	if strings.Contains(c.got.stderr, "127.0.0.1:") && c.class != errs {
		c.wrong("an address stands in what is said")
	}
}

func (c *cell) classify(truth *truth) string {
	if c.got.code == truth.code && bare(c.got.stdout) == bare(truth.stdout) && (c.phase.hint || said(c.got.stderr) == said(truth.stderr)) {
		return right
	}
	var found, want document
	if c.got.stdout != "" {
		if err := json.Unmarshal([]byte(c.got.stdout), &found); err != nil {
			c.wrong("stdout is no document: " + err.Error())
			return none
		}
	}
	if err := json.Unmarshal([]byte(truth.stdout), &want); err != nil {
		c.wrong("the truth is no document: " + err.Error())
		return none
	}
	c.contradicts(&found, &want)
	switch c.got.code {
	case 2:
		return c.clearly(&found)
	case 0:
		if c.unknown(&found, &want) {
			return gaps
		}
		return c.gaps(&found)
	case 3, truth.code:
		return c.gaps(&found)
	default:
		return none
	}
}

// clearly holds an error to what it must say: something, and about every namespace that was given up.
func (c *cell) clearly(found *document) string {
	if !regexp.MustCompile(`(?m)^(error: |Error from server|Unable to connect|The connection to the server|failed: |moved: |gone: |The dry run failed for |The server rejects the change of |  \d+   cannot be read: )`).MatchString(c.got.stderr) {
		return none
	}
	for _, item := range found.Items {
		if r := item.Result; r != nil && r.Message == "" && r.Outcome == report.EndingFailed {
			c.wrong("namespace " + item.Namespace + " failed, and nothing says why")
		}
	}
	return errs
}

// gaps holds an incomplete answer to naming what it lacks.
func (c *cell) gaps(found *document) string {
	all := slices.Clone(found.Gaps)
	for _, item := range found.Items {
		all = append(all, item.Gaps...)
	}
	for _, g := range all {
		if g.Resource == "" || g.Reason == "" {
			c.wrong(fmt.Sprintf("a gap does not say what and why: %+v", g))
		}
	}
	name := strings.TrimSuffix(c.phase.resource+"."+c.phase.group, ".")
	if len(all) == 0 && !strings.Contains(c.got.stderr, "cannot list "+name) {
		return none
	}
	if c.timeout == 0 && c.phase.method == http.MethodGet && len(all) > 0 && !slices.ContainsFunc(all, func(g report.Gap) bool { return g.Resource == name }) {
		c.wrong(fmt.Sprintf("no gap names %s: %+v", name, all))
	}
	return gaps
}

// contradicts looks for what is said although the truth is another: a namespace passed, or refused, or to be labelled
// otherwise, or something refused in it that is not.
func (c *cell) contradicts(found, want *document) {
	for _, item := range found.Items {
		at := slices.IndexFunc(want.Items, func(w entry) bool {
			return w.Namespace == item.Namespace && w.Kind == item.Kind && w.Name == item.Name
		})
		if at < 0 {
			c.wrong(fmt.Sprintf("%s %s/%s is not there in truth", item.Namespace, item.Kind, item.Name))
			continue
		}
		w := want.Items[at]
		unread := len(item.Gaps) > 0 || slices.ContainsFunc(found.Gaps, func(g report.Gap) bool { return g.Namespace == "" || g.Namespace == item.Namespace })
		switch {
		case item.Verdict == report.Incomplete && unread:
		case item.Verdict == report.Complies && unread, item.Verdict != w.Verdict:
			c.wrong(fmt.Sprintf("namespace %s is said to be %q, and is %q", item.Namespace, item.Verdict, w.Verdict))
		}
		if item.Action == report.ActionChange && (w.Action != item.Action || !maps.Equal(item.After, w.After)) {
			c.wrong(fmt.Sprintf("namespace %s would be labelled otherwise: %s", item.Namespace, cmp.Diff(w.After, item.After)))
		}
	}
}

// unknown says that a report of facts says of some that they are not known. It does so where others name gaps.
func (c *cell) unknown(found, want *document) bool {
	lacks := false
	for _, f := range found.Facts {
		at := slices.IndexFunc(want.Facts, func(w report.ConfigFact) bool { return w.Subject == f.Subject && w.Name == f.Name })
		switch {
		case f.Value == report.ConfigUnknown:
			lacks = lacks || at < 0 || want.Facts[at].Value != f.Value || want.Facts[at].How != f.How
		case at < 0 || want.Facts[at].Value != f.Value:
			c.wrong(fmt.Sprintf("%s %s is said to be %q", f.Subject, f.Name, f.Value))
		}
	}
	return lacks
}

// bare is a document without what differs from run to run, and what is only known of the server.
func bare(document string) string {
	var value map[string]any
	if json.Unmarshal([]byte(document), &value) != nil {
		return document
	}
	strip(value)
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return regexp.MustCompile(`\b20\d\d-\d\d-\d\dT[0-9:]+Z|--kubeconfig=\S+/kubeconfig`).ReplaceAllString(string(text), "…")
}

func strip(value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range []string{"time", "run", "undo", "clusterUID", "podSecurity", "resourceVersion"} {
			delete(v, key)
		}
		if _, count := v["asked"].(float64); count { // of requests: what one does not tell the next may
			delete(v, "asked")
		}
		for _, inner := range v {
			strip(inner)
		}
	case []any:
		for _, inner := range v {
			strip(inner)
		}
	}
}

// said is stderr without runs and durations.
func said(stderr string) string {
	return regexp.MustCompile(`\b\d+(\.\d+)?m?s\b`).ReplaceAllString(runID.ReplaceAllString(stderr, "RUN"), "TIME")
}
