//go:build e2e

package e2e

import "strings"

// lean are arguments of every API server of these tests, which spare it what no test is about. Admission is as it comes.
func (r *run) lean() []string {
	return []string{
		"--apiserver-arg=--audit-policy-file=" + r.auditPolicy,
		// Nobody competes for the server. What is fair it would measure all the time, on 1.24 a tenth of its work.
		"--apiserver-arg=--enable-priority-and-fairness=false",
		// The plugin asks for the metrics with each check, and the server renders them all: two thirds are these.
		"--apiserver-arg=--disabled-metrics=" + strings.Join([]string{
			"apiserver_request_body_size_bytes", "apiserver_request_body_sizes", "apiserver_request_duration_seconds",
			"apiserver_request_filter_duration_seconds", "apiserver_request_sli_duration_seconds",
			"apiserver_request_slo_duration_seconds", "apiserver_response_sizes",
			"apiserver_watch_cache_initialization_duration_seconds", "apiserver_watch_cache_read_wait_seconds",
			"apiserver_watch_events_dispatch_duration_seconds", "apiserver_watch_events_sizes",
			"apiserver_watch_list_duration_seconds", "etcd_request_duration_seconds",
		}, ","),
	}
}

// only are arguments of a cluster on which nobody needs other controllers than these. The rest would fill each namespace,
// and ask each of a hundred resources what there is, over and over.
func only(controllers ...string) string {
	return "--controller-arg=--controllers=" + strings.Join(controllers, ",")
}
