package probe

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/sync/errgroup"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Send asks by dry run what the server would make of each request, and returns the answers in the order of the requests.
// What cannot be answered says why; an error means that there is no answer at all. answered hears of each, from several
// goroutines at once.
func (a *Asking) Send(ctx context.Context, answered func()) (*workload.Admissions, error) {
	all := &workload.Admissions{Answers: make([]workload.Admission, len(a.requests))}
	var group errgroup.Group
	group.SetLimit(parallelAsks)
	for i := range a.requests {
		if why := a.shut(&a.requests[i]); why != "" {
			all.Answers[i] = workload.Admission{Reason: reasonForbidden, Message: why}
			continue
		}
		all.Asked++
		group.Go(func() error {
			if ctx.Err() == nil {
				all.Answers[i] = a.ask(ctx, &a.requests[i])
				answered()
			}
			return nil
		})
	}
	_ = group.Wait() // of functions that do not fail
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i := range all.Answers {
		if a.requests[i].User != "" && all.Answers[i].User == "" && a.shut(&a.requests[i]) == "" {
			all.AsOneself++
		}
	}
	all.Why = a.why()
	return all, nil
}

// ask makes one request; as oneself where the controller turns out not to be impersonated, or to have no rights.
func (a *Asking) ask(ctx context.Context, r *workload.Request) workload.Admission {
	user := a.as(r)
	pod := &corev1.Pod{} // what JSON leaves out would else seem to be there
	post := a.client.core.Post().Namespace(r.Namespace).Resource("pods").Param("dryRun", metav1.DryRunAll)
	if user != "" {
		post = post.SetHeader(authenticationv1.ImpersonateUserHeader, user)
	}
	err := post.Body(r.Pod.DeepCopy()).Do(ctx).Into(pod)
	if text := messageOf(err); user != "" && apierrors.IsForbidden(err) && (strings.Contains(text, noImpersonation) || strings.Contains(text, noCreation)) {
		a.note(a.ownself, user, text)
		return a.ask(ctx, r)
	}
	answer := workload.Admission{User: user}
	switch {
	case err == nil && pod.Name+pod.GenerateName == "" && len(pod.Spec.Containers) == 0: // it was cut off
		answer.Reason, answer.Message = reasonMalformed, "the answer is no pod: it has neither a name nor containers"
	case err == nil:
		answer.Pod = pod
	default:
		answer.Message = messageOf(err)
		if answer.Refused = workload.RefusalIn(answer.Message); answer.Refused != "" {
			answer.Message = ""
			break
		}
		if answer.Reason = reasonOf(err); answer.Reason == reasonTimeout {
			answer.Message = "the server did not answer in time" // errors differ by what was going on
		}
		answer.Message = withoutName(answer.Message)
	}
	return answer
}

// withoutName takes the name of an object, which the server made up, off what it says.
func withoutName(text string) string {
	for begin, end := range map[string]string{
		`pods "`: `" is forbidden: `, `Pod "`: `" is invalid: `, `deployments.apps "`: `" is forbidden: `, `namespaces "`: `" is forbidden: `,
	} {
		if rest, ok := strings.CutPrefix(text, begin); ok {
			if _, why, ok := strings.Cut(rest, end); ok {
				return why
			}
		}
	}
	return text
}

// What the server says where it is not admission that refuses: to whoever may not impersonate, and to users without rights.
const (
	noImpersonation = " cannot impersonate"
	noCreation      = ` cannot create resource "pods"`
)

// Reasons of gaps that say more than the server's own. webhook and policy are refusals by these.
const (
	reasonForbidden   = "forbidden"
	reasonQuota       = "quota"
	reasonNoDryRun    = "noDryRun"
	reasonWebhook     = "webhook"
	reasonPolicy      = "policy"
	reasonPSP         = "podSecurityPolicy"
	reasonTimeout     = "timeout"
	reasonUnreachable = "unreachable"
	reasonMalformed   = "malformed"
)

// reasonOf is one word for what kept the server from showing a pod.
func reasonOf(err error) string {
	text := messageOf(err)
	for _, known := range []struct{ text, reason string }{
		{noCreation, reasonForbidden},
		{"does not support dry run", reasonNoDryRun},
		{"exceeded quota", reasonQuota},
		{"failed quota", reasonQuota},
		{"admission webhook", reasonWebhook},
		{"failed calling webhook", reasonWebhook},
		{"AdmissionPolicy", reasonPolicy},
		{pluginText, reasonPSP},
	} {
		if strings.Contains(text, known.text) {
			return known.reason
		}
	}
	if _, ok := errors.AsType[*apierrors.StatusError](err); ok {
		reason := []rune(apierrors.ReasonForError(err))
		if len(reason) == 0 {
			return "unknown"
		}
		reason[0] = unicode.ToLower(reason[0])
		return string(reason)
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return reasonTimeout
	}
	return reasonUnreachable
}

// messageOf is what a server said, or what kept it from saying anything, without addresses.
func messageOf(err error) string {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	switch {
	case err == nil:
		return ""
	case !ok:
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return err.Error()
	case status.ErrStatus.Message == "":
		return http.StatusText(int(status.ErrStatus.Code))
	default:
		return status.ErrStatus.Message
	}
}
