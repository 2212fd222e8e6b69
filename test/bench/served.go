//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// work is what the API server has served in lists since its start. Apart from what is measured nobody lists
// anything once the cluster's own components have started.
type work struct{ lists, bytes int64 }

// served reads the API server's own counters.
func (l *loader) served(ctx context.Context) (work, error) {
	var w work
	text, err := l.client.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return w, fmt.Errorf("reading the server's metrics: %w", err)
	}
	for line := range bytes.Lines(text) {
		series, value, found := strings.Cut(strings.TrimSpace(string(line)), "} ")
		if !found || !strings.Contains(series, `verb="LIST"`) {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		switch {
		case err != nil:
			return w, fmt.Errorf("reading the server's metrics: %w", err)
		case strings.HasPrefix(series, "apiserver_request_total{"):
			w.lists += int64(n)
		case strings.HasPrefix(series, "apiserver_response_sizes_sum{"):
			w.bytes += int64(n)
		}
	}
	return w, nil
}

// podBytes is the mean size of some pods, encoded as they travel.
func (l *loader) podBytes(ctx context.Context) (int, error) {
	pods, err := l.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{Limit: 500})
	if err != nil {
		return 0, err
	}
	return pods.Size() / max(1, len(pods.Items)), nil
}
