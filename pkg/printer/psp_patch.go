package printer

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/shell"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// pspPatches is -o patch: for each workload to which a policy writes the command that puts into its template what the
// policy wrote, below a comment that says why and how to take it back. The whole can be piped into a shell.
func pspPatches(flags []string) func(io.Writer, *report.PSPCheck) error {
	return func(w io.Writer, c *report.PSPCheck) error {
		var b bytes.Buffer
		for i := range c.Items {
			for k := range c.Items[i].Workloads {
				pspPatch(&b, c.Items[i].Namespace, &c.Items[i].Workloads[k], flags)
			}
		}
		_, err := w.Write(b.Bytes())
		return err
	}
}

func pspPatch(b *bytes.Buffer, namespace string, w *report.PSPWorkload, flags []string) {
	if len(w.Patch) == 0 && w.Trap == nil {
		return
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	if len(w.Patch) == 0 {
		comment(b, fmt.Sprintf("%s %s: no patch: what PSP %s wrote has to be put into the template by hand", namespace, kindName(w.Group, w.Kind, w.Name), w.Trap.Policy))
		return
	}
	if w.Fixed != "" {
		comment(b, fmt.Sprintf("%s %s: no patch: %s", namespace, kindName(w.Group, w.Kind, w.Name), w.Fixed))
		return
	}
	var policies []string
	for i := range w.Written {
		policies = appendOnce(policies, w.Written[i].Policy)
	}
	about := fmt.Sprintf("%s %s: writes down what PSP %s sets", namespace, kindName(w.Group, w.Kind, w.Name), list(policies, len(policies)))
	switch {
	case w.Trap == nil:
	case w.Trap.Repaired:
		about += "; the template passes " + w.Patched + " by itself then"
	default:
		about += "; the template passes " + w.Patched + " then, " + levelOf(w.Trap.Enforce) + " not yet"
	}
	comment(b, about)
	if w.Owner != nil {
		comment(b, kindName(w.Owner.Group, w.Owner.Kind, w.Owner.Name)+" made it and may take the patch back: change it there")
	}
	comment(b, "undo: "+patchCommand(namespace, w, w.Undo, flags))
	b.WriteString(patchCommand(namespace, w, w.Patch, flags) + "\n")
}

// comment writes one line, whatever is in the text.
func comment(b *bytes.Buffer, text string) { b.WriteString("# " + terminal.Escape(text) + "\n") }

func appendOnce(list []string, word string) []string {
	if slices.Contains(list, word) {
		return list
	}
	return append(list, word)
}

// patchCommand is a kubectl command of one line, in ASCII but for names.
func patchCommand(namespace string, w *report.PSPWorkload, patch []byte, flags []string) string {
	typ := strings.ToLower(w.Kind)
	if w.Group != "" {
		typ += "." + w.Group
	}
	words := append([]string{"kubectl", "patch", typ + "/" + w.Name, "-n", namespace}, flags...)
	return shell.Join(append(words, "--type=strategic", "-p", shell.JSON(patch))...)
}
