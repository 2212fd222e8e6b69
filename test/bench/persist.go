//go:build unix

package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-pss/kubectl-pss/pkg/patience"
)

// tries lets a write wait for a server on a machine that is busy with other things: about three minutes in all.
func tries() wait.Backoff {
	return wait.Backoff{Duration: time.Second, Factor: 2, Cap: 30 * time.Second, Jitter: 0.1, Steps: 10}
}

// persist sends a write until the server has taken or refused it. A write whose answer got lost meets its own effect
// when it is sent again: done recognises that, as nobody else writes here.
func persist(ctx context.Context, backoff wait.Backoff, write func(context.Context) error, done func(error) bool) error {
	for again := false; ; again = true {
		err := write(ctx)
		switch {
		case err == nil, again && done(err):
			return nil
		case ctx.Err() != nil, refused(err), backoff.Steps <= 1:
			return err
		case !patience.Sleep(ctx, backoff.Step()):
			return err
		}
	}
}

// refused says that the server has made up its mind.
func refused(err error) bool {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	code := int32(0)
	if ok {
		code = status.Status().Code
	}
	return code >= 400 && code < 500 && code != http.StatusTooManyRequests && code != http.StatusRequestTimeout
}

// maker is what client-go has for each kind.
type maker[T any] interface {
	Create(ctx context.Context, object T, o metav1.CreateOptions) (T, error)
	Get(ctx context.Context, name string, o metav1.GetOptions) (T, error)
}

// create makes an object and returns it with its UID.
func create[T metav1.Object](ctx context.Context, a maker[T], object T) (T, error) {
	var made T
	there := false
	err := persist(ctx, tries(), func(ctx context.Context) (err error) {
		made, err = a.Create(ctx, object, metav1.CreateOptions{})
		return err
	}, func(err error) bool {
		there = apierrors.IsAlreadyExists(err)
		return there
	})
	if !there {
		return made, err
	}
	return a.Get(ctx, object.GetName(), metav1.GetOptions{})
}

// update writes a status.
func update[T metav1.Object](ctx context.Context, object T, write func(context.Context, T, metav1.UpdateOptions) (T, error)) error {
	return persist(ctx, tries(), func(ctx context.Context) error {
		_, err := write(ctx, object, metav1.UpdateOptions{})
		return err
	}, apierrors.IsConflict)
}
