package printer

import (
	"fmt"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// maxUses is how many workloads are named that use a policy; the others are counted.
const maxUses = 20

// psp writes all that is known of one policy.
func (p *page) psp(x *report.PSP) {
	p.line(0, p.Strong("PodSecurityPolicy "+x.Name))
	if x.Location != nil {
		p.told("file", fmt.Sprintf("%s, document %d", x.Location.File, x.Location.Document))
	}
	if len(x.Invalid) > 0 {
		texts := make([]string, len(x.Invalid))
		for i, text := range x.Invalid {
			texts[i] = p.Bad(text)
		}
		p.told("invalid", texts...)
		return
	}
	p.told("level", x.Level+", with SELinux and AppArmor left aside")
	p.told("by table", x.Table+", by the official table to the letter")
	if x.Exception != "" {
		p.told("exception", p.Caution(x.Exception))
	}
	var reasons, writes, beyond []string
	for i := range x.Reasons {
		reasons = append(reasons, p.pspReason(&x.Reasons[i]))
	}
	for i := range x.Writes {
		w := &x.Writes[i]
		text := w.Path + ": " + w.Value
		if w.When != "" {
			text += ", " + w.When
		}
		writes = append(writes, text+" "+p.Faint("("+w.Field+")"))
	}
	for i := range x.Beyond {
		b := &x.Beyond[i]
		beyond = append(beyond, fmt.Sprintf("%s %s: %s", b.Field, b.Value, b.Text))
	}
	p.told("because", orNone(reasons, "nothing speaks against restricted")...)
	p.told("writes", orNone(writes, "nothing")...)
	p.told("beyond", orNone(beyond, "nothing: a level can say it all")...)
	if x.Users != nil {
		p.told("users", orNone(pspUserTexts(x.Users), "nobody")...)
	}
	if x.UsedBy != nil {
		p.told("used by", orNone(pspUseTexts(x.UsedBy), "no workload")...)
	}
}

func orNone(texts []string, nothing string) []string {
	if len(texts) == 0 {
		return []string{nothing}
	}
	return texts
}

func (p *page) pspReason(r *report.PSPReason) string {
	text := fmt.Sprintf("%s %s: %s", r.Field, r.Value, r.Text)
	against := "not " + r.Against
	if r.Aside {
		against += ", left aside"
	}
	return text + " " + p.Faint("("+against+")")
}

// pspUserTexts is one line a subject and place, with the bindings by which it may.
func pspUserTexts(users []report.PSPUser) []string {
	var texts []string
	at := map[string]int{}
	for i := range users {
		u := &users[i]
		where := "in every namespace"
		if u.Namespace != "" {
			where = "in namespace " + u.Namespace
		}
		who := subject(u) + " " + where
		by := fmt.Sprintf("%s (%s, %s)", u.Binding, u.Role, u.APIGroup)
		if k, again := at[who]; again {
			if !strings.Contains(texts[k], by) {
				texts[k] += ", " + by
			}
			continue
		}
		at[who] = len(texts)
		texts = append(texts, who+", by "+by)
	}
	return texts
}

func pspUseTexts(uses []report.PSPUse) []string {
	var texts []string
	for i := range uses {
		if i == maxUses {
			return append(texts, fmt.Sprintf("and %d more", len(uses)-maxUses))
		}
		u := &uses[i]
		how := "by the rights of its service account"
		if u.Source == report.PSPByAnnotation {
			how = count(u.Pods, "pod")
			if u.Pods == 1 {
				how += " says so"
			} else {
				how += " say so"
			}
		}
		texts = append(texts, fmt.Sprintf("%s %s, %s", u.Namespace, kindName(u.Group, u.Kind, u.Name), how))
	}
	return texts
}
