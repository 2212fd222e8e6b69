package relabel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	jsonstrict "sigs.k8s.io/json"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// readJournal reads the journal of run id. end is where it can be gone on with: what follows is a line that was being
// written when the process was killed. Everything else that is not as this program writes it is an error that names file
// and line, so that an edited journal can touch nothing but the labels of Pod Security.
func readJournal(path, id string, content []byte) (run *Run, end journalEnd, err error) {
	r := &journalReader{content: content, run: &Run{ID: id, trails: map[string]*trail{}}}
	if err := r.readHead(); err != nil {
		return nil, journalEnd{}, fmt.Errorf("%s:%d: %w", path, r.line, err)
	}
	for {
		text, ok := r.next()
		if !ok {
			return r.run, journalEnd{r.at, r.chain}, nil
		}
		if err := r.readEvent(text); err != nil {
			return nil, journalEnd{}, fmt.Errorf("%s:%d: %w", path, r.line, err)
		}
	}
}

// journalEnd is the end of what is whole of a journal.
type journalEnd struct {
	at    int // in bytes
	chain chain
}

type journalReader struct {
	content []byte
	// at is the end of the line numbered line, and chain has come as far.
	at, line int
	chain    chain
	run      *Run
}

// next is the next whole line, without its newline.
func (r *journalReader) next() ([]byte, bool) {
	end := bytes.IndexByte(r.content[r.at:], '\n')
	if end < 0 {
		return nil, false
	}
	text := r.content[r.at : r.at+end]
	r.at += end + 1
	r.line++
	return text, true
}

// decode reads a line into v.
func (r *journalReader) decode(text []byte, v any) error {
	body, err := r.chain.body(text)
	if err != nil {
		return err
	}
	return strictly(body, v)
}

// expect is the next line, which has to be there.
func (r *journalReader) expect(what string) ([]byte, error) {
	text, ok := r.next()
	if !ok {
		r.line++
		return nil, fmt.Errorf("the journal is cut off: no %s", what)
	}
	return text, nil
}

// strictly refuses unknown and repeated fields, and such as differ by case.
func strictly(text []byte, v any) error {
	strict, err := jsonstrict.UnmarshalStrict(text, v)
	if err == nil && len(strict) > 0 {
		err = strict[0]
	}
	return err
}

func (r *journalReader) readHead() error {
	h, err := r.readHeader()
	if err != nil {
		return err
	}
	seen := sets.New[string]()
	for range h.Items {
		text, err := r.expect("item")
		if err != nil {
			return err
		}
		var item report.Planned
		if err := r.decode(text, &item); err != nil {
			return err
		}
		if _, err := checkItem(&item); err != nil {
			return err
		}
		if seen.Has(item.Namespace) {
			return fmt.Errorf("namespace %q stands there twice", item.Namespace)
		}
		seen.Insert(item.Namespace)
		if item.Action == report.ActionChange {
			r.run.trails[item.Namespace] = &trail{}
		}
		h.Plan.Items = append(h.Plan.Items, item)
	}
	r.run.Started, r.run.Command, r.run.Host, r.run.Allowed = h.Started, h.Command, h.Host, h.Allowed
	r.run.Plan, r.run.ClusterUID = h.Plan, h.Plan.Server.ClusterUID
	return nil
}

func (r *journalReader) readHeader() (*header, error) {
	text, err := r.expect("header")
	if err != nil {
		return nil, err
	}
	h := &header{}
	if err := json.Unmarshal(text, h); err != nil {
		return nil, err
	}
	// Other files, and journals of other versions, have no checksums.
	if err := checkKind(h); err != nil {
		return nil, err
	}
	*h = header{}
	if err := r.decode(text, h); err != nil {
		return nil, err
	}
	return h, checkHeader(h, r.run.ID)
}

func checkKind(h *header) error {
	switch {
	case h.Kind == "" || h.APIVersion == "":
		return fmt.Errorf("this is no %s %s: its first line does not name apiVersion and kind", report.APIVersion, journalKind)
	case h.Kind != journalKind || h.APIVersion != report.APIVersion:
		return fmt.Errorf("this is %s %s and no %s %s", h.APIVersion, h.Kind, report.APIVersion, journalKind)
	case h.Version != journalVersion:
		return fmt.Errorf("version %d of the journal is not known to this program, which writes version %d", h.Version, journalVersion)
	default:
		return nil
	}
}

func checkHeader(h *header, id string) error {
	switch {
	case h.Run != id:
		return fmt.Errorf("this is the journal of run %q", h.Run)
	case h.Plan == nil || len(h.Plan.Items) > 0 || h.Plan.Run != id:
		return errors.New("the header does not hold the plan")
	case h.Items < 0:
		return fmt.Errorf("there cannot be %d items", h.Items)
	default:
		return nil
	}
}

// checkItem refuses what no plan holds, and names the field that holds it. Values need not be levels and versions: old
// ones that are neither must be restored just so.
func checkItem(item *report.Planned) (field string, err error) {
	if wrong := validation.IsDNS1123Label(item.Namespace); len(wrong) > 0 {
		return "namespace", fmt.Errorf("namespace %q: %s", item.Namespace, wrong[0])
	}
	if item.UID == "" {
		return "uid", fmt.Errorf("namespace %q has no uid", item.Namespace)
	}
	switch item.Action {
	case report.ActionChange, report.ActionKeep, report.ActionSkip:
	default:
		return "action", fmt.Errorf("namespace %q: unknown action %q", item.Namespace, item.Action)
	}
	if key, err := checkLabels(item.Namespace, item.Before); err != nil {
		return "before." + key, err
	}
	if key, err := checkLabels(item.Namespace, item.After); err != nil {
		return "after." + key, err
	}
	return "", nil
}

func checkLabels(namespace string, labels map[string]string) (key string, err error) {
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if !slices.Contains(survey.Keys(), key) {
			return key, fmt.Errorf("namespace %q: %+q is no label of Pod Security", namespace, key) // +: some letters look alike
		}
		if wrong := validation.IsValidLabelValue(labels[key]); len(wrong) > 0 {
			return key, fmt.Errorf("namespace %q: %s=%q: %s", namespace, key, labels[key], wrong[0])
		}
	}
	return "", nil
}

func (r *journalReader) readEvent(text []byte) error {
	var e event
	if err := r.decode(text, &e); err != nil {
		return err
	}
	if r.run.ended && e.Resume == nil {
		return errors.New("something follows the end of the run")
	}
	switch {
	case e == event{Begin: e.Begin, At: e.At} && e.Begin != "" && e.At != nil:
		if r.run.trails[e.Begin] == nil {
			return fmt.Errorf("the plan does not change namespace %q", e.Begin)
		}
		r.run.noteBegin(e.Begin)
	case e == event{Done: e.Done, Result: e.Result} && e.Done != "" && e.Result != nil:
		if r.run.trails[e.Done] == nil {
			return fmt.Errorf("the plan does not change namespace %q", e.Done)
		}
		if !slices.Contains(endings(), e.Result.Outcome) {
			return fmt.Errorf("namespace %q: unknown outcome %q", e.Done, e.Result.Outcome)
		}
		r.run.noteDone(e.Done, e.Result)
	case e == event{Resume: e.Resume} && e.Resume != nil:
		r.run.noteResume()
	case e == event{End: e.End} && e.End != nil:
		r.run.ended = true
	default:
		return errors.New("this is no event of a run")
	}
	return nil
}

func endings() []report.Ending {
	return []report.Ending{
		report.EndingWritten, report.EndingAlready, report.EndingMoved, report.EndingGone, report.EndingFailed, report.EndingUntried,
	}
}
