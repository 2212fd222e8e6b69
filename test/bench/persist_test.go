//go:build unix

package main

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
)

func TestPersist(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	busy := apierrors.NewInternalError(errors.New("etcdserver: request timed out"))
	lost := &url.Error{Op: "Post", URL: "https://localhost", Err: errors.New("connection reset by peer")}
	exists := apierrors.NewAlreadyExists(pods, "a")
	invalid := apierrors.NewForbidden(pods, "a", errors.New("violates PodSecurity"))
	for name, tc := range map[string]struct {
		answers []error
		want    error
		sent    int
	}{
		"at once":                 {answers: []error{nil}, sent: 1},
		"after a busy server":     {answers: []error{busy, lost, apierrors.NewTooManyRequests("later", 1), nil}, sent: 4},
		"the answer got lost":     {answers: []error{lost, exists}, sent: 2},
		"somebody else was first": {answers: []error{exists}, want: exists, sent: 1},
		"refused":                 {answers: []error{invalid}, want: invalid, sent: 1},
		"refused later":           {answers: []error{busy, invalid}, want: invalid, sent: 2},
		"gives up":                {answers: []error{busy, busy, busy, lost, nil}, want: lost, sent: 4},
	} {
		t.Run(name, func(t *testing.T) {
			sent := 0
			err := persist(t.Context(), wait.Backoff{Duration: time.Microsecond, Steps: 4}, func(context.Context) error {
				sent++
				return tc.answers[sent-1]
			}, apierrors.IsAlreadyExists)
			if !errors.Is(err, tc.want) || sent != tc.sent {
				t.Errorf("sent %d times, error %v: want %d and %v", sent, err, tc.sent, tc.want)
			}
		})
	}
}

// An interruption ends the waiting for a server that is not there.
func TestPersistInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	busy := apierrors.NewInternalError(errors.New("busy"))
	err := persist(ctx, wait.Backoff{Duration: time.Hour, Steps: 4}, func(context.Context) error {
		time.AfterFunc(time.Millisecond, cancel)
		return busy
	}, apierrors.IsAlreadyExists)
	if !errors.Is(err, busy) {
		t.Errorf("error %v, want %v", err, busy)
	}
}

// accounts makes what it is asked for, and loses its first answer.
type accounts struct {
	made *corev1.ServiceAccount
	lost bool
}

func (a *accounts) Create(_ context.Context, o *corev1.ServiceAccount, _ metav1.CreateOptions) (*corev1.ServiceAccount, error) {
	if a.made != nil {
		return &corev1.ServiceAccount{}, apierrors.NewAlreadyExists(schema.GroupResource{Resource: "serviceaccounts"}, o.Name)
	}
	a.made = o.DeepCopy()
	a.made.UID = "uid"
	if a.lost {
		return &corev1.ServiceAccount{}, apierrors.NewTimeoutError("lost", 0)
	}
	return a.made, nil
}

func (a *accounts) Get(_ context.Context, name string, _ metav1.GetOptions) (*corev1.ServiceAccount, error) {
	if a.made == nil || a.made.Name != name {
		return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "serviceaccounts"}, name)
	}
	return a.made, nil
}

func TestCreate(t *testing.T) {
	want := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default", UID: "uid"}}
	for name, api := range map[string]*accounts{"told": {}, "the answer got lost": {lost: true}} {
		t.Run(name, func(t *testing.T) {
			got, err := create(t.Context(), api, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
